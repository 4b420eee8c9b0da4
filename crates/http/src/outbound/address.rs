//! Which IP addresses are everybody's, and which belong to this machine, its network or nobody.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// IPv4 networks that are not everybody's: IANA's registry of special addresses, multicast, and what
/// is reserved.
const LOCAL_V4: [Ipv4Net; 16] = [
    v4([0, 0, 0, 0], 8),        // this network
    v4([10, 0, 0, 0], 8),       // private
    v4([100, 64, 0, 0], 10),    // behind a carrier's translation
    v4([127, 0, 0, 0], 8),      // loopback
    v4([169, 254, 0, 0], 16),   // link-local, and the metadata services of clouds
    v4([172, 16, 0, 0], 12),    // private
    v4([192, 0, 0, 0], 24),     // IETF assignments
    v4([192, 0, 2, 0], 24),     // documentation
    v4([192, 88, 99, 0], 24),   // relays from IPv6
    v4([192, 168, 0, 0], 16),   // private
    v4([198, 18, 0, 0], 15),    // benchmarks
    v4([198, 51, 100, 0], 24),  // documentation
    v4([203, 0, 113, 0], 24),   // documentation
    v4([168, 63, 129, 16], 32), // Azure's own services, which answer in every machine there
    v4([224, 0, 0, 0], 4),      // multicast
    v4([240, 0, 0, 0], 4),      // reserved, and broadcast
];

/// All that was ever given out for IPv6. What is outside is loopback, private, link-local, multicast,
/// a translation, or nobody's.
const GIVEN_OUT_V6: Ipv6Net = v6([0x2000, 0, 0, 0], 3);

/// The parts of that which are not everybody's.
const LOCAL_V6: [Ipv6Net; 4] = [
    v6([0x2001, 0, 0, 0], 23),     // IETF assignments, with Teredo and ORCHID
    v6([0x2001, 0xdb8, 0, 0], 32), // documentation
    v6([0x2002, 0, 0, 0], 16),     // 6to4: an IPv4 address in disguise
    v6([0x3fff, 0, 0, 0], 20),     // documentation
];

/// NAT64 (RFC 6052): an IPv4 address in disguise.
const NAT64: Ipv6Net = v6([0x64, 0xff9b, 0, 0], 96);

const fn v4(octets: [u8; 4], prefix: u8) -> Ipv4Net {
    let [a, b, c, d] = octets;
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

/// A network of IPv6 by its first half.
const fn v6(segments: [u16; 4], prefix: u8) -> Ipv6Net {
    let [a, b, c, d] = segments;
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0), prefix)
}

/// Whether this address may be connected to: it is everybody's, or in one of the networks that were
/// allowed. An IPv4 address inside one of IPv6 is looked at too, whoever allowed the outer one.
pub(super) fn is_permitted(address: IpAddr, allowed: &[IpNet]) -> bool {
    let address = address.to_canonical();
    let by_name = || allowed.iter().any(|net| net.contains(&address));
    match address {
        IpAddr::V4(inner) => is_global_v4(inner) || by_name(),
        IpAddr::V6(outer) => {
            let inner = inner(outer).is_none_or(|inner| is_permitted(inner.into(), allowed));
            inner && (is_global_v6(outer) || by_name())
        }
    }
}

fn is_global_v4(address: Ipv4Addr) -> bool {
    !LOCAL_V4.iter().any(|net| net.contains(&address))
}

fn is_global_v6(address: Ipv6Addr) -> bool {
    GIVEN_OUT_V6.contains(&address) && !LOCAL_V6.iter().any(|net| net.contains(&address))
}

/// The IPv4 address to which a network would translate this one: by NAT64 or 6to4.
fn inner(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [.., g, h] = address.segments();
    let [_, b, c, ..] = address.segments();
    let pair = match address.segments() {
        _ if NAT64.contains(&address) => (g, h),
        [0x2002, ..] => (b, c),
        _ => return None,
    };
    Some(Ipv4Addr::from((u32::from(pair.0) << 16) | u32::from(pair.1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permitted(address: &str, allowed: &[&str]) -> bool {
        let allowed: Vec<IpNet> = allowed.iter().map(|net| net.parse().unwrap()).collect();
        is_permitted(address.parse().unwrap(), &allowed)
    }

    #[test]
    fn what_is_everybodys_is_permitted_up_to_the_edges_of_what_is_not() {
        for address in [
            "1.0.0.0",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.0.3.0",
            "192.88.98.255",
            "192.88.100.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "198.51.99.255",
            "198.51.101.0",
            "203.0.112.255",
            "203.0.114.0",
            "168.63.129.15",
            "223.255.255.255",
            "2000::",
            "2001:200::",
            "2001:db7:ffff::",
            "2001:db9::",
            "2003::",
            "2606:4700::1111",
            "3ffe:ffff::",
            "3fff:1000::",
            "::ffff:8.8.8.8",
        ] {
            assert!(permitted(address, &[]), "{address}");
        }
    }

    #[test]
    fn every_network_that_is_not_everybodys_is_refused_from_its_first_to_its_last_address() {
        let v4 = LOCAL_V4.map(IpNet::from);
        let v6 = LOCAL_V6.map(IpNet::from);
        let outside = ["::/3", "64:ff9b::/96", "4000::/2", "8000::/1", "fc00::/7", "fe80::/10"];
        let outside = outside.map(|net| net.parse().unwrap());
        for net in v4.into_iter().chain(v6).chain(outside) {
            for address in [net.network(), net.broadcast()] {
                // The last one of ::/3 and its like are no disguise of anything.
                assert!(!is_permitted(address, &[]), "{address}");
            }
        }
    }

    #[test]
    fn an_allowed_network_is_permitted_and_nothing_beside_it() {
        for (address, allowed, wanted) in [
            ("10.1.2.3", "10.0.0.0/8", true),
            ("11.1.2.3", "10.0.0.0/8", true),
            ("192.168.0.1", "10.0.0.0/8", false),
            ("::ffff:10.1.2.3", "10.0.0.0/8", true),
            ("127.0.0.1", "127.0.0.1/32", true),
            ("127.0.0.2", "127.0.0.1/32", false),
            ("::1", "127.0.0.0/8", false),
            ("::1", "::1/128", true),
            ("fd00::1", "fd00::/8", true),
            ("fe80::1", "fd00::/8", false),
        ] {
            assert_eq!(permitted(address, &[allowed]), wanted, "{address} in {allowed}");
        }
    }

    #[test]
    fn who_allows_a_translation_does_not_allow_what_is_behind_it() {
        for (address, allowed, wanted) in [
            ("64:ff9b::8.8.8.8", &["64:ff9b::/96"][..], true),
            ("64:ff9b::127.0.0.1", &["64:ff9b::/96"], false),
            ("64:ff9b::127.0.0.1", &["127.0.0.0/8"], false),
            ("64:ff9b::127.0.0.1", &["64:ff9b::/96", "127.0.0.0/8"], true),
            ("2002:808:808::1", &["2002::/16"], true),
            ("2002:a9fe:a9fe::1", &["2002::/16"], false),
        ] {
            assert_eq!(permitted(address, allowed), wanted, "{address} in {allowed:?}");
        }
    }
}
