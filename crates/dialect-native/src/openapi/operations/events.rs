//! Events.

use crate::files;
use crate::openapi::operation::{Content, Done, Operation};
use crate::openapi::refusals::meaning;
use crate::problem::Code;
use crate::route::Verb;

/// A file in each of the types that one is told in.
const FILES: [Content; files::TYPES.len()] = {
    let mut forms = [Content::File(files::BYTES); files::TYPES.len()];
    let mut place = 0;
    while place < forms.len() {
        forms[place] = Content::File(files::TYPES[place]);
        place += 1;
    }
    forms
};

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
    Operation {
        id: "event_socket",
        verb: Verb::Get,
        template: "/api/v1/instances/{instance}/events/ws",
        summary: "Hear what happens over a websocket",
        description: "Each frame is a text with one object. Most are an Event, whose `sequence` is the \
                      cursor behind it. The first one, and others between, have the `kind` `cursor` \
                      and say in `cursor` where to go on; one of the `kind` `missed` says in `count` \
                      how many events are not kept any more. Whoever comes again with the last of \
                      these as `cursor` misses nothing and hears nothing twice; without one it begins \
                      with what happens next. What a client sends is not read. \
                      The session is closed with 1008 when the token is revoked, 4404 when the \
                      instance is removed, 1001 when Waygate stops, and 1013 when it cannot read \
                      events for now.",
        body: None,
        done: Done::switched("The websocket is open."),
        refused: &[(Code::UpgradeRequired, meaning(Code::UpgradeRequired))],
    },
    Operation {
        id: "event_media_get",
        verb: Verb::Get,
        template: "/api/v1/instances/{instance}/events/{event}/media",
        summary: "Fetch the file of a message",
        description: "The file of the message that the event tells of, fetched from WhatsApp and \
                      opened, while the instance is online; nothing of it is kept here. WhatsApp \
                      keeps files for some weeks. Types that a browser would show as a page or run \
                      are told as `application/octet-stream`.",
        body: None,
        done: Done::ok("The file.", &FILES),
        refused: &[
            (Code::WrongState, "The instance is not online."),
            (Code::Unreachable, "No host of WhatsApp\u{2019}s gives the file at the moment."),
        ],
    },
];
