//! What can be made to go wrong on order (docs/internals/sim.md, "Faults").
//!
//! A [`Fault`] says what happens, an [`Order`] whom it strikes and how often. One that strikes what
//! is there is carried out at once; one that strikes what is to come stands until it is used up, its
//! time is over, or it is lifted. All chance is drawn from the simulator's seed, all time is tokio's.

mod mutation;
mod order;
mod standing;
mod stanzas;
mod strike;
mod words;

use serde::{Deserialize, Deserializer, Serialize};

pub use order::{Order, OrderProblem};
pub use standing::StandingFault;
pub(crate) use standing::{DialFault, Standing};
pub use stanzas::{Direction, StanzaKind};
pub(crate) use strike::RefusedCodes;
pub use words::{Failure, Notice, StreamError};

/// What goes wrong. The JSON form is that of `POST /faults`, with the name under `fault`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// Send `<stream:error>` and close.
    StreamError(StreamError),
    /// Send `<xmlstreamend/>` and close.
    EndStream {
        /// When.
        #[serde(default)]
        at: Moment,
    },
    /// Close without a word.
    CloseConnection {
        /// When.
        #[serde(default)]
        at: Moment,
    },
    /// Drop the connection: no stanza, no websocket close.
    CutConnection {
        /// When.
        #[serde(default)]
        at: Moment,
    },
    /// Say nothing more on the connection and hear nothing on it, as when a network has forgotten
    /// it: it stays open until its client gives it up. For the account its device is offline at
    /// once.
    GoMute {
        /// When.
        #[serde(default)]
        at: Moment,
    },
    /// Tell clients that their version ends: `<ib><client_expiration/></ib>`.
    ClientExpiration(Notice),
    /// Answer logins with `<failure>`.
    RefuseLogins(Failure),
    /// Answer clients that want to be linked with `<failure>`, in place of the refs.
    RefuseRegistrations(Failure),
    /// Refuse connections; on a socket with this status.
    RefuseDials {
        /// The status of the HTTP answer: 503 unless it is given.
        #[serde(default = "unavailable")]
        status: u16,
    },
    /// Accept connections and never say anything on them.
    #[serde(deserialize_with = "nothing_else")]
    HangDials,
    /// Cut all connections, refuse new ones for a time, and come back with another Noise key and the
    /// same root. What waits for devices is kept.
    RestartServer {
        /// How long connections are refused.
        #[serde(default)]
        down_ms: u64,
    },
    /// Refuse requests for a pairing code that are in order.
    RefuseCodes {
        /// The number in `code`: 400 asked for too often, 403 forbidden, 429 too many, 452 not
        /// available for this account, 500 failed, ...
        reason: u16,
        /// The number in `backoff`: the wait it names, in seconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        backoff_s: Option<u32>,
    },
    /// Refuse messages of clients that are in order; they go nowhere.
    RefuseMessages {
        /// The number in `error`: 463 the account may not write to strangers, 479 not valid, ...
        error: u16,
    },
    /// Let stanzas arrive later than those behind them.
    Delay {
        /// How much later.
        by_ms: u64,
        /// Which way they go.
        direction: Direction,
        /// Those of this kind; of any when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stanza: Option<StanzaKind>,
    },
    /// Let stanzas arrive twice.
    Duplicate {
        /// Which way they go.
        direction: Direction,
        /// Those of this kind; of any when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stanza: Option<StanzaKind>,
    },
    /// Let stanzas change places with whatever comes behind them, if that is not long.
    Reorder {
        /// Which way they go.
        direction: Direction,
        /// Those of this kind; of any when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stanza: Option<StanzaKind>,
    },
    /// Lose stanzas.
    Drop {
        /// Which way they go.
        direction: Direction,
        /// Those of this kind; of any when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stanza: Option<StanzaKind>,
    },
    /// Change something at random in stanzas for clients: an attribute less or another one, a child
    /// less, another tag, bits of the content.
    Mutate {
        /// Those of this kind; of any when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stanza: Option<StanzaKind>,
    },
    /// Let phones take their time: to read a message, and to link a device.
    SlowPhone {
        /// How much.
        by_ms: u64,
    },
    /// Let phones forget their sessions with other devices, as an application does that was
    /// installed anew from a backup. They cannot read what is written to them next, and ask for it
    /// again.
    #[serde(deserialize_with = "nothing_else")]
    ForgetSessions,
    /// Change the server's Noise key, so that every cached one is stale.
    #[serde(deserialize_with = "nothing_else")]
    RotateLeaf,
}

/// When a connection ends by a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// At once: whatever connections there are.
    #[default]
    Now,
    /// In place of `<success>`.
    Login,
    /// When a client hands in a message, which is not taken any more.
    BeforeMessage,
    /// When a message of a client has been taken, in place of its ack.
    BeforeAck,
    /// When a message of a client has been taken and acknowledged.
    AfterAck,
    /// When a client acknowledges a stanza (by a receipt or an ack), which is not heard any more.
    BeforeClientAck,
    /// When the acknowledgement of a client has been heard.
    AfterClientAck,
}

