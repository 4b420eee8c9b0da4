//! Why a session ends, and how its client is told.

use tokio::sync::oneshot;

use super::session::{Close, CloseCode};

/// Why a session ends.
#[derive(Debug)]
pub(super) enum Ending {
    /// The handler is done with it.
    Done,
    /// The handler panicked.
    Panicked,
    /// The handler closed it, and waits.
    Asked(Close, oneshot::Sender<()>),
    /// The handler wants to send more than may be.
    TextTooLarge,
    /// The handler left messages lying.
    Untaken,
    /// The process is ending.
    Stopped,
    /// The client closed it.
    Left,
    /// The client broke a rule of the protocol, or a limit.
    Broken(CloseCode),
    /// The client answered no pings.
    Silent,
    /// The connection broke, or the client left without a word.
    Lost,
    /// The client took nothing for too long.
    Stalled,
}

/// What is said at the end.
#[derive(Debug)]
pub(super) enum Farewell {
    /// A close that the client is to answer.
    Handshake(Close),
    /// A close, and no listening to what follows (RFC 6455, 7.1.7).
    Failing(Close),
    /// The answer to the client's close, which the framing has prepared.
    Reply,
    /// Nothing: nobody is there.
    Silence,
}

impl Ending {
    /// What is said, and who waits until it has been.
    pub(super) fn farewell(self) -> (Farewell, Option<oneshot::Sender<()>>) {
        let close = Close::new;
        let farewell = match self {
            Self::Asked(close, waiting) => return (Farewell::Handshake(close), Some(waiting)),
            Self::Done => Farewell::Handshake(close(CloseCode::NORMAL, "")),
            Self::Panicked | Self::TextTooLarge => {
                Farewell::Handshake(close(CloseCode::INTERNAL, ""))
            }
            Self::Stopped => Farewell::Handshake(close(CloseCode::GOING_AWAY, "")),
            Self::Untaken => {
                Farewell::Failing(close(CloseCode::TRY_AGAIN, "messages are not taken"))
            }
            Self::Broken(code) => Farewell::Failing(close(code, "")),
            Self::Silent => Farewell::Failing(close(CloseCode::INTERNAL, "no pong")),
            Self::Left => Farewell::Reply,
            Self::Lost | Self::Stalled => Farewell::Silence,
        };
        (farewell, None)
    }

    /// In words for the log, which hold nothing that the client sent.
    pub(super) fn why(&self) -> &'static str {
        match self {
            Self::Done | Self::Asked(..) => "the handler closed it",
            Self::Panicked => "the handler panicked",
            Self::TextTooLarge => "the handler's text is too large",
            Self::Untaken => "the handler took no messages",
            Self::Stopped => "the process is ending",
            Self::Left => "the client closed it",
            Self::Broken(_code) => "the client broke a rule or a limit",
            Self::Silent => "the client answered no pings",
            Self::Lost => "the client left",
            Self::Stalled => "the client took nothing",
        }
    }
}
