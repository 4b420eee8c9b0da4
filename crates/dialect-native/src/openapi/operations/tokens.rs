//! Tokens.

use crate::openapi::operation::{Body, Content, Done, Operation};
use crate::problem::Code;
use crate::route::Verb;

const NO_ACCOUNT: (Code, &str) = (Code::NotFound, "There is no account of this name.");

pub(super) static OPERATIONS: &[Operation] = &[
    Operation {
        id: "token_issue",
        verb: Verb::Post,
        template: "/api/v1/tokens",
        summary: "Issue a token",
        description: "This answer is the only one that shows it.",
        body: Some(Body::needed("NewToken")),
        done: Done::created_at("The token.", &[Content::Json("IssuedToken")]),
        refused: &[NO_ACCOUNT],
    },
    Operation {
        id: "token_list",
        verb: Verb::Get,
        template: "/api/v1/tokens",
        summary: "List the tokens",
        description: "Revoked ones too.",
        body: None,
        done: Done::ok("The tokens, without their texts.", &[Content::Json("TokenList")]),
        refused: &[NO_ACCOUNT],
    },
    Operation {
        id: "token_get",
        verb: Verb::Get,
        template: "/api/v1/tokens/{token}",
        summary: "Look at a token",
        description: "",
        body: None,
        done: Done::ok("The token, without its text.", &[Content::Json("Token")]),
        refused: &[],
    },
    Operation {
        id: "token_revoke",
        verb: Verb::Delete,
        template: "/api/v1/tokens/{token}",
        summary: "Revoke a token",
        description: "It is worth nothing from then on. It may be the one that asks.",
        body: None,
        done: Done::NOTHING,
        refused: &[],
    },
];
