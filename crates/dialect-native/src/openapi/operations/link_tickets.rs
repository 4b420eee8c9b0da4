//! Link tickets.

use crate::openapi::operation::{Body, Content, Done, Operation};
use crate::problem::Code;
use crate::route::Verb;

pub(super) static OPERATIONS: &[Operation] = &[Operation {
    id: "link_ticket_issue",
    verb: Verb::Post,
    template: "/api/v1/instances/{instance}/link-tickets",
    summary: "Make an address at which a person links",
    description: "It can be opened once, within ten minutes, and is good for an hour in the \
                  browser that opened it.",
    body: Some(Body::optional("Nothing")),
    done: Done::created("The ticket.", &[Content::Json("LinkTicket")]),
    refused: &[(Code::WrongState, "The instance does not run at the moment.")],
}];
