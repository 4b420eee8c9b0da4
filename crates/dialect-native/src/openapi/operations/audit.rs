//! The record of who did what.

use crate::openapi::operation::{Content, Done, Operation};
use crate::problem::Code;
use crate::route::Verb;

pub(super) static OPERATIONS: &[Operation] = &[Operation {
    id: "audit_list",
    verb: Verb::Get,
    template: "/api/v1/audit",
    summary: "Read what was done",
    description: "The newest first, page by page. Entries are kept for 90 days.",
    body: None,
    done: Done::ok("A page of entries.", &[Content::Json("ActPage")]),
    refused: &[(Code::NotFound, "There is no account of this name.")],
}];
