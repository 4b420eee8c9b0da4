//! The text inside a QR code (docs/internals/sim.md, "Linking by QR").

use base64::{Engine as _, prelude::BASE64_STANDARD};

/// What a phone's camera may find in front of the fields.
const DEEP_LINK: &str = "https://wa.me/settings/linked_devices#";

/// The longest text a code of this kind holds.
const TEXT_BYTES_MAX: usize = 1_024;

/// A QR code's fields. Has no `Debug`: all of it is secret.
pub(crate) struct ScannedText {
    pub(crate) reference: String,
    pub(crate) noise: [u8; 32],
    pub(crate) identity: [u8; 32],
    pub(crate) adv_secret: [u8; 32],
}

impl ScannedText {
    /// Reads a scanned text; the error says what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        if text.len() > TEXT_BYTES_MAX {
            return Err("the text is too long");
        }
        let fields: Vec<&str> = text.strip_prefix(DEEP_LINK).unwrap_or(text).split(',').collect();
        let (reference, noise, identity, secret) = match fields[..] {
            [reference, noise, identity, secret] => (reference, noise, identity, secret),
            [reference, noise, identity, secret, client] => {
                let digits = !client.is_empty() && client.bytes().all(|it| it.is_ascii_digit());
                if !digits || client.len() > 2 {
                    return Err("the client type is not a number");
                }
                (reference, noise, identity, secret)
            }
            _ => return Err("the text has neither four nor five fields"),
        };
        if reference.is_empty() {
            return Err("the ref is empty");
        }
        Ok(Self {
            reference: reference.to_owned(),
            noise: key(noise).ok_or("the Noise key is not 32 bytes of base64")?,
            identity: key(identity).ok_or("the identity key is not 32 bytes of base64")?,
            adv_secret: key(secret).ok_or("the ADV secret is not 32 bytes of base64")?,
        })
    }
}

fn key(text: &str) -> Option<[u8; 32]> {
    BASE64_STANDARD.decode(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(client: &str) -> String {
        let key = |byte| BASE64_STANDARD.encode([byte; 32]);
        format!("2@ref,{},{},{}{client}", key(1), key(2), key(3))
    }

    #[test]
    fn a_text_is_read_with_and_without_link_and_client_type() {
        for text in [text(""), text(",1"), format!("{DEEP_LINK}{}", text(",9"))] {
            let read = ScannedText::parse(&text).ok().unwrap();
            assert_eq!(read.reference, "2@ref");
            assert_eq!((read.noise, read.identity, read.adv_secret), ([1; 32], [2; 32], [3; 32]));
        }
    }

    #[test]
    fn any_other_text_is_malformed() {
        for text in [
            String::new(),
            text(",x"),
            text(",1,2"),
            text(","),
            text("").replacen("2@ref", "", 1),
            text("").replacen("AQEB", "AQ", 1),
            format!("https://example.org/#{}", text("")).replacen(',', ";", 1),
            "x".repeat(2_000),
        ] {
            assert!(ScannedText::parse(&text).is_err(), "{text}");
        }
    }
}
