//! The operations, in the order in which they are told.

mod accounts;
mod audit;
mod events;
mod instances;
mod link_tickets;
mod linking_attempts;
mod messages;
mod tokens;
mod webhook_endpoints;

use super::operation::Operation;

/// A heading, with a sentence on what stands below it.
pub(crate) struct Tag {
    pub(crate) name: &'static str,
    pub(crate) says: &'static str,
    pub(crate) operations: &'static [Operation],
}

pub(crate) static TAGS: &[Tag] = &[
    Tag {
        name: "Instances",
        says: "An instance is the place of one WhatsApp account.",
        operations: instances::OPERATIONS,
    },
    Tag {
        name: "Events",
        says: "Everything that happens to an instance is written down before anybody hears of it, \
               with a number: 1, 2, 3 and so on.",
        operations: events::OPERATIONS,
    },
    Tag {
        name: "Messages",
        says: "A message is accepted, waits in its instance's queue, and goes to WhatsApp in its turn.",
        operations: messages::OPERATIONS,
    },
    Tag {
        name: "Linking attempts",
        says: "An attempt is one effort to link an instance. It lives as long as somebody asks \
               about it: 90 seconds after the last question it ends. One that is `linked` or \
               `failed` can be asked about for ten minutes more.",
        operations: linking_attempts::OPERATIONS,
    },
    Tag {
        name: "Link tickets",
        says: "A ticket is an address at which a person links the instance in a browser, without \
               a token.",
        operations: link_tickets::OPERATIONS,
    },
    Tag {
        name: "Tokens",
        says: "A token opens one API of an account, as far as its scopes go.",
        operations: tokens::OPERATIONS,
    },
    Tag {
        name: "Webhook endpoints",
        says: "An endpoint is a receiver of events: each event is posted to it, signed as Standard \
               Webhooks says, until it answers with a 2xx or ten attempts are over.",
        operations: webhook_endpoints::OPERATIONS,
    },
    Tag {
        name: "Accounts",
        says: "An account is a tenant: it has instances and tokens of its own and sees no others.",
        operations: accounts::OPERATIONS,
    },
    Tag {
        name: "Audit",
        says: "Everything that changes something leaves an entry when whoever asks was let in: \
               also what was refused, with its status.",
        operations: audit::OPERATIONS,
    },
];

/// All of them.
pub(crate) fn all() -> impl Iterator<Item = &'static Operation> {
    TAGS.iter().flat_map(|tag| tag.operations)
}
