//! `[outbound]`: what Waygate may connect to when a user of an API names an address.

use std::ops::RangeInclusive;

use ipnet::IpNet;

use crate::key::{Absent, Key, Kind, Refusal};
use crate::reader::{Reader, Reported};

/// What Waygate may connect to when a user of an API names an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outbound {
    /// The networks that may be connected to although they are not everybody's.
    pub allow: Vec<IpNet>,
    /// The ports that may be connected to.
    pub ports: Vec<RangeInclusive<u16>>,
}

const ALLOW: Key<Vec<IpNet>> = Key {
    name: "outbound.allow",
    kind: Kind::Text("IP networks with commas between"),
    absent: Absent::Nothing { example: "10.0.0.0/8, 127.0.0.1, fd00::/8" },
    description: "Networks to which events may be sent although they are not on the internet: those of \
                  receivers on this machine or beside it. Without it, an address that leads to this \
                  machine, to a private or link-local network or to a metadata service is refused, \
                  for everybody who has a token could otherwise reach what only this machine can. \
                  Name no more than what receivers need.",
    check: networks,
};

const PORTS: Key<Vec<RangeInclusive<u16>>> = Key {
    name: "outbound.ports",
    kind: Kind::Text("ports, or ranges such as `8000-8999`, with commas between"),
    absent: Absent::Default("80, 443, 1024-65535"),
    description: "The ports to which events may be sent. By default those of the web and all that need \
                  no privilege, so neither mail nor remote shells.",
    check: ports,
};

impl Outbound {
    pub(crate) fn read(reader: &mut Reader) -> Result<Self, Reported> {
        let allow = reader.optional(&ALLOW);
        let ports = reader.value(&PORTS);
        let allow = allow?.map(|found| found.value).unwrap_or_default();
        Ok(Self { allow, ports: ports?.value })
    }
}

fn networks(text: &str) -> Result<Vec<IpNet>, Refusal> {
    text.split(',').map(|part| network(part.trim())).collect()
}

/// A network, or one address.
fn network(text: &str) -> Result<IpNet, Refusal> {
    if let Ok(address) = text.parse() {
        return Ok(IpNet::from(std::net::IpAddr::to_canonical(&address)));
    }
    let net: IpNet = text.parse().map_err(|_source| Refusal::NotThat)?;
    // 10.0.0.1/8 may have been meant as 10.0.0.1.
    if net.addr() != net.network() {
        let reason =
            "names an address inside a network; write the network's own, or the address alone";
        return Err(Refusal::because(reason));
    }
    Ok(net)
}

fn ports(text: &str) -> Result<Vec<RangeInclusive<u16>>, Refusal> {
    text.split(',').map(|part| range(part.trim())).collect()
}

fn range(text: &str) -> Result<RangeInclusive<u16>, Refusal> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let port = |text: &str| {
        // The parser would also take a sign.
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|port| digits && *port > 0).ok_or(Refusal::NotThat)
    };
    let (first, last) = (port(first)?, port(last)?);
    if first > last { Err(Refusal::NotThat) } else { Ok(first..=last) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_named_by_their_first_address_or_are_one() {
        for (text, wanted) in [
            ("10.0.0.0/8", Some("10.0.0.0/8")),
            ("127.0.0.1", Some("127.0.0.1/32")),
            ("fd00::/8 , 192.168.0.0/16", Some("fd00::/8 192.168.0.0/16")),
            ("::1", Some("::1/128")),
            ("::ffff:10.0.0.1", Some("10.0.0.1/32")),
            ("0.0.0.0/0,::/0", Some("0.0.0.0/0 ::/0")),
            ("10.0.0.1/8", None),
            ("10.0.0.0/33", None),
            ("10.0.0.0/8,", None),
            ("10.0.0", None),
            ("localhost", None),
            ("10.0.0.0-10.0.0.9", None),
            ("", None),
        ] {
            let read = networks(text).ok();
            let shown = read.map(|nets| nets.iter().map(IpNet::to_string).collect::<Vec<_>>());
            assert_eq!(shown.map(|nets| nets.join(" ")).as_deref(), wanted, "{text}");
        }
    }

    #[test]
    fn ports_are_numbers_and_ranges() {
        assert_eq!(ports("80, 443, 1024-65535"), Ok(vec![80..=80, 443..=443, 1024..=65535]));
        assert_eq!(ports("1-1"), Ok(vec![1..=1]));
        for text in ["0", "65536", "80,", "+80", "-80", "80-", "81-80", "0-80", "http", "1-2-3"] {
            assert_eq!(ports(text), Err(Refusal::NotThat), "{text}");
        }
    }
}