impl Fault {
    /// Ends connections with `<stream:error>` of this code.
    pub fn stream_error(code: u16) -> Self {
        Self::StreamError(StreamError { code: Some(code), ..StreamError::default() })
    }

    /// Cuts connections at once.
    pub fn cut() -> Self {
        Self::CutConnection { at: Moment::Now }
    }

    /// Answers logins with `<failure>` of this reason.
    pub fn refuse_logins(reason: u16) -> Self {
        Self::RefuseLogins(Failure { reason: Some(reason), ..Failure::default() })
    }

    /// Refuses connections with 503.
    pub fn refuse_dials() -> Self {
        Self::RefuseDials { status: unavailable() }
    }

    /// For the devices of this account alone.
    pub fn on(self, number: impl Into<String>) -> Order {
        Order::from(self).on(number)
    }

    /// For one device alone.
    pub fn on_device(self, number: impl Into<String>, device: u16) -> Order {
        Order::from(self).on_device(number, device)
    }

    /// For what comes next, this often.
    pub fn times(self, count: u32) -> Order {
        Order::from(self).times(count)
    }

    /// The name under which it is ordered, shown and counted.
    pub fn name(&self) -> &'static str {
        match self {
            Self::StreamError(_) => "stream_error",
            Self::EndStream { .. } => "end_stream",
            Self::CloseConnection { .. } => "close_connection",
            Self::CutConnection { .. } => "cut_connection",
            Self::GoMute { .. } => "go_mute",
            Self::ClientExpiration(_) => "client_expiration",
            Self::RefuseLogins(_) => "refuse_logins",
            Self::RefuseRegistrations(_) => "refuse_registrations",
            Self::RefuseDials { .. } => "refuse_dials",
            Self::HangDials => "hang_dials",
            Self::RestartServer { .. } => "restart_server",
            Self::RefuseCodes { .. } => "refuse_codes",
            Self::RefuseMessages { .. } => "refuse_messages",
            Self::Delay { .. } => "delay",
            Self::Duplicate { .. } => "duplicate",
            Self::Reorder { .. } => "reorder",
            Self::Drop { .. } => "drop",
            Self::Mutate { .. } => "mutate",
            Self::SlowPhone { .. } => "slow_phone",
            Self::ForgetSessions => "forget_sessions",
            Self::RotateLeaf => "rotate_leaf",
        }
    }

    /// When it strikes, if it ends connections.
    fn moment(&self) -> Option<Moment> {
        match self {
            Self::StreamError(error) => Some(error.at),
            Self::EndStream { at }
            | Self::CloseConnection { at }
            | Self::CutConnection { at }
            | Self::GoMute { at } => Some(*at),
            Self::ClientExpiration(_)
            | Self::RefuseLogins(_)
            | Self::RefuseRegistrations(_)
            | Self::RefuseDials { .. }
            | Self::HangDials
            | Self::RestartServer { .. }
            | Self::RefuseCodes { .. }
            | Self::RefuseMessages { .. }
            | Self::Delay { .. }
            | Self::Duplicate { .. }
            | Self::Reorder { .. }
            | Self::Drop { .. }
            | Self::Mutate { .. }
            | Self::SlowPhone { .. }
            | Self::ForgetSessions
            | Self::RotateLeaf => None,
        }
    }

    /// Whether it waits for what it strikes, and does not strike what is there.
    fn is_standing(&self) -> bool {
        match self {
            Self::StreamError(_)
            | Self::EndStream { .. }
            | Self::CloseConnection { .. }
            | Self::CutConnection { .. }
            | Self::GoMute { .. } => self.moment() != Some(Moment::Now),
            Self::ClientExpiration(_)
            | Self::RestartServer { .. }
            | Self::ForgetSessions
            | Self::RotateLeaf => false,
            Self::RefuseLogins(_)
            | Self::RefuseRegistrations(_)
            | Self::RefuseDials { .. }
            | Self::HangDials
            | Self::RefuseCodes { .. }
            | Self::RefuseMessages { .. }
            | Self::Delay { .. }
            | Self::Duplicate { .. }
            | Self::Reorder { .. }
            | Self::Drop { .. }
            | Self::Mutate { .. }
            | Self::SlowPhone { .. } => true,
        }
    }
}

fn unavailable() -> u16 {
    503
}

/// A fault without fields has none: left to itself, serde would not look.
fn nothing_else<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
    #[expect(clippy::empty_structs_with_brackets, reason = "without them it is null in JSON")]
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}

    Nothing::deserialize(deserializer).map(|Nothing {}| ())
}
