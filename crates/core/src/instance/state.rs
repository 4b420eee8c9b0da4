//! The states of an instance. Each carries what is true only then.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::pairing::PairingCode;
use super::passkey::{PasskeyFailure, PasskeyStep};
use crate::account::LinkedAccount;
use crate::reason::EndReason;
use crate::secret::QrText;

/// Where an instance stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Created; nothing runs it yet.
    Pending,
    /// Told to rest.
    Stopped {
        /// By whom.
        by: Stopper,
        /// The account, when it is linked.
        linked: Option<LinkedAccount>,
    },
    /// Not linked, and no connection: nobody is looking.
    Unlinked {
        /// How the last attempt or the last link ended, when there was one.
        last: Option<Outcome>,
    },
    /// On the way to a connection.
    Connecting {
        /// The account, when this is a login; `None` when a code is to be shown.
        linked: Option<LinkedAccount>,
        /// When the next connection is due; `None` while one is being made.
        not_before: Option<Timestamp>,
    },
    /// Connected without an account: a phone may link it.
    Linking(LinkingStep),
    /// Linked and usable.
    Online {
        /// The account.
        account: LinkedAccount,
        /// Its display name, when known.
        push_name: Option<String>,
    },
    /// Linked, but the connection was lost.
    Offline {
        /// The account.
        account: LinkedAccount,
        /// Why.
        reason: EndReason,
        /// When the next connection is due.
        next_try: Timestamp,
    },
    /// Linked, banned for a time: no connection before its end.
    Suspended {
        /// The account.
        account: LinkedAccount,
        /// The end of the ban, when WhatsApp named it.
        until: Option<Timestamp>,
        /// When the next connection is due: some time after the end.
        next_try: Timestamp,
    },
    /// Banned for good.
    Banned,
    /// Given up until a person acts.
    Failed {
        /// The account, when the keys are still there.
        linked: Option<LinkedAccount>,
        /// Why.
        reason: EndReason,
    },
}

/// Who told an instance to rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stopper {
    /// A person, through any API.
    Person,
    /// The process is ending.
    Shutdown,
}

/// How a linking attempt or a link ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Nobody scanned a code before the last one expired.
    NotScanned,
    /// Nobody typed the pairing code before it expired.
    NotTyped,
    /// A phone and we did not agree on the pairing code: a wrong one was typed.
    WrongCode,
    /// Nobody looked any more.
    NotWatched,
    /// WhatsApp wanted a passkey, and nothing came of it.
    Passkey(PasskeyFailure),
    /// A phone answered, but its proof did not verify.
    ProofRejected,
    /// The phone that accepted was not the one that is meant to be linked.
    WrongPhone,
    /// The link or the attempt ended for this reason.
    Ended(EndReason),
    /// A person logged out.
    LoggedOut,
}

/// How far a linking attempt has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkingStep {
    /// This code can be scanned.
    CodeShown(QrCode),
    /// This code can be typed on the phone.
    PairingCodeShown {
        /// The code.
        code: PairingCode,
        /// What can be scanned instead, as long as it lives.
        qr: QrCode,
    },
    /// A phone has typed this code; whether rightly shows what follows. It may try again. The QR
    /// codes of this attempt are worth nothing from here on.
    PairingCodeTyped {
        /// The code.
        code: PairingCode,
    },
    /// WhatsApp wants a passkey before it links this account.
    Passkey(PasskeyStep),
    /// A phone accepted; the first login is under way.
    Finishing {
        /// The account.
        account: LinkedAccount,
    },
}

/// A code that a phone can scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QrCode {
    /// What the code says.
    pub text: QrText,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// From here on no phone accepts it.
    pub expires_at: Timestamp,
    /// Its number in this attempt, from 1.
    pub round: u32,
}

/// The name of a state alone: for events, logs and tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StateName {
    /// See [`State::Pending`].
    Pending,
    /// See [`State::Stopped`].
    Stopped,
    /// See [`State::Unlinked`].
    Unlinked,
    /// See [`State::Connecting`].
    Connecting,
    /// See [`State::Linking`].
    Linking,
    /// See [`State::Online`].
    Online,
    /// See [`State::Offline`].
    Offline,
    /// See [`State::Suspended`].
    Suspended,
    /// See [`State::Banned`].
    Banned,
    /// See [`State::Failed`].
    Failed,
}

impl StateName {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Pending,
        Self::Stopped,
        Self::Unlinked,
        Self::Connecting,
        Self::Linking,
        Self::Online,
        Self::Offline,
        Self::Suspended,
        Self::Banned,
        Self::Failed,
    ];

    /// The word for people and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Stopped => "stopped",
            Self::Unlinked => "unlinked",
            Self::Connecting => "connecting",
            Self::Linking => "linking",
            Self::Online => "online",
            Self::Offline => "offline",
            Self::Suspended => "suspended",
            Self::Banned => "banned",
            Self::Failed => "failed",
        }
    }
}

impl State {
    /// The name of this state.
    pub fn name(&self) -> StateName {
        match self {
            Self::Pending => StateName::Pending,
            Self::Stopped { .. } => StateName::Stopped,
            Self::Unlinked { .. } => StateName::Unlinked,
            Self::Connecting { .. } => StateName::Connecting,
            Self::Linking(_) => StateName::Linking,
            Self::Online { .. } => StateName::Online,
            Self::Offline { .. } => StateName::Offline,
            Self::Suspended { .. } => StateName::Suspended,
            Self::Banned => StateName::Banned,
            Self::Failed { .. } => StateName::Failed,
        }
    }

    /// The account this instance is linked to. While the first login is under way it counts.
    pub fn linked(&self) -> Option<&LinkedAccount> {
        match self {
            Self::Pending | Self::Unlinked { .. } | Self::Banned => None,
            Self::Stopped { linked, .. }
            | Self::Connecting { linked, .. }
            | Self::Failed { linked, .. } => linked.as_ref(),
            Self::Linking(LinkingStep::Finishing { account })
            | Self::Online { account, .. }
            | Self::Offline { account, .. }
            | Self::Suspended { account, .. } => Some(account),
            Self::Linking(
                LinkingStep::CodeShown(_)
                | LinkingStep::PairingCodeShown { .. }
                | LinkingStep::PairingCodeTyped { .. }
                | LinkingStep::Passkey(_),
            ) => None,
        }
    }

    /// The code on show, when it can still be scanned at `now`.
    pub fn qr_code(&self, now: Timestamp) -> Option<&QrCode> {
        if let Self::Linking(
            LinkingStep::CodeShown(code) | LinkingStep::PairingCodeShown { qr: code, .. },
        ) = self
        {
            Some(code).filter(|code| code.expires_at > now)
        } else {
            None
        }
    }

    /// The pairing code, when it can still be typed at `now`.
    pub fn pairing_code(&self, now: Timestamp) -> Option<&PairingCode> {
        if let Self::Linking(
            LinkingStep::PairingCodeShown { code, .. } | LinkingStep::PairingCodeTyped { code },
        ) = self
        {
            Some(code).filter(|code| code.expires_at > now)
        } else {
            None
        }
    }
}
