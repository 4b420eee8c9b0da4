//! Events.

use crate::openapi::operation::{Content, Done, Operation};
use crate::route::Verb;

pub(super) static OPERATIONS: &[Operation] = &[
    Operation {
        id: "event_list",
        verb: Verb::Get,
        template: "/api/v1/instances/{instance}/events",
        summary: "Read what happened, or wait for what happens",
        description: "The oldest event first. With `wait` it answers when there is an event behind \
                      the `cursor`. `next_cursor` is always there: whoever asks with it again \
                      misses nothing and reads nothing twice.",
        body: None,
        done: Done::ok("A page of events.", &[Content::Json("EventPage")]),
        refused: &[],
    },
    Operation {
        id: "event_stream",
        verb: Verb::Get,
        template: "/api/v1/instances/{instance}/events/stream",
        summary: "Hear what happens as it happens",
        description: "Server-sent events. Each has as `id` the cursor behind it and as `data` an \
                      Event. Whoever comes again with that `id` in `Last-Event-ID`, or as `cursor`, \
                      misses nothing and hears nothing twice; without one it begins with what \
                      happens next. An event called `missed` says in `count` how many are not kept \
                      any more. The stream says something every 15 seconds, and ends when the token \
                      is revoked, the instance removed or Waygate stopped.",
        body: None,
        done: Done::ok("The stream.", &[Content::Events]),
        refused: &[],
    },
];
