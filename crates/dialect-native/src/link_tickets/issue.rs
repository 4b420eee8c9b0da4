//! `POST /instances/{instance}/link-tickets`: an address at which a person can link the instance.

use std::time::Duration;

use axum::response::Response;
use serde::Serialize;
use waygate_core::error::Error;
use waygate_engine::link_tickets::{
    IssuedLinkTicket, NewLinkTicket, PASS_FOR, PASS_FOR_MAX, PASS_FOR_MIN, TICKET_FOR,
    TICKET_FOR_MAX, TICKET_FOR_MIN,
};

use super::terms;
use crate::call::{InstanceCall, unless_running};
use crate::fields::Fields;
use crate::idempotency::{Told, keeping};
use crate::problem::Problem;
use crate::wire::time::rfc3339;

#[derive(Serialize)]
struct Answer {
    id: String,
    path: String,
    expires_at: String,
}

pub(crate) async fn issue(mut call: InstanceCall) -> Result<Response, Problem> {
    let fields = &mut call.said.fields;
    let valid_for = seconds(fields, "expires_in", [TICKET_FOR_MIN, TICKET_FOR, TICKET_FOR_MAX])?;
    let session = seconds(fields, "session", [PASS_FOR_MIN, PASS_FOR, PASS_FOR_MAX])?;
    let new = NewLinkTicket { valid_for, session, terms: terms::read(fields)? };
    let keeping = keeping(call.said.once.as_ref(), told);
    let id = call.instance.id();
    let issued = call.gateway.issue_link_ticket_keeping(id, new, keeping).await;
    Ok(told(&issued.map_err(unless_running)?)?.into_response())
}

fn told(ticket: &IssuedLinkTicket) -> Result<Told, Error> {
    let path = format!("/link/{}", ticket.text.expose());
    let (id, expires_at) = (ticket.id.to_string(), rfc3339(ticket.expires_at));
    // The address is for somebody else to open, so it is no `Location`.
    Told::created(None, &Answer { id, path, expires_at })
}

/// A time in seconds; `bounds` are its least, what it is where nothing is said, and its most.
fn seconds(fields: &mut Fields, name: &str, bounds: [Duration; 3]) -> Result<Duration, Problem> {
    let [least, usual, most] = bounds;
    let said = fields.number(name, least.as_secs()..=most.as_secs())?;
    Ok(said.map_or(usual, Duration::from_secs))
}
