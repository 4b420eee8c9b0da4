//! `GET /instances/{instance}/link-tickets`: the tickets of an instance, newest first, and how far each
//! has come. Nobody is told an address a second time.

use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;
use waygate_core::event::{Event, EventKind};
use waygate_core::link_ticket::{LinkTicket, LinkTicketStep, TicketEnd};

use crate::answer;
use crate::call::InstanceCall;
use crate::problem::Problem;
use crate::wire::time::rfc3339;

/// Steps that are looked through, of all tickets of an instance together.
const STEPS_MAX: u32 = 1000;

#[derive(Serialize)]
struct Answer {
    data: Vec<TicketBody>,
}

#[derive(Serialize)]
struct TicketBody {
    id: String,
    status: &'static str,
    issued_at: String,
    expires_at: String,
    opened_at: Option<String>,
    ended_at: Option<String>,
    /// Oldest first.
    steps: Vec<StepBody>,
}

#[derive(Serialize)]
struct StepBody {
    step: LinkTicketStep,
    at: String,
}

pub(crate) async fn list(call: InstanceCall) -> Result<Response, Problem> {
    let (gateway, instance) = (&call.gateway, call.instance.id());
    let tickets = gateway.list_link_tickets(instance).await?;
    let history = gateway.link_ticket_history(instance, STEPS_MAX).await?;
    let now = gateway.now();
    let newest_first = tickets.iter().rev();
    let data = newest_first.map(|ticket| TicketBody::of(ticket, &history, now)).collect();
    answer::json(&Answer { data })
}

impl TicketBody {
    fn of(ticket: &LinkTicket, history: &[Event], now: Timestamp) -> Self {
        let steps = history.iter().rev().filter_map(|event| match &event.kind {
            EventKind::LinkTicket(it) if it.ticket == ticket.id => {
                Some(StepBody { step: it.step, at: rfc3339(event.at) })
            }
            EventKind::LinkTicket(_)
            | EventKind::StateChanged(_)
            | EventKind::Linking(_)
            | EventKind::QrRotated(_)
            | EventKind::NotificationsDropped { .. }
            | EventKind::DeliveriesGivenUp { .. }
            | EventKind::WebhookDisabled(_) => None,
        });
        Self {
            id: ticket.id.to_string(),
            status: status(ticket, now),
            issued_at: rfc3339(ticket.issued_at),
            expires_at: rfc3339(ticket.expires_at),
            opened_at: ticket.opened.map(|opening| rfc3339(opening.at)),
            ended_at: ticket.ended.map(|ending| rfc3339(ending.at)),
            steps: steps.collect(),
        }
    }
}

fn status(ticket: &LinkTicket, now: Timestamp) -> &'static str {
    match ticket.ended.map(|ending| ending.why) {
        Some(TicketEnd::Revoked) => "revoked",
        Some(TicketEnd::Expired) => "expired",
        None if ticket.expires_at <= now => "expired",
        None if ticket.opened.is_some() => "opened",
        None => "issued",
    }
}
