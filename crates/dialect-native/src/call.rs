//! A request on its way to a handler: authenticated, within its rate, its body read.

use std::sync::Arc;

use axum::http::HeaderMap;
use waygate_core::error::{Error, Kind};
use waygate_core::event::Sequence;
use waygate_core::id::{AccountId, AttemptId, LinkTicketId, WebhookEndpointId};
use waygate_core::scope::{Scope, Scopes};
use waygate_core::tenant::Account;
use waygate_core::token::TokenId;
use waygate_engine::Gateway;
use waygate_engine::accounts::Grant;
use waygate_engine::idempotency::Once;
use waygate_engine::link_tickets::LinkVisit;
use waygate_http::outbound::Policy;
use waygate_http::websocket::Handshake;

use crate::fields::Fields;
use crate::own_instance::OwnInstance;
use crate::problem::{Code, Problem};
use crate::query::Query;
use crate::route::ACCOUNT;

/// Whose things a caller sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Those of one account.
    Account(AccountId),
    /// Everybody's: the operator asks, or who has his right.
    Everything,
}

/// How much a caller is shown of an instance that is his.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum View {
    /// All of it.
    Owner,
    /// What it takes to link it: no number in full, no ids of ours, no text of a code.
    Visitor,
}

/// What the client said.
pub(crate) struct Said {
    /// As it was sent. It may hold a ticket.
    pub(crate) path: String,
    pub(crate) query: Query,
    pub(crate) headers: HeaderMap,
    pub(crate) fields: Fields,
    /// What stands in the place of `{account}`, `{attempt}` and so on.
    pub(crate) account: Option<String>,
    pub(crate) attempt: Option<String>,
    pub(crate) event: Option<String>,
    pub(crate) link_ticket: Option<String>,
    pub(crate) token: Option<String>,
    pub(crate) webhook_endpoint: Option<String>,
    pub(crate) message: Option<String>,
    /// Where the request has a key.
    pub(crate) once: Option<Arc<Once>>,
}

/// A call about the things of one account, or of all. Only `surface.rs` makes one.
pub(crate) struct AccountCall {
    pub(crate) gateway: Gateway,
    pub(crate) outbound: Policy,
    pub(crate) reach: Reach,
    pub(crate) rights: Scopes,
    pub(crate) said: Said,
}

/// A call about one instance, which is the caller's. Only `surface.rs` makes one.
pub(crate) struct InstanceCall {
    pub(crate) gateway: Gateway,
    pub(crate) outbound: Policy,
    pub(crate) instance: OwnInstance,
    pub(crate) view: View,
    /// None for a visitor, whose pass is right enough for what he may call.
    pub(crate) rights: Scopes,
    /// By which link ticket a visitor came.
    pub(crate) visit: Option<LinkVisit>,
    pub(crate) said: Said,
}

/// A call about one instance that asks for a websocket. Only `surface.rs` makes one.
pub(crate) struct SessionCall {
    pub(crate) call: InstanceCall,
    pub(crate) handshake: Handshake,
    /// What the session must end with; the operator has none.
    pub(crate) grant: Option<Grant>,
}

impl Reach {
    pub(crate) fn holds(self, account: AccountId) -> bool {
        match self {
            Self::Account(own) => own == account,
            Self::Everything => true,
        }
    }

    /// The one account for a filter; `None` for all of them.
    pub(crate) fn account(self) -> Option<AccountId> {
        match self {
            Self::Account(own) => Some(own),
            Self::Everything => None,
        }
    }

    /// Every account in it, in the order in which they were opened.
    pub(crate) async fn accounts(self, gateway: &Gateway) -> Result<Vec<AccountId>, Error> {
        match self {
            Self::Account(own) => Ok(vec![own]),
            Self::Everything => {
                Ok(gateway.accounts().await?.into_iter().map(|account| account.id).collect())
            }
        }
    }
}

impl AccountCall {
    /// The account that gets what is created: the caller's own; from the operator the one that he
    /// names, or the first.
    pub(crate) async fn owner(&mut self) -> Result<AccountId, Problem> {
        let named = self.said.fields.text(ACCOUNT)?;
        match (self.reach, named) {
            (Reach::Account(own), _) => Ok(own),
            (Reach::Everything, Some(name)) => Ok(self.gateway.account_named(&name).await?.id),
            (Reach::Everything, None) => Ok(self.gateway.first_account().await?.id),
        }
    }

    /// Whose things are listed: the caller's; for the operator those of the account that he names,
    /// or everybody's.
    pub(crate) async fn asked(&self) -> Result<Reach, Problem> {
        match (self.reach, self.said.query.text(ACCOUNT)) {
            (Reach::Everything, Some(name)) => {
                Ok(Reach::Account(self.gateway.account_named(name).await?.id))
            }
            (reach, _) => Ok(reach),
        }
    }

    /// The account in the path.
    pub(crate) async fn account(&self) -> Result<Account, Problem> {
        let id = self.said.account.as_deref().and_then(|text| text.parse::<AccountId>().ok());
        let account = match id.filter(|id| self.reach.holds(*id)) {
            Some(id) => self.gateway.account(id).await?,
            None => None,
        };
        account.ok_or_else(Problem::no_such_account)
    }

    /// Nobody gives away a right that he has not.
    pub(crate) fn may_give(&self, scopes: Scopes) -> Result<(), Problem> {
        self.rights.lacks(scopes).map_or(Ok(()), |scope: Scope| Err(Problem::not_yours(scope)))
    }
}

impl Said {
    pub(crate) fn attempt(&self) -> Result<AttemptId, Problem> {
        let id = self.attempt.as_deref().and_then(|text| text.parse().ok());
        id.ok_or_else(Problem::no_such_attempt)
    }

    pub(crate) fn event(&self) -> Result<Sequence, Problem> {
        let number = self.event.as_deref().and_then(|text| text.parse().ok());
        number.map(Sequence).ok_or_else(Problem::no_such_event)
    }

    pub(crate) fn link_ticket(&self) -> Result<LinkTicketId, Problem> {
        let id = self.link_ticket.as_deref().and_then(|text| text.parse().ok());
        id.ok_or_else(Problem::no_such_link_ticket)
    }

    pub(crate) fn token(&self) -> Result<TokenId, Problem> {
        let id = self.token.as_deref().and_then(|text| text.parse().ok());
        id.ok_or_else(Problem::no_such_token)
    }

    pub(crate) fn webhook_endpoint(&self) -> Result<WebhookEndpointId, Problem> {
        let id = self.webhook_endpoint.as_deref().and_then(|text| text.parse().ok());
        id.ok_or_else(Problem::no_such_webhook_endpoint)
    }
}

/// What a use case of a running instance refused. The instance was found before, so what is missing
/// is the running: it is about to start, or about to go.
pub(crate) fn unless_running(error: Error) -> Problem {
    match error.kind() {
        Kind::NotFound => Problem::new(Code::WrongState, "the instance does not run at the moment"),
        Kind::Invalid
        | Kind::Conflict
        | Kind::WrongState
        | Kind::Limited { .. }
        | Kind::Unreachable
        | Kind::Internal => error.into(),
    }
}
