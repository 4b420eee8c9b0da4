//! Who is behind a proxy.

use std::net::IpAddr;

use axum::http::HeaderMap;

use crate::peer::{ClientAddress, PeerAddress};

/// Where a proxy writes from whom it has a request, behind what it was told itself.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// The proxies that are believed. This machine always is: what else comes from here is the owner's.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(Vec<IpAddr>);

impl TrustedProxies {
    /// These, beside what runs on this machine.
    pub fn new(addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        Self(addresses.into_iter().map(|address| address.to_canonical()).collect())
    }

    /// Who sent a request: the peer, or the last address of the header that no trusted proxy has. What
    /// stands before it anybody could have written.
    pub(crate) fn client(&self, peer: PeerAddress, headers: &HeaderMap) -> ClientAddress {
        let mut client = peer.0.ip();
        let lines: Vec<&str> =
            headers.get_all(FORWARDED_FOR).iter().filter_map(|line| line.to_str().ok()).collect();
        let mut said = lines.iter().flat_map(|line| line.split(',')).map(str::trim).rev();
        while self.holds(client) {
            let Some(Ok(before)) = said.next().map(str::parse) else { break };
            client = before;
        }
        ClientAddress(client)
    }

    fn holds(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_loopback() || self.0.contains(&address)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_last_address_that_no_trusted_proxy_has_is_the_clients() {
        let proxies = TrustedProxies::new(["192.0.2.1".parse().unwrap()]);
        for (peer, said, client) in [
            ("203.0.113.7:1", &[][..], "203.0.113.7"),
            ("203.0.113.7:1", &["198.51.100.1"], "203.0.113.7"),
            ("192.0.2.1:1", &["198.51.100.1"], "198.51.100.1"),
            ("[::ffff:192.0.2.1]:1", &["198.51.100.1"], "198.51.100.1"),
            ("192.0.2.1:1", &["10.9.9.9, 198.51.100.1"], "198.51.100.1"),
            ("192.0.2.1:1", &["10.9.9.9", "198.51.100.1, 192.0.2.1"], "198.51.100.1"),
            ("127.0.0.1:1", &["198.51.100.1 ,192.0.2.1,::1"], "198.51.100.1"),
            ("127.0.0.1:1", &["2001:db8::5"], "2001:db8::5"),
            ("127.0.0.1:1", &[], "127.0.0.1"),
            ("127.0.0.1:1", &["127.0.0.1"], "127.0.0.1"),
            ("192.0.2.1:1", &["198.51.100.1, unknown"], "192.0.2.1"),
            ("192.0.2.1:1", &[""], "192.0.2.1"),
        ] {
            let mut headers = HeaderMap::new();
            for line in said {
                headers.append(FORWARDED_FOR, HeaderValue::from_static(line));
            }
            let peer = PeerAddress(peer.parse().unwrap());
            let expected = ClientAddress(client.parse().unwrap());
            assert!(proxies.client(peer, &headers) == expected, "{peer:?} {said:?}");
        }
    }
}
