//! Why a connection ended, and what follows: one row per reason.
//!
//! The rows are decisions about other people's accounts, so they stand in one place and are read
//! as a table: `docs/internals/reasons.md` is rendered from them, and a test compares the two.
//! Protocol facts: what the codes mean is known from the behaviour of the web client and of the
//! libraries that speak its protocol; the file names each.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Why a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// Stream error 515: the normal end of a linking connection, and now and then of any other.
    RestartRequired,
    /// All codes of this linking attempt were shown and none was scanned.
    CodesExhausted,
    /// Stream error 401 with `device_removed`, or 516: removed on the phone.
    DeviceRemoved,
    /// Stream error 401 without further explanation.
    StreamUnauthorized,
    /// A `conflict` of a kind we do not know.
    UnknownConflict,
    /// Stream error 409 or `conflict` of type `replaced`: somebody else logged in with our keys.
    Replaced,
    /// Stream error 429: too many connections.
    RateLimited,
    /// Stream error 503.
    ServerBusy,
    /// Any other stream error.
    StreamFault {
        /// Its code, 0 when it had none.
        code: u16,
    },
    /// Stream error `xml-not-well-formed`: the server could not read what we sent.
    Malformed,
    /// The server or the network closed the connection without a reason.
    Closed,
    /// Name look-up, TCP or TLS failed, or took too long.
    DialFailed,
    /// The server answered, but its handshake or certificate did not verify.
    NotTrusted,
    /// The version of the web client could not be learned.
    VersionUnknown,
    /// The server refused the login with this code.
    Refused {
        /// `reason` of the `failure` stanza, 0 when it had none.
        code: u16,
    },
    /// Refused with 402: banned for a time.
    TemporaryBan {
        /// How long, when the server said so.
        expires_in: Option<Duration>,
    },
    /// We removed this device from the account ourselves.
    LoggedOutByUs,
    /// We hung up.
    HungUp,
    /// A task of this connection panicked, or could not keep up.
    Fault,
    /// The instance's keys could not be read or written.
    KeysUnavailable,
    /// WhatsApp offered a code where the linked account was to log in: its keys are gone.
    KeysGone,
    /// What is kept of the instance could not be read or written.
    StoreUnavailable,
}

/// What becomes of the instance's keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credentials {
    /// They stay: the next login may succeed.
    Keep,
    /// WhatsApp has confirmed that they are worth nothing any more.
    Retire,
}

/// What a linked instance does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Dial again at once, ahead of everyone.
    Redial,
    /// Dial again after the usual wait, as if it were this many failures later.
    Backoff {
        /// Steps added to the count of failures.
        extra: u32,
    },
    /// Try after each of these waits, then give up until a person acts.
    Probe(&'static [Duration]),
    /// Wait until the ban is over; without an end, 24 hours.
    WaitForBan,
    /// Banned for good.
    Banned,
    /// Give up until a person acts.
    Fail,
    /// Not linked any more.
    Unlink,
    /// Nothing: it was our own decision.
    Nothing,
}

/// One row: what follows from a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ruling {
    /// What a linked instance does next. An unlinked one only ever waits and offers a new code.
    pub next: Next,
    /// What becomes of the keys.
    pub credentials: Credentials,
    /// Whether somebody should be woken.
    pub alert: bool,
    /// The reason in words a user can act on.
    pub words: &'static str,
}

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const CONFIRM: &[Duration] = &[SECOND.saturating_mul(5)];
const HOLD: &[Duration] = &[MINUTE, MINUTE, MINUTE];
const QUARTER: &[Duration] = &[MINUTE.saturating_mul(15)];
const LOCKED: &[Duration] =
    &[MINUTE.saturating_mul(5), MINUTE.saturating_mul(15), MINUTE.saturating_mul(60)];
const UNKNOWN: &[Duration] = &[MINUTE, MINUTE.saturating_mul(5), MINUTE.saturating_mul(15)];

