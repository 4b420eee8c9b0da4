//! Link tickets: addresses at which a person links one instance in a browser, without a token.
//!
//! A ticket is traded once for a pass that only that browser has. Of both only keyed hashes are kept,
//! and what the page is to look like is sealed: it may name a number.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::colour::Colour;
use crate::id::{InstanceId, LinkTicketId};
use crate::phone::PhoneNumber;
use crate::secret::Sealed;
use crate::token::TokenHash;

/// The longest name of a brand, in characters.
pub const BRAND_NAME_LENGTH_MAX: usize = 60;

/// The largest logo, in bytes.
pub const LOGO_BYTES_MAX: usize = 64 * 1024;

/// A ticket, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkTicket {
    /// By which its owner calls it. It opens nothing.
    pub id: LinkTicketId,
    /// What it lets link.
    pub instance: InstanceId,
    /// The hash of its text.
    pub hash: TokenHash,
    /// What the page is to be like: [`LinkTerms`], sealed.
    pub terms: Sealed,
    /// How long the browser that opens it may use it, in seconds.
    pub session_s: u32,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// From here on it cannot be opened; once it was, from here on it cannot be used.
    pub expires_at: Timestamp,
    /// When a browser opened it, and what it got for it.
    pub opened: Option<TicketOpening>,
    /// How and when it ended.
    pub ended: Option<TicketEnding>,
}

/// The one time that a ticket was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TicketOpening {
    /// The hash of the pass that the browser got.
    pub pass: TokenHash,
    /// When.
    pub at: Timestamp,
}

/// The end of a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TicketEnding {
    /// Why.
    pub why: TicketEnd,
    /// When.
    pub at: Timestamp,
}

/// Why a ticket ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TicketEnd {
    /// Its time was over.
    Expired,
    /// Its owner took it back, or another one took its place.
    Revoked,
}

/// How far a ticket has come. Stores keep these words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkTicketStep {
    /// It was made.
    Issued,
    /// A browser opened it.
    Opened,
    /// The page showed a code to scan.
    QrCodeShown,
    /// The page showed a code to type.
    PairingCodeShown,
    /// A phone typed the code.
    PairingCodeTyped,
    /// WhatsApp wants a passkey.
    PasskeyRequired,
    /// A person gave the answer of a passkey.
    PasskeyAnswered,
    /// The page showed the code that the phone shows too.
    PasskeyCodeShown,
    /// A person confirmed that code.
    PasskeyConfirmed,
    /// A phone accepted the device.
    Accepted,
    /// The account is linked.
    Linked,
    /// An attempt came to nothing. The page may begin another one.
    Failed,
    /// Its owner took it back.
    Revoked,
    /// Its time was over.
    Expired,
}

/// What the page of a ticket is to be like, and what it may do. Stores keep it as sealed JSON: a field
/// may be added, never renamed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LinkTerms {
    /// Whose page it is.
    pub brand: Brand,
    /// Its language; the browser's, when there is none.
    pub language: Option<Language>,
    /// The ways that it offers.
    pub methods: Methods,
    /// The number that it begins with, when there is one.
    pub phone: Option<PhoneNumber>,
    /// Whether no other number may be typed.
    pub phone_fixed: bool,
    /// Where the page leads to at the end: an `https` address.
    pub return_url: Option<String>,
}

/// Whose page it is, for the people who come to it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Brand {
    /// Its name; at most [`BRAND_NAME_LENGTH_MAX`] characters.
    pub name: Option<String>,
    /// Its colour.
    pub colour: Option<Colour>,
    /// Its logo.
    pub logo: Option<Logo>,
}

/// A picture that was checked.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logo {
    /// Its type.
    pub form: LogoForm,
    /// The file; at most [`LOGO_BYTES_MAX`].
    #[serde(with = "hexadecimal")]
    pub bytes: Vec<u8>,
}

/// Bytes in JSON: half the length that a list of numbers would have.
mod hexadecimal {
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&hex::encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        hex::decode(String::deserialize(from)?).map_err(D::Error::custom)
    }
}

impl fmt::Debug for Logo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Logo({}, {} bytes)", self.form.media_type(), self.bytes.len())
    }
}

/// The types of pictures that a logo may have: those that hold nothing but pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogoForm {
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
    /// WebP.
    #[serde(rename = "webp")]
    WebP,
}

impl LogoForm {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Png, Self::Jpeg, Self::WebP];

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::WebP => "image/webp",
        }
    }
}

/// The ways to link that a page offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Methods {
    /// Both.
    #[default]
    Both,
    /// Only a code that the phone scans.
    QrCode,
    /// Only a code that is typed on the phone.
    PairingCode,
}

/// A language that the pages speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Language {
    /// English.
    English,
    /// German.
    German,
    /// Spanish.
    Spanish,
    /// French.
    French,
    /// Portuguese.
    Portuguese,
    /// Arabic, which is written from right to left.
    Arabic,
}

/// The text is no language that the pages speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the pages speak en, de, es, fr, pt and ar")]
pub struct UnknownLanguage;

impl Language {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::English, Self::German, Self::Spanish, Self::French, Self::Portuguese, Self::Arabic];

    /// Its code (ISO 639-1).
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
            Self::Spanish => "es",
            Self::French => "fr",
            Self::Portuguese => "pt",
            Self::Arabic => "ar",
        }
    }
}

impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|language| language.code() == text).ok_or(UnknownLanguage)
    }
}

impl TryFrom<String> for Language {
    type Error = UnknownLanguage;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Language> for String {
    fn from(language: Language) -> Self {
        language.code().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms() -> LinkTerms {
        LinkTerms {
            brand: Brand {
                name: Some("Shop".to_owned()),
                colour: Some(Colour::from_rgb([10, 107, 76])),
                logo: Some(Logo { form: LogoForm::WebP, bytes: vec![0, 255] }),
            },
            language: Some(Language::German),
            methods: Methods::QrCode,
            phone: Some("15550001111".parse().unwrap()),
            phone_fixed: true,
            return_url: Some("https://shop.example/done".to_owned()),
        }
    }

    #[test]
    fn the_stored_form_of_terms_stays_as_it_is() {
        let stored = concat!(
            r##"{"brand":{"name":"Shop","colour":"#0a6b4c","##,
            r#""logo":{"form":"webp","bytes":"00ff"}},"language":"de","methods":"qr_code","#,
            r#""phone":"15550001111","phone_fixed":true,"return_url":"https://shop.example/done"}"#
        );
        assert_eq!(serde_json::to_string(&terms()).unwrap(), stored);
        assert_eq!(serde_json::from_str::<LinkTerms>(stored).unwrap(), terms());
        assert_eq!(serde_json::from_str::<LinkTerms>("{}").unwrap(), LinkTerms::default());
    }

    #[test]
    fn terms_print_neither_a_number_nor_a_picture() {
        let printed = format!("{:?}", terms());
        assert!(!printed.contains("15550001111") && printed.contains("Logo(image/webp, 2 bytes)"));
    }

    #[test]
    fn a_language_is_read_by_its_code() {
        for language in Language::ALL {
            assert_eq!(language.code().parse(), Ok(language));
        }
        assert_eq!("tlh".parse::<Language>(), Err(UnknownLanguage));
    }
}
