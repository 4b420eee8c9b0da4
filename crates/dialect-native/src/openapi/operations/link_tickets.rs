//! Link tickets.

use crate::openapi::operation::{Body, Content, Done, Operation};
use crate::problem::Code;
use crate::route::Verb;

pub(super) static OPERATIONS: &[Operation] = &[
    Operation {
        id: "link_ticket_issue",
        verb: Verb::Post,
        template: "/api/v1/instances/{instance}/link-tickets",
        summary: "Make an address at which a person links",
        description: "It can be opened once, and is good for a while in the browser that opened it. \
                      The page can have a name, a colour, a logo and a language of its own.",
        body: Some(Body::optional("NewLinkTicket")),
        done: Done::created("The ticket.", &[Content::Json("IssuedLinkTicket")]),
        refused: &[(Code::WrongState, "The instance does not run at the moment.")],
    },
    Operation {
        id: "link_ticket_list",
        verb: Verb::Get,
        template: "/api/v1/instances/{instance}/link-tickets",
        summary: "List the tickets of an instance",
        description: "And how far each has come. Nobody is told an address a second time.",
        body: None,
        done: Done::ok("The tickets, without their addresses.", &[Content::Json("LinkTicketList")]),
        refused: &[],
    },
    Operation {
        id: "link_ticket_revoke",
        verb: Verb::Delete,
        template: "/api/v1/instances/{instance}/link-tickets/{link_ticket}",
        summary: "Take a ticket back",
        description: "The page that it opened ends, and a code that it shows is worth nothing.",
        body: None,
        done: Done::NOTHING,
        refused: &[],
    },
];
