//! Who is at the other end of a connection.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The address of the client's end of the connection, an extension of every request that came over
/// TCP. Behind a proxy it is the proxy's. It is personal data: for limits and audits, not for the
/// log, so it does not print itself.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PeerAddress(pub SocketAddr);

impl PeerAddress {
    /// What a limit per address counts by.
    pub fn network(self) -> Network {
        ClientAddress(self.0.ip()).network()
    }

    /// Whether it is this machine: a proxy, or a program of the owner's own.
    pub fn is_local(self) -> bool {
        self.0.ip().to_canonical().is_loopback()
    }
}

/// The address of whoever sent a request, an extension of every request of which it is known: the
/// peer's, or what a trusted proxy says of its own peer. Personal data, as [`PeerAddress`] is.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    /// What a limit per address counts by.
    pub fn network(self) -> Network {
        match self.0.to_canonical() {
            IpAddr::V4(address) => Network(IpAddr::V4(address)),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Network(IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0)))
            }
        }
    }

    /// What a limit counts by that must also hold against somebody with many addresses: a /24 of IPv4,
    /// a /56 of IPv6.
    pub fn range(self) -> Range {
        match self.0.to_canonical() {
            IpAddr::V4(address) => {
                let [a, b, c, _] = address.octets();
                Range(IpAddr::V4(Ipv4Addr::new(a, b, c, 0)))
            }
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Range(IpAddr::V6(Ipv6Addr::new(a, b, c, d & 0xff00, 0, 0, 0, 0)))
            }
        }
    }
}

impl fmt::Debug for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientAddress(hidden)")
    }
}

/// Several networks that may well be one customer's.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Range(IpAddr);

impl fmt::Debug for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Range(hidden)")
    }
}

impl fmt::Debug for PeerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PeerAddress(hidden)")
    }
}

/// The addresses that one client can be assumed to have: one of IPv4, a /64 of IPv6, since that is
/// the least a provider gives to a customer.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network(IpAddr);

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Network(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> Network {
        PeerAddress(text.parse().unwrap()).network()
    }

    #[test]
    fn a_range_holds_what_one_customer_may_have() {
        let range = |text: &str| ClientAddress(text.parse().unwrap()).range();
        assert_eq!(range("192.0.2.1"), range("192.0.2.254"));
        assert_eq!(range("192.0.2.1"), range("::ffff:192.0.2.9"));
        assert_ne!(range("192.0.2.1"), range("192.0.3.1"));
        assert_eq!(range("2001:db8:0:1100::1"), range("2001:db8:0:11ff:1::"));
        assert_ne!(range("2001:db8:0:1100::1"), range("2001:db8:0:1200::1"));
    }

    #[test]
    fn a_port_does_not_make_another_client() {
        assert_eq!(network("192.0.2.1:1"), network("192.0.2.1:2"));
        assert_ne!(network("192.0.2.1:1"), network("192.0.2.2:1"));
    }

    #[test]
    fn one_customer_of_ipv6_is_one_client() {
        assert_eq!(network("[2001:db8:1:2::1]:1"), network("[2001:db8:1:2:ffff::9]:1"));
        assert_ne!(network("[2001:db8:1:2::1]:1"), network("[2001:db8:1:3::1]:1"));
    }

    #[test]
    fn an_address_of_ipv4_is_the_same_on_a_socket_for_both() {
        assert_eq!(network("[::ffff:192.0.2.1]:1"), network("192.0.2.1:1"));
        assert_ne!(network("[::ffff:192.0.2.1]:1"), network("[::ffff:192.0.2.2]:1"));
    }

    #[test]
    fn this_machine_is_known_by_each_of_its_loopback_addresses() {
        for text in ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
            assert!(PeerAddress(text.parse().unwrap()).is_local(), "{text}");
        }
        assert!(!PeerAddress("192.0.2.1:1".parse().unwrap()).is_local());
    }

    #[test]
    fn an_address_does_not_print_itself() {
        let peer = PeerAddress("192.0.2.1:1".parse().unwrap());
        assert_eq!(format!("{peer:?} {:?}", peer.network()), "PeerAddress(hidden) Network(hidden)");
    }
}
