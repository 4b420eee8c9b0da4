//! What may be connected to, as far as it can be told of an address alone.

use std::fmt;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::sync::Arc;

use axum::http::Uri;
use ipnet::IpNet;
use url::{Host, Url};

use super::address::is_permitted;

/// The ports that are asked without further ado: those of the web, and those that need no privilege.
/// Mail, remote shells and the like are below.
const PORTS: [RangeInclusive<u16>; 3] = [80..=80, 443..=443, 1024..=65535];

/// Names that lead into one's own machine or network by what they are.
const LOCAL_NAMES: [&str; 5] = ["localhost", "local", "internal", "localdomain", "home.arpa"];

/// The first part of names under which clouds serve their metadata.
const METADATA: &str = "metadata";

/// What may be connected to. Clones share what they say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    allowed: Arc<[IpNet]>,
    ports: Arc<[RangeInclusive<u16>]>,
}

/// Why an address is not permitted. The words complete "it must ...".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is none, or not one of the web.
    #[error("be an address that begins with http:// or https://")]
    NotOfTheWeb,
    /// It has a user name or a password, which belong into a header.
    #[error("not hold a user name or a password")]
    Credentials,
    /// Its port is not one of those that are permitted.
    #[error("not name a port that `outbound.ports` of the gateway does not permit")]
    Port,
    /// It leads to this machine, into its network, or nowhere.
    #[error(
        "not lead to a local, private or reserved address that `outbound.allow` of the gateway \
         does not name"
    )]
    Address,
}

/// An address that was checked: what is connected to, read once and for all.
#[derive(Clone, PartialEq, Eq)]
pub struct Destination(Uri);

impl Default for Policy {
    /// Everybody's addresses, and no other.
    fn default() -> Self {
        Self { allowed: Arc::new([]), ports: Arc::new(PORTS) }
    }
}

impl Policy {
    /// The same, and these networks too.
    #[must_use]
    pub fn and_networks(self, networks: impl IntoIterator<Item = IpNet>) -> Self {
        Self { allowed: networks.into_iter().collect(), ..self }
    }

    /// The same, with these ports and no other.
    #[must_use]
    pub fn with_ports(self, ports: impl IntoIterator<Item = RangeInclusive<u16>>) -> Self {
        Self { ports: ports.into_iter().collect(), ..self }
    }

    /// Checks an address before anything is asked. Where a name leads is checked when it is
    /// connected to.
    pub fn check(&self, text: &str) -> Result<Destination, Refusal> {
        let mut url = Url::parse(text).map_err(|_error| Refusal::NotOfTheWeb)?;
        let is_web = matches!(url.scheme(), "http" | "https");
        // The parser would also take `http:host`, which nobody means.
        let host = url.host().filter(|_| is_web && text.contains("://"));
        let host = host.ok_or(Refusal::NotOfTheWeb)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refusal::Credentials);
        }
        let port = url.port_or_known_default().unwrap_or_default();
        if !self.ports.iter().any(|range| range.contains(&port)) {
            return Err(Refusal::Port);
        }
        let permitted = match host {
            Host::Ipv4(address) => self.permits(address.into()),
            Host::Ipv6(address) => self.permits(address.into()),
            // Who allows networks has names for what is in them.
            Host::Domain(name) => !self.allowed.is_empty() || !is_local(name),
        };
        if !permitted {
            return Err(Refusal::Address);
        }
        url.set_fragment(None);
        url.as_str().parse().map(Destination).map_err(|_error| Refusal::NotOfTheWeb)
    }

    /// Whether this address may be connected to.
    pub(super) fn permits(&self, address: IpAddr) -> bool {
        is_permitted(address, &self.allowed)
    }

    /// Whether it was named, and not only left to everybody.
    pub(super) fn names(&self, address: IpAddr) -> bool {
        self.allowed.iter().any(|net| net.contains(&address.to_canonical()))
    }
}

impl Destination {
    pub(super) fn uri(&self) -> Uri {
        self.0.clone()
    }
}

impl fmt::Debug for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // An address may hold a token.
        f.write_str("Destination")
    }
}

fn is_local(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let is_inside = |zone: &&str| {
        name.strip_suffix(*zone).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    LOCAL_NAMES.iter().any(is_inside) || name.split('.').next() == Some(METADATA)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_the_web_are_permitted() {
        for text in [
            "https://example.com/hook?a=b#c",
            "http://example.com",
            "HTTPS://EXAMPLE.COM:443/",
            "http://example.com:8080/{a}|b^c",
            "https://b\u{fc}cher.example/\u{e9}",
            "https://8.8.8.8/",
            "https://[2606:4700::1111]:8443/",
            "https://localhost.example.com/",
            "https://notlocal/",
            "https://internal.example/",
            "https://my-metadata.example/",
        ] {
            assert_eq!(Policy::default().check(text).map(|_| ()), Ok(()), "{text}");
        }
    }

    #[test]
    fn what_can_never_be_permitted_is_refused_with_its_reason() {
        use Refusal::{Address, Credentials, NotOfTheWeb, Port};
        for (text, wanted) in [
            ("", NotOfTheWeb),
            ("example.com/hook", NotOfTheWeb),
            ("http:example.com", NotOfTheWeb),
            ("ftp://example.com/", NotOfTheWeb),
            ("file:///etc/passwd", NotOfTheWeb),
            ("gopher://example.com/", NotOfTheWeb),
            ("http://", NotOfTheWeb),
            ("http://[fe80::1%25eth0]/", NotOfTheWeb),
            ("http://256.256.256.256/", NotOfTheWeb),
            ("http://ann@example.com/", Credentials),
            ("http://:canary@example.com/", Credentials),
            ("http://example.com@127.0.0.1/", Credentials),
            ("http://example.com:22/", Port),
            ("http://example.com:25/", Port),
            ("http://example.com:0/", Port),
            ("http://localhost/", Address),
            ("http://LocalHost.:8080/", Address),
            ("http://a.b.localhost/", Address),
            ("http://printer.local/", Address),
            ("http://metadata/", Address),
            ("http://metadata.google.internal/computeMetadata/v1/", Address),
            ("http://metadata.azure.com./", Address),
        ] {
            assert_eq!(Policy::default().check(text), Err(wanted), "{text}");
        }
    }

    #[test]
    fn who_runs_the_gateway_can_permit_networks_and_ports() {
        let nets = ["10.0.0.0/8", "fd00::/8"].map(|net| net.parse().unwrap());
        let policy = Policy::default().and_networks(nets).with_ports([25..=25, 80..=80]);
        for (text, wanted) in [
            ("http://10.1.2.3/", Ok(())),
            ("http://[fd00::1]:25/", Ok(())),
            // What a name leads to is asked when it is connected to.
            ("http://host.docker.internal/", Ok(())),
            ("http://10.1.2.3:8080/", Err(Refusal::Port)),
            ("http://192.168.0.1/", Err(Refusal::Address)),
        ] {
            assert_eq!(policy.check(text).map(|_| ()), wanted, "{text}");
        }
    }

    #[test]
    fn neither_an_address_nor_a_refusal_prints_what_was_said() {
        let checked = Policy::default().check("https://example.com/canary").unwrap();
        assert_eq!(format!("{checked:?}"), "Destination");
    }
}
