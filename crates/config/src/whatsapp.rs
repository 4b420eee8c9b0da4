//! `[whatsapp]`: how the gateway connects to WhatsApp, and as what.

use url::Url;

use crate::key::{Absent, Key, Kind, Refusal, switch};
use crate::problem::Origin;
use crate::reader::{Reader, Reported};

const DEVICE_NAME_CHARACTERS_MAX: usize = 50;

/// How the gateway connects to WhatsApp, and as what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhatsApp {
    /// The websocket endpoint: `ws` or `wss`, with a host, without user, password or fragment.
    pub url: Url,
    /// Which version of the web client to claim.
    pub version: VersionSource,
    /// The name that the phone shows in its list of linked devices: 1 to 50 printable characters.
    pub device_name: String,
    /// Whether a code carries the address that lets a phone's own camera open WhatsApp.
    pub camera_link: bool,
}

/// Where the version of the web client comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionSource {
    /// This one, always.
    Fixed((u32, u32, u32)),
    /// Looked up here: `http` or `https`, with a host, without user, password or fragment.
    LookedUp(Url),
}

const URL: Key<Url> = Key {
    name: "whatsapp.url",
    kind: Kind::Text("an address that begins with `wss://` or `ws://`"),
    absent: Absent::Default("wss://web.whatsapp.com/ws/chat"),
    description: "The address of WhatsApp's websocket. There is one reason to change it: a test \
                  that talks to a simulator.",
    check: |text| address(text, &["wss", "ws"]),
};

const VERSION: Key<(u32, u32, u32)> = Key {
    name: "whatsapp.version",
    kind: Kind::Text("three numbers with dots between them"),
    absent: Absent::Nothing { example: "2.3000.1035194821" },
    description: "The version of WhatsApp Web that connections claim to be, always. WhatsApp \
                  refuses versions that are too old, so a fixed one stops working some day; \
                  without it the version is looked up at `whatsapp.version_url`. Only one of the \
                  two may be set.",
    check: version,
};

const VERSION_URL: Key<Url> = Key {
    name: "whatsapp.version_url",
    kind: Kind::Text("an address that begins with `https://` or `http://`"),
    absent: Absent::Default("https://web.whatsapp.com/sw.js"),
    description: "Where the current version of WhatsApp Web is looked up. It cannot be set \
                  together with `whatsapp.version`.",
    check: |text| address(text, &["https", "http"]),
};

const DEVICE_NAME: Key<String> = Key {
    name: "whatsapp.device_name",
    kind: Kind::Text("1 to 50 printable characters"),
    absent: Absent::Default("Waygate"),
    description: "The name that a phone shows in its list of linked devices. An instance that is \
                  linked already keeps the name it was linked with.",
    check: device_name,
};

const CAMERA_LINK: Key<bool> = Key {
    name: "whatsapp.camera_link",
    kind: Kind::Switch,
    absent: Absent::Default("true"),
    description: "Whether a QR code carries the address that lets a phone's own camera open \
                  WhatsApp. Without it only the scanner inside WhatsApp reads the code, and the \
                  code is a little less dense.",
    check: switch,
};

impl WhatsApp {
    pub(crate) fn read(reader: &mut Reader) -> Result<Self, Reported> {
        let url = reader.value(&URL);
        let version = VersionSource::read(reader);
        let device_name = reader.value(&DEVICE_NAME);
        let camera_link = reader.value(&CAMERA_LINK);
        Ok(Self {
            url: url?.value,
            version: version?,
            device_name: device_name?.value,
            camera_link: camera_link?.value,
        })
    }
}

impl VersionSource {
    fn read(reader: &mut Reader) -> Result<Self, Reported> {
        let fixed = reader.optional(&VERSION);
        let url = reader.value(&VERSION_URL);
        match (fixed?, url?) {
            (None, url) => Ok(Self::LookedUp(url.value)),
            (Some(fixed), url) if url.origin == Origin::Default => Ok(Self::Fixed(fixed.value)),
            (Some(fixed), url) => {
                let sentence = format!(
                    "is set, and so is `{}` ({}); remove one of the two",
                    VERSION.name, fixed.origin
                );
                Err(reader.report(VERSION_URL.name, url.origin, sentence))
            }
        }
    }
}

