//! What a companion says it runs on when it asks for a pairing code
//! (docs/internals/sim.md, "Linking by code").

/// The ids of web clients, and of Android as a companion. 0, unknown, is refused by the real
/// server (whatsapp-rust 0.7.0, `companion_reg.rs`).
const IDS: &[u8] = b"123456789def";

/// The browsers that WhatsApp Web names, `Android` for the Android ids, and `Desktop`, as Baileys
/// calls the desktop app.
const BROWSERS: [&str; 8] =
    ["Chrome", "Edge", "Firefox", "IE", "Opera", "Safari", "Android", "Desktop"];

/// Names of real systems: WhatsApp Web's own (`ua-parser-js`), those the real server was seen to
/// take besides (whatsapp-rust 0.7.0, `companion_reg.rs`), and those Baileys takes from its host.
const SYSTEMS: [&str; 14] = [
    "Windows",
    "Mac OS",
    "Linux",
    "Android",
    "iOS",
    "Chrome OS",
    "Ubuntu",
    "Debian",
    "Fedora",
    "Mac",
    "FreeBSD",
    "OpenBSD",
    "Solaris",
    "AIX",
];

/// Whether this is the id of a kind of companion.
pub(crate) fn is_id(id: &[u8]) -> bool {
    matches!(id, [id] if IDS.contains(id))
}

/// `Chrome (Linux)` and the like.
pub(crate) fn is_browser_and_system(display: &[u8]) -> bool {
    std::str::from_utf8(display)
        .ok()
        .and_then(|display| display.strip_suffix(')')?.split_once(" ("))
        .is_some_and(|(browser, system)| BROWSERS.contains(&browser) && SYSTEMS.contains(&system))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_one_of_twelve_characters() {
        for id in [&b"1"[..], b"9", b"d", b"f"] {
            assert!(is_id(id), "{id:?}");
        }
        for id in [&b""[..], b"0", b"a", b"g", b"D", b"11", b"zzz", &[1]] {
            assert!(!is_id(id), "{id:?}");
        }
    }

    #[test]
    fn a_display_is_a_known_browser_on_a_real_system() {
        for display in ["Chrome (Linux)", "Firefox (Mac OS)", "Safari (iOS)", "Android (Android)"] {
            assert!(is_browser_and_system(display.as_bytes()), "{display}");
        }
        for display in [
            "",
            "Chrome",
            "Chrome ()",
            "(Linux)",
            "Chrome (Linux",
            "Chrome(Linux)",
            "Chrome (linux)",
            "Chrome (Waygate)",
            "Waygate (Linux)",
            "my bot (waygate 1.0)",
            "Chrome (Linux) ",
        ] {
            assert!(!is_browser_and_system(display.as_bytes()), "{display}");
        }
        assert!(!is_browser_and_system(&[0xff, 0xfe]));
    }
}
