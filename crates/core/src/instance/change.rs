//! A change of state, with its cause: an event of the instance.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::passkey::PasskeyFailure;
use super::state::{StateName, Stopper};
use crate::reason::EndReason;

/// Why a state changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The process started it.
    Started,
    /// It was told to rest.
    Stopped(Stopper),
    /// A person asked for a new connection.
    Restarted,
    /// A person logged out.
    LoggedOut,
    /// Somebody looks at the code.
    Looked,
    /// A person asked for a new code.
    AskedForCode,
    /// A person asked for a code to type on the phone.
    AskedForPairingCode,
    /// A person wants no code any more.
    GivenUp,
    /// WhatsApp issued a code.
    CodeIssued,
    /// WhatsApp issued a pairing code.
    PairingCodeIssued,
    /// WhatsApp gave no pairing code.
    PairingCodeRefused,
    /// A phone typed the pairing code.
    PairingCodeTyped,
    /// A wrong pairing code was typed.
    WrongPairingCode,
    /// WhatsApp asks for a passkey.
    PasskeyRequired,
    /// A person gave the answer of a passkey.
    PasskeyAnswered,
    /// Phone and gateway have a code in common.
    PasskeyCodeIssued,
    /// A person confirmed that code.
    PasskeyConfirmed,
    /// Nothing came of the passkey.
    PasskeyFailed(PasskeyFailure),
    /// A phone accepted the device.
    Scanned,
    /// A phone's proof did not verify.
    ProofRejected,
    /// The account that logged in is not the one that is meant to be linked.
    WrongPhone,
    /// The login succeeded.
    LoggedIn,
    /// The account's name changed.
    Renamed,
    /// The wait was over.
    Due,
    /// Nobody looked any more.
    NobodyLooking,
    /// The connection ended.
    Ended(EndReason),
}

/// One change of state: an event of the instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// The state before.
    pub from: StateName,
    /// The state now.
    pub to: StateName,
    /// Why.
    pub cause: Cause,
    /// When.
    pub at: Timestamp,
}
