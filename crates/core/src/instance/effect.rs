//! What the machine asks of the actor.

use std::time::Duration;

use super::change::Change;
use super::passkey::PasskeyAssertion;
use crate::phone::PhoneNumber;
use crate::reason::EndReason;

/// What the actor has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Start one connection, ahead of the others when urgent.
    Dial {
        /// A person waits, or a phone has just accepted.
        urgent: bool,
    },
    /// Ask WhatsApp, on the running connection, for a code to type on this phone.
    RequestPairingCode(PhoneNumber),
    /// Give WhatsApp, on the running connection, the answer of a passkey.
    AnswerPasskey(PasskeyAssertion),
    /// Say on the running connection that phone and gateway show the same code.
    ConfirmPasskey,
    /// Close the running connection; what it still tells does not count.
    HangUp,
    /// Have WhatsApp remove the device, then close; what the connection tells does not count.
    LogOut,
    /// Destroy the keys.
    ForgetCredentials,
    /// Tell everyone.
    Announce(Change),
    /// Wake somebody: this needs a person.
    Alert(EndReason),
    /// What was asked for has no place now.
    NotNow,
    /// The explicit request came too soon.
    Refuse {
        /// When it may be made again.
        retry_after: Duration,
    },
}
