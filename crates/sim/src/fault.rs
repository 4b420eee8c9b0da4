//! Faults a test or a person can order. Each is used up by what it strikes.

use serde::Deserialize;

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
        /// One of its devices; all of them when absent.
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
    /// Change the server's Noise key, so that every cached one is stale.
    RotateLeaf,
}

/// Orders that wait for what they strike.
#[derive(Debug, Default)]
pub(crate) struct PendingFaults {
    pub(crate) logins: Option<RefusedLogins>,
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

impl PendingFaults {
    /// Takes one login's share of an order.
    pub(crate) fn strike_login(&mut self) -> Option<RefusedLogins> {
        let order = self.logins.as_mut().filter(|order| order.left > 0)?;
        order.left -= 1;
        Some(*order)
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
