//! An act, as it is told.

use serde::Serialize;
use waygate_core::audit::{Act, Actor, Entry};

use super::time::rfc3339;

/// An act.
#[derive(Serialize)]
pub(crate) struct ActBody {
    number: u64,
    at: String,
    account_id: Option<String>,
    actor: &'static str,
    token_id: Option<String>,
    act: String,
    instance_id: Option<String>,
    address: Option<String>,
    status: Option<u16>,
    request_id: Option<String>,
}

impl ActBody {
    pub(crate) fn of(entry: &Entry) -> Self {
        let Entry { number, act } = entry;
        let Act { at, account, actor, name, instance, client, status, request } = act;
        let (actor, token_id) = match actor {
            Actor::Operator => ("operator", None),
            Actor::LinkTicket => ("link_ticket", None),
            Actor::Token(token) => ("token", Some(token.to_string())),
        };
        Self {
            number: *number,
            at: rfc3339(*at),
            account_id: account.map(|account| account.to_string()),
            actor,
            token_id,
            act: name.clone(),
            instance_id: instance.map(|instance| instance.to_string()),
            address: client.map(|client| client.to_canonical().to_string()),
            status: *status,
            request_id: request.clone(),
        }
    }
}
