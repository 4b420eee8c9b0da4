//! `listen`: where the gateway answers.

use std::net::SocketAddr;

use crate::key::{Absent, Key, Kind, Refusal};
use crate::problem::Origin;
use crate::reader::{Found, Reader, Reported};
use crate::secrets::{MASTER_KEY_FILE, Secrets};

const LISTEN: Key<SocketAddr> = Key {
    name: "listen",
    kind: Kind::Text("an IP address and a port"),
    absent: Absent::Default("127.0.0.1:8080"),
    description: "The IP address and the port on which the APIs are served; port 0 takes a free \
                  one. Beyond this machine, `secrets.master_key_file` must be set, and the way \
                  must be encrypted by a proxy in front: tokens and QR codes pass here.",
    check: socket,
};

pub(crate) fn read(reader: &mut Reader) -> Result<Found<SocketAddr>, Reported> {
    reader.value(&LISTEN)
}

/// An open port is how accounts of other gateways were taken over; whoever opens one must have
/// thought of its secrets.
pub(crate) fn check(
    reader: &mut Reader,
    listen: Found<SocketAddr>,
    secrets: &Secrets,
) -> Result<SocketAddr, Reported> {
    let Found { value, origin } = listen;
    if value.ip().to_canonical().is_loopback() || secrets.master_key_file.is_some() {
        return Ok(value);
    }
    debug_assert_ne!(origin, Origin::Default, "the default stays on this machine");
    let sentence = format!(
        "is reachable from other machines; set `{}` before, or listen on 127.0.0.1",
        MASTER_KEY_FILE.name
    );
    Err(reader.report(LISTEN.name, origin, sentence))
}

fn socket(text: &str) -> Result<SocketAddr, Refusal> {
    text.parse().map_err(|_source| {
        let looks_like_a_name = text.contains(|c: char| c.is_ascii_alphabetic() && c > 'f');
        if looks_like_a_name {
            Refusal::because("must be an IP address and a port, not a name")
        } else {
            Refusal::NotThat
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_to_listen_on_is_an_ip_address_with_a_port() {
        for text in ["127.0.0.1:8080", "[::1]:0", "0.0.0.0:80"] {
            assert_eq!(socket(text).map(|it| it.to_string()).as_deref(), Ok(text));
        }
        for text in ["127.0.0.1", "8080", ":8080", "[::1]", "127.0.0.1:65536", "1:2:3"] {
            assert_eq!(socket(text), Err(Refusal::NotThat), "{text}");
        }
        let wanted = Refusal::because("must be an IP address and a port, not a name");
        assert_eq!(socket("localhost:8080"), Err(wanted));
    }
}