fn address(text: &str, schemes: &[&str]) -> Result<Url, Refusal> {
    // The parser would also take `wss:host`, which nobody means.
    let scheme = text.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    if !scheme.is_some_and(|scheme| schemes.contains(&scheme.as_str())) {
        return Err(Refusal::NotThat);
    }
    let url = Url::parse(text)
        .map_err(|error| Refusal::because(format!("is not an address: {error}")))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Refusal::because("must not hold a user name or a password"));
    }
    if url.fragment().is_some() {
        return Err(Refusal::because("must not hold a `#`, which is never sent"));
    }
    if url.port() == Some(0) {
        return Err(Refusal::because("must not have port 0, which nobody listens on"));
    }
    Ok(url)
}

fn version(text: &str) -> Result<(u32, u32, u32), Refusal> {
    let number = |part: &str| {
        // The parser would also take a sign.
        let digits = part.bytes().all(|byte| byte.is_ascii_digit());
        if digits { part.parse().ok() } else { None }
    };
    let numbers: Option<Vec<u32>> = text.split('.').map(number).collect();
    match numbers.as_deref() {
        Some(&[first, second, third]) => Ok((first, second, third)),
        Some(_) | None => Err(Refusal::NotThat),
    }
}

fn device_name(text: &str) -> Result<String, Refusal> {
    let fits = text.chars().count() <= DEVICE_NAME_CHARACTERS_MAX;
    if fits && text.chars().all(is_printable) { Ok(text.to_owned()) } else { Err(Refusal::NotThat) }
}

/// Neither invisible nor able to turn the text around it. Joiners stay: emoji are made with them.
fn is_printable(c: char) -> bool {
    !c.is_control()
        && !matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{feff}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{e000}'..='\u{f8ff}'
            | '\u{fff9}'..='\u{fffd}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_the_right_scheme_and_no_secrets() {
        let schemes = ["wss", "ws"];
        for text in ["ws://127.0.0.1:7700/ws/chat", "WSS://[::1]/x?y=z", "ws://localhost"] {
            assert_eq!(address(text, &schemes).map(|url| url.has_host()), Ok(true), "{text}");
        }
        for text in ["http://a/", "wss:a", "a", "://", "xwss://a", "//a", "wss:/a", "\u{e9}://a"] {
            assert_eq!(address(text, &schemes), Err(Refusal::NotThat), "{text}");
        }
        for (text, wanted) in [
            ("ws://", "is not an address: empty host"),
            ("ws://a:65536/", "is not an address: invalid port number"),
            ("ws://a:0/", "must not have port 0, which nobody listens on"),
            ("ws://u@a/", "must not hold a user name or a password"),
            ("ws://:p@a/", "must not hold a user name or a password"),
            ("ws://a/#", "must not hold a `#`, which is never sent"),
        ] {
            assert_eq!(address(text, &schemes), Err(Refusal::because(wanted)), "{text}");
        }
    }

    #[test]
    fn a_version_is_three_numbers() {
        assert_eq!(version("2.3000.1035194821"), Ok((2, 3000, 1_035_194_821)));
        assert_eq!(version("0.0.4294967295"), Ok((0, 0, u32::MAX)));
        for text in [
            "2",
            "2.3000",
            "2.3000.1.1",
            "2..1",
            ".2.3000.1",
            "2.3000.+1",
            "2.3000.-1",
            "2.3000.4294967296",
            "v2.3000.1",
            "2,3000,1",
            "2.3000.1-beta",
            "2.3000.\u{661}",
        ] {
            assert_eq!(version(text), Err(Refusal::NotThat), "{text}");
        }
    }

    #[test]
    fn a_device_name_is_short_and_can_be_seen() {
        let fifty = "\u{e9}".repeat(50);
        for text in ["Waygate", "a", "Front desk (1)", "\u{1f468}\u{200d}\u{1f33e}", &fifty] {
            assert_eq!(device_name(text).as_deref(), Ok(text));
        }
        for text in ["a\u{202e}b", "\u{200b}", "a\u{feff}", "a\u{2028}b", &"\u{e9}".repeat(51)] {
            assert_eq!(device_name(text), Err(Refusal::NotThat), "{text:?}");
        }
    }
}
