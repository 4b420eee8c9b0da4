//! Linking by a code that is typed on the phone.
//!
//! A person who asks for one begins a fresh attempt. So a code is never asked for on a connection
//! where another one is still out, which the phone could not tell apart, and the QR codes beside
//! it live nearly as long as it does.

use std::time::Duration;

use jiff::Timestamp;

use crate::error::{Error, Kind};
use crate::phone::PhoneNumber;
use crate::secret::PairingText;

/// How long a request for a code keeps an attempt alive before there is one.
pub const REQUEST_DEMAND: Duration = Duration::from_secs(90);

/// How long to wait when WhatsApp asks for patience and does not say for how long.
const PATIENCE: Duration = Duration::from_secs(60);

/// A code that can be typed on the phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairingCode {
    /// Its characters.
    pub text: PairingText,
    /// The phone it was asked for; on no other can it be typed.
    pub phone: PhoneNumber,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// From here on no phone accepts it.
    pub expires_at: Timestamp,
}

/// A request for a code that has not been met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PairingRequest {
    /// It waits for a connection on which WhatsApp can be asked.
    Waiting(PhoneNumber),
    /// WhatsApp was asked.
    Asked(PhoneNumber),
    /// WhatsApp said no.
    Refused {
        /// The phone it was about.
        phone: PhoneNumber,
        /// Why.
        refusal: PairingRefusal,
    },
}

/// Why WhatsApp gives no pairing code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PairingRefusal {
    /// It does not take the number, or was asked too often for it: it answers alike to both.
    NumberRefused,
    /// Too many, too soon.
    TooMany {
        /// The wait that it named, if it did.
        retry_after: Option<Duration>,
    },
    /// This account cannot be linked by a code.
    NotAvailable,
    /// It failed or did not answer.
    Failed,
}

impl PairingRequest {
    /// The phone it is about.
    pub fn phone(&self) -> &PhoneNumber {
        match self {
            Self::Waiting(phone) | Self::Asked(phone) | Self::Refused { phone, .. } => phone,
        }
    }

    /// Whether a code may still come of it.
    pub fn is_open(&self) -> bool {
        match self {
            Self::Waiting(_) | Self::Asked(_) => true,
            Self::Refused { .. } => false,
        }
    }
}

impl PairingRefusal {
    /// The refusal as whoever asked is told.
    pub fn error(self) -> Error {
        let kind = match self {
            Self::NumberRefused => Kind::Invalid,
            Self::TooMany { retry_after } => {
                Kind::Limited { retry_after: retry_after.unwrap_or(PATIENCE) }
            }
            Self::NotAvailable => Kind::WrongState,
            Self::Failed => Kind::Unreachable,
        };
        Error::new(kind, self.words())
    }

    /// The refusal for a person.
    pub fn words(self) -> &'static str {
        match self {
            Self::NumberRefused => {
                "WhatsApp gives no code for this number: it is wrong, or was tried too often"
            }
            Self::TooMany { .. } => "WhatsApp was asked for too many codes",
            Self::NotAvailable => "WhatsApp does not let this account be linked by a code",
            Self::Failed => "WhatsApp gave no code",
        }
    }
}
