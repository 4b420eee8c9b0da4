//! `[http]`: what is between Waygate and its clients.

use std::net::IpAddr;

use url::Url;

use crate::key::{Absent, Key, Kind, Refusal};
use crate::reader::{Reader, Reported};

/// What is between Waygate and its clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Http {
    /// The proxies that are believed in what they say of their clients.
    pub trusted_proxies: Vec<IpAddr>,
    /// Where others reach this gateway, without a slash at its end, when it is not where it listens.
    pub public_url: Option<String>,
}

const TRUSTED_PROXIES: Key<Vec<IpAddr>> = Key {
    name: "http.trusted_proxies",
    kind: Kind::Text("IP addresses with commas between"),
    absent: Absent::Nothing { example: "192.0.2.10, 2001:db8::10" },
    description: "The proxies in front, on other machines. They are believed when \
                  `X-Forwarded-For` says from whom they have a request, so that limits for each \
                  address count their clients and not them. Proxies on this machine always are.",
    check: addresses,
};

const PUBLIC_URL: Key<String> = Key {
    name: "http.public_url",
    kind: Kind::Text("an address that begins with https:// or http://"),
    absent: Absent::Nothing { example: "https://gateway.example" },
    description: "Where others reach this gateway, as the address of a file in a message begins, which \
                  programs outside are told. A path in it is kept. Without it these addresses begin \
                  with the one at which Waygate listens.",
    check: public_url,
};

impl Http {
    pub(crate) fn read(reader: &mut Reader) -> Result<Self, Reported> {
        let trusted_proxies = reader.optional(&TRUSTED_PROXIES);
        let public_url = reader.optional(&PUBLIC_URL)?.map(|found| found.value);
        let trusted_proxies = trusted_proxies?.map(|found| found.value).unwrap_or_default();
        Ok(Self { trusted_proxies, public_url })
    }
}

fn public_url(text: &str) -> Result<String, Refusal> {
    let scheme = text.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    if !matches!(scheme.as_deref(), Some("https" | "http")) {
        return Err(Refusal::NotThat);
    }
    let url = Url::parse(text)
        .map_err(|error| Refusal::because(format!("is not an address: {error}")))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Refusal::because("must not hold a user name or a password"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(Refusal::because("must end before a `?` or a `#`"));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

fn addresses(text: &str) -> Result<Vec<IpAddr>, Refusal> {
    let addresses = text.split(',').map(|address| address.trim().parse());
    addresses.collect::<Result<_, _>>().map_err(|_source| Refusal::NotThat)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_address_ends_without_a_slash() {
        for (text, read) in [
            ("https://gateway.example", Some("https://gateway.example")),
            ("https://gateway.example/", Some("https://gateway.example")),
            ("HTTP://Gateway.example:8080/wa//", Some("http://gateway.example:8080/wa")),
            ("gateway.example", None),
            ("ftp://gateway.example", None),
            ("https://", None),
            ("https://ann@gateway.example", None),
            ("https://gateway.example/?a=b", None),
            ("https://gateway.example/#a", None),
        ] {
            assert_eq!(public_url(text).ok().as_deref(), read, "{text}");
        }
    }

    #[test]
    fn proxies_are_addresses_with_commas_between() {
        for (text, count) in [
            ("192.0.2.1", Some(1)),
            ("192.0.2.1,2001:db8::1", Some(2)),
            ("192.0.2.1 , 192.0.2.2", Some(2)),
            ("", None),
            ("192.0.2.1,", None),
            ("192.0.2.0/24", None),
            ("proxy.example", None),
            ("192.0.2.1:80", None),
        ] {
            assert_eq!(addresses(text).ok().map(|read| read.len()), count, "{text}");
        }
    }
}
