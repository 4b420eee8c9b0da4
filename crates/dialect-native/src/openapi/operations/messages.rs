//! Messages that are sent.

use crate::openapi::operation::{Body, Content, Done, Operation};
use crate::problem::Code;
use crate::route::Verb;

pub(super) static OPERATIONS: &[Operation] = &[
    Operation {
        id: "message_send",
        verb: Verb::Post,
        template: "/api/v1/instances/{instance}/messages",
        summary: "Send a message",
        description: "The message is written down with its `id` before this answers, and sent when \
                      those before it were and the instance is online, with the instance's pause \
                      between two. What becomes of it is told by events. One that waits for 24 hours \
                      is given up. It goes with the account that was linked when it was accepted, or, \
                      where there was none, with the first one that is linked. At most 10000 wait: \
                      then the answer is 429.",
        body: Some(Body::needed("NewMessage")),
        done: Done::accepted("The message waits.", &[Content::Json("SentMessage")]),
        refused: &[(Code::WrongState, "The instance does not run at the moment.")],
    },
    Operation {
        id: "message_queue_get",
        verb: Verb::Get,
        template: "/api/v1/instances/{instance}/messages/queue",
        summary: "List the messages that wait",
        description: "In the order in which they will be sent.",
        body: None,
        done: Done::ok("The messages.", &[Content::Json("MessageQueue")]),
        refused: &[],
    },
    Operation {
        id: "message_queue_clear",
        verb: Verb::Delete,
        template: "/api/v1/instances/{instance}/messages/queue",
        summary: "Give up the messages that wait",
        description: "Each of them fails with `cleared`. One that is on its way to WhatsApp stays.",
        body: None,
        done: Done::ok("They are given up.", &[Content::Json("ClearedQueue")]),
        refused: &[],
    },
    Operation {
        id: "message_get",
        verb: Verb::Get,
        template: "/api/v1/instances/{instance}/messages/{message}",
        summary: "See what became of a message",
        description: "It is known for 90 days after its last step.",
        body: None,
        done: Done::ok("Where it stands.", &[Content::Json("SentMessage")]),
        refused: &[],
    },
];
