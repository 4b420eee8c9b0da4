//! Faults a test or a person can order. Each is used up by what it strikes.

use serde::{Deserialize, Deserializer};

/// A fault to inject. The JSON form is that of `POST /faults`, with the name under `fault`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// Answer the next logins with `<failure>`.
    RefuseLogins {
        /// How many logins; the order replaces an earlier one.
        count: u32,
        /// The number in `reason`: 401 logged out, 402 banned for a time, 403 locked, 405
        /// outdated, 503 unavailable, ...
        reason: u16,
        /// The number in `code`, which says why a ban was put.
        #[serde(default)]
        code: Option<u16>,
        /// The number in `expire`: the rest of a ban in seconds.
        #[serde(default)]
        expire_s: Option<u32>,
    },
    /// Refuse the next requests for a pairing code that are in order.
    RefuseCodes {
        /// How many requests; the order replaces an earlier one.
        count: u32,
        /// The number in `code`: 400 asked for too often, 403 forbidden, 429 too many, 452 not
        /// available for this account, 500 failed, ...
        reason: u16,
        /// The number in `backoff`: the wait it names, in seconds.
        #[serde(default)]
        backoff_s: Option<u32>,
    },
    /// Refuse the next messages that are in order; they go nowhere.
    RefuseMessages {
        /// How many messages; the order replaces an earlier one.
        count: u32,
        /// The number in `error`: 463 the account may not write to strangers, 479 not valid, ...
        error: u16,
    },
    /// Send `<stream:error>` to online devices and close.
    StreamError {
        /// The account's number.
        number: String,
        /// One of its devices; all of them when absent.
        #[serde(default)]
        device: Option<u16>,
        /// The number in `code`.
        code: u16,
    },
    /// Drop connections without a word: no stanza, no websocket close.
    CutConnection {
        /// The account's number; all connections, the unregistered ones too, when absent.
        #[serde(default)]
        number: Option<String>,
        /// One of its devices; all of them when absent. Strikes nothing without `number`.
        #[serde(default)]
        device: Option<u16>,
    },
    /// Refuse the next connections (503 on a socket).
    RefuseDials {
        /// How many; the order replaces an earlier one.
        count: u32,
    },
    /// Accept the next connections and never say anything on them.
    HangDials {
        /// How many; the order replaces an earlier one.
        count: u32,
    },
    /// Say nothing more on the connections of online devices and hear nothing on them, as when a
    /// network has forgotten them: they stay open until their clients give them up. For the
    /// account these devices are offline at once.
    GoMute {
        /// The account's number.
        number: String,
        /// One of its devices; all of them when absent.
        #[serde(default)]
        device: Option<u16>,
    },
    /// Let a phone forget its sessions with other devices, as an application does that was installed
    /// anew from a backup. It cannot read what they write next, and asks for it again.
    ForgetSessions {
        /// The account's number.
        number: String,
    },
    /// Change the server's Noise key, so that every cached one is stale.
    #[serde(deserialize_with = "nothing_else")]
    RotateLeaf,
}

/// A fault without fields has none: left to itself, serde would not look.
fn nothing_else<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
    #[expect(clippy::empty_structs_with_brackets, reason = "without them it is null in JSON")]
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}

    Nothing::deserialize(deserializer).map(|Nothing {}| ())
}

/// Orders that wait for what they strike.
#[derive(Debug, Default)]
pub(crate) struct PendingFaults {
    pub(crate) logins: Option<RefusedLogins>,
    pub(crate) codes: Option<RefusedCodes>,
    pub(crate) messages: Option<RefusedMessages>,
    pub(crate) dials_refused: u32,
    pub(crate) dials_hung: u32,
}

/// The answer to the next logins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RefusedLogins {
    pub(crate) left: u32,
    pub(crate) reason: u16,
    pub(crate) code: Option<u16>,
    pub(crate) expire_s: Option<u32>,
}

/// The answer to the next requests for a pairing code.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RefusedCodes {
    pub(crate) left: u32,
    pub(crate) reason: u16,
    pub(crate) backoff_s: Option<u32>,
}

/// The answer to the next messages.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RefusedMessages {
    pub(crate) left: u32,
    pub(crate) error: u16,
}

impl PendingFaults {
    /// Takes one login's share of an order.
    pub(crate) fn strike_login(&mut self) -> Option<RefusedLogins> {
        let order = self.logins.as_mut().filter(|order| order.left > 0)?;
        order.left -= 1;
        Some(*order)
    }

    /// Takes one request's share of an order.
    pub(crate) fn strike_code(&mut self) -> Option<RefusedCodes> {
        let order = self.codes.as_mut().filter(|order| order.left > 0)?;
        order.left -= 1;
        Some(*order)
    }

    /// Takes one message's share of an order; the error it is answered with.
    pub(crate) fn strike_message(&mut self) -> Option<u16> {
        let order = self.messages.as_mut().filter(|order| order.left > 0)?;
        order.left -= 1;
        Some(order.error)
    }

    /// Takes one dial's share of an order.
    pub(crate) fn strike_dial(&mut self) -> Option<DialFault> {
        if self.dials_refused > 0 {
            self.dials_refused -= 1;
            return Some(DialFault::Refuse);
        }
        if self.dials_hung > 0 {
            self.dials_hung -= 1;
            return Some(DialFault::Hang);
        }
        None
    }
}

/// What happens to a dial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DialFault {
    Refuse,
    Hang,
}
