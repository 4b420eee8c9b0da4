//! Values that must never reach a log, a span, a metric or an error.
//!
//! Whoever scans a QR text decides which phone joins an instance, so the text is as good as a
//! password. The type prints nothing: a state that holds a code can be logged whole.

use std::fmt;

/// Defines a text that has to be asked for by name, and prints nothing.
macro_rules! hidden_text {
    ($(#[$doc:meta])* $name:ident, $(#[$expose_doc:meta])* expose) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(Box<str>);

        impl $name {
            /// Wraps the text; from here on it has to be asked for by name.
            pub fn new(text: impl Into<Box<str>>) -> Self {
                Self(text.into())
            }

            $(#[$expose_doc])*
            pub fn expose(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(hidden)"))
            }
        }
    };
}

hidden_text!(
    /// The text inside a QR code, as a phone reads it.
    QrText,
    /// The text itself, for drawing it. Never hand it to anything that formats or stores.
    expose
);

hidden_text!(
    /// The eight characters that a person types on the phone to link it.
    ///
    /// Whoever learns them in time can link a phone of his own. They print nothing.
    PairingText,
    /// The characters themselves, for showing them to whoever asked.
    expose
);

hidden_text!(
    /// What a browser has to be asked so that the account's passkey answers WhatsApp's challenge:
    /// `PublicKeyCredentialRequestOptions` as JSON, as WhatsApp wrote it.
    ///
    /// It names the account's passkeys. It prints nothing.
    PasskeyOptions,
    /// The JSON itself, for whoever has the passkey.
    expose
);

hidden_text!(
    /// The code that phone and gateway show while a passkey links them, with its dash.
    ///
    /// Whoever learns it can have a person confirm what is not theirs. It prints nothing.
    PasskeyCodeText,
    /// The characters themselves, for showing them to whoever links.
    expose
);

hidden_text!(
    /// The text of an API token, as a caller sends it.
    ///
    /// Whoever has it can do what its owner can. It prints nothing.
    TokenText,
    /// The text itself, for showing it to its owner or hashing it.
    expose
);

/// A secret that was encrypted and authenticated, in the form in which a store keeps it.
///
/// What is inside and under which key is the application's business; a store copies bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Box<[u8]>);

impl Sealed {
    /// Wraps bytes that were sealed.
    pub fn from_bytes(bytes: impl Into<Box<[u8]>>) -> Self {
        Self(bytes.into())
    }

    /// The sealed bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_pairing_codes_and_sealed_secrets_do_not_print_themselves() {
        assert_eq!(format!("{:?}", TokenText::new("canary")), "TokenText(hidden)");
        assert_eq!(format!("{:?}", PairingText::new("canary")), "PairingText(hidden)");
        assert_eq!(format!("{:?}", PasskeyOptions::new("canary")), "PasskeyOptions(hidden)");
        assert_eq!(format!("{:?}", PasskeyCodeText::new("canary")), "PasskeyCodeText(hidden)");
        assert_eq!(format!("{:?}", Sealed::from_bytes(*b"canary")), "Sealed(6 bytes)");
    }

    #[test]
    fn a_qr_text_does_not_print_itself() {
        let code = QrText::new("2@canary,second,third");
        assert_eq!(format!("{code:?}"), "QrText(hidden)");
        assert_eq!(code.expose(), "2@canary,second,third");
    }
}
