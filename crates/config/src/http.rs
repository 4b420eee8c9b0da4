//! `[http]`: what is between Waygate and its clients.

use std::net::IpAddr;

use crate::key::{Absent, Key, Kind, Refusal};
use crate::reader::{Reader, Reported};

/// What is between Waygate and its clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Http {
    /// The proxies that are believed in what they say of their clients.
    pub trusted_proxies: Vec<IpAddr>,
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

impl Http {
    pub(crate) fn read(reader: &mut Reader) -> Result<Self, Reported> {
        let trusted_proxies = reader.optional(&TRUSTED_PROXIES)?;
        let trusted_proxies = trusted_proxies.map(|found| found.value).unwrap_or_default();
        Ok(Self { trusted_proxies })
    }
}

fn addresses(text: &str) -> Result<Vec<IpAddr>, Refusal> {
    let addresses = text.split(',').map(|address| address.trim().parse());
    addresses.collect::<Result<_, _>>().map_err(|_source| Refusal::NotThat)
}

#[cfg(test)]
mod tests {
    use super::*;

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