impl EndReason {
    /// One of each, for tables and tests.
    pub const EXAMPLES: &'static [Self] = &[
        Self::RestartRequired,
        Self::CodesExhausted,
        Self::DeviceRemoved,
        Self::StreamUnauthorized,
        Self::UnknownConflict,
        Self::Replaced,
        Self::RateLimited,
        Self::ServerBusy,
        Self::StreamFault { code: 500 },
        Self::Malformed,
        Self::Closed,
        Self::DialFailed,
        Self::NotTrusted,
        Self::VersionUnknown,
        Self::Refused { code: 400 },
        Self::Refused { code: 401 },
        Self::Refused { code: 403 },
        Self::Refused { code: 405 },
        Self::Refused { code: 406 },
        Self::Refused { code: 409 },
        Self::Refused { code: 411 },
        Self::Refused { code: 413 },
        Self::Refused { code: 414 },
        Self::Refused { code: 415 },
        Self::Refused { code: 418 },
        Self::Refused { code: 500 },
        Self::Refused { code: 501 },
        Self::Refused { code: 503 },
        Self::Refused { code: 0 },
        Self::TemporaryBan { expires_in: Some(Duration::from_secs(3600)) },
        Self::LoggedOutByUs,
        Self::HungUp,
        Self::Fault,
        Self::KeysUnavailable,
        Self::KeysGone,
        Self::StoreUnavailable,
    ];

    /// What follows. Keys are retired only where WhatsApp confirmed that the device is gone.
    pub fn ruling(self) -> Ruling {
        let usual = Next::Backoff { extra: 0 };
        match self {
            Self::RestartRequired => keep(Next::Redial, "WhatsApp asked for a new connection"),
            Self::CodesExhausted => keep(Next::Nothing, "no code was scanned in time"),
            Self::DeviceRemoved => retire(Next::Unlink, "the device was removed on the phone"),
            Self::StreamUnauthorized => {
                keep(Next::Probe(CONFIRM), "WhatsApp ended the session; one login will tell why")
            }
            Self::UnknownConflict => {
                keep(Next::Probe(HOLD), "another session is in conflict with this one").alerting()
            }
            Self::Replaced => {
                keep(Next::Probe(HOLD), "another program logged in with the keys of this instance")
                    .alerting()
            }
            Self::RateLimited => {
                keep(Next::Backoff { extra: 5 }, "WhatsApp limits the rate of connections")
            }
            Self::ServerBusy => keep(usual, "WhatsApp is busy"),
            Self::StreamFault { .. } => keep(usual, "WhatsApp ended the session with an error"),
            Self::Malformed => {
                keep(usual, "WhatsApp could not read what this program sent").alerting()
            }
            Self::Closed => keep(usual, "the connection was lost"),
            Self::DialFailed => keep(usual, "WhatsApp cannot be reached"),
            Self::NotTrusted => {
                keep(usual, "the server could not prove that it is WhatsApp").alerting()
            }
            Self::VersionUnknown => {
                keep(usual, "the current version of WhatsApp Web could not be learned")
            }
            Self::Refused { code } => refused(code),
            Self::TemporaryBan { .. } => {
                keep(Next::WaitForBan, "WhatsApp banned the account for a time").alerting()
            }
            Self::LoggedOutByUs => {
                Ruling { alert: false, ..retire(Next::Unlink, "this device was logged out") }
            }
            Self::HungUp => keep(Next::Nothing, "this program hung up"),
            Self::Fault => keep(usual, "a fault in this program ended the session").alerting(),
            Self::KeysUnavailable => {
                keep(usual, "the keys of the instance could not be read or written").alerting()
            }
            Self::KeysGone => keep(Next::Unlink, "the keys of the instance are gone").alerting(),
            Self::StoreUnavailable => {
                keep(usual, "what is kept of the instance could not be read or written").alerting()
            }
        }
    }
}

/// The rows of `<failure reason=...>`.
fn refused(code: u16) -> Ruling {
    match code {
        400 => keep(Next::Probe(QUARTER), "WhatsApp refused the login as malformed").alerting(),
        401 => retire(Next::Unlink, "the device is no longer linked to the account"),
        403 => keep(Next::Probe(LOCKED), "WhatsApp locked the account").alerting(),
        405 | 409 | 418 => {
            keep(Next::Backoff { extra: 5 }, "WhatsApp refused the version of this program")
                .alerting()
        }
        406 => retire(Next::Banned, "WhatsApp banned the account").alerting(),
        411 => keep(Next::Fail, "the phone's WhatsApp must be updated").alerting(),
        413 | 414 => keep(Next::Fail, "WhatsApp refused the login").alerting(),
        415 => keep(Next::Probe(QUARTER), "WhatsApp does not know this account").alerting(),
        500 | 503 => keep(Next::Backoff { extra: 0 }, "WhatsApp is busy"),
        501 => keep(Next::Backoff { extra: 13 }, "WhatsApp refused the login for now"),
        _ => keep(Next::Probe(UNKNOWN), "WhatsApp refused the login").alerting(),
    }
}

const fn keep(next: Next, words: &'static str) -> Ruling {
    Ruling { next, credentials: Credentials::Keep, alert: false, words }
}

const fn retire(next: Next, words: &'static str) -> Ruling {
    Ruling { next, credentials: Credentials::Retire, alert: true, words }
}

impl Ruling {
    fn alerting(self) -> Self {
        Self { alert: true, ..self }
    }
}

#[cfg(test)]
mod tests;
