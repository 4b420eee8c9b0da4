//! The record of who did what.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use jiff::Timestamp;

use crate::id::{AccountId, InstanceId};
use crate::token::TokenId;

/// Who did something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Actor {
    /// Whoever came by the operator's socket.
    Operator,
    /// The bearer of this token.
    Token(TokenId),
    /// Somebody at the page that a link ticket opened.
    LinkTicket,
}

const OPERATOR: &str = "operator";
const LINK_TICKET: &str = "link_ticket";
const TOKEN: &str = "token:";

/// The text names nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an actor is operator, link_ticket, or token: and the token's id")]
pub struct UnknownActor;

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operator => f.write_str(OPERATOR),
            Self::Token(id) => write!(f, "{TOKEN}{id}"),
            Self::LinkTicket => f.write_str(LINK_TICKET),
        }
    }
}

impl FromStr for Actor {
    type Err = UnknownActor;

    /// Reads what `Display` writes.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            OPERATOR => Ok(Self::Operator),
            LINK_TICKET => Ok(Self::LinkTicket),
            _ => {
                let id = text.strip_prefix(TOKEN).ok_or(UnknownActor)?;
                id.parse().map(Self::Token).map_err(|_invalid| UnknownActor)
            }
        }
    }
}

/// One thing that somebody did through an API, or tried. Holds no secret and nothing of what was sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Act {
    /// When it began, to the millisecond.
    pub at: Timestamp,
    /// Whose things it was about; `None` where it was about no one account's.
    pub account: Option<AccountId>,
    /// Who did it.
    pub actor: Actor,
    /// What it was, in the word of the API that it was done through.
    pub name: String,
    /// What it was about, where that was one instance.
    pub instance: Option<InstanceId>,
    /// From where it came. Personal data.
    pub client: Option<IpAddr>,
    /// The status with which it was answered; `None` when whoever did it did not wait.
    pub status: Option<u16>,
    /// The request, as its answer and the log name it.
    pub request: Option<String>,
}

impl fmt::Debug for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the address.
        f.debug_struct("Act")
            .field("at", &self.at)
            .field("account", &self.account)
            .field("actor", &self.actor)
            .field("name", &self.name)
            .field("instance", &self.instance)
            .field("status", &self.status)
            .field("request", &self.request)
            .finish_non_exhaustive()
    }
}

/// An act in the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its place, which no other entry has or had: later ones have larger numbers.
    pub number: u64,
    /// What was done.
    pub act: Act,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_is_read_as_it_is_written() {
        let token = "0123456789abcdef".parse().unwrap();
        for actor in [Actor::Operator, Actor::LinkTicket, Actor::Token(token)] {
            assert_eq!(actor.to_string().parse(), Ok(actor), "{actor}");
        }
        for nobody in ["", "root", "token:", "token:0123", "0123456789abcdef"] {
            assert_eq!(nobody.parse::<Actor>(), Err(UnknownActor), "{nobody}");
        }
    }

    #[test]
    fn an_act_does_not_print_from_where_it_came() {
        let act = Act {
            at: Timestamp::UNIX_EPOCH,
            account: None,
            actor: Actor::Operator,
            name: "account_open".into(),
            instance: None,
            client: Some([192, 0, 2, 77].into()),
            status: Some(201),
            request: None,
        };
        assert!(!format!("{act:?}").contains("77"));
    }
}
