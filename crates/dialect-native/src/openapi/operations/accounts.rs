//! Accounts.

use crate::openapi::operation::{Body, Content, Done, Operation};
use crate::problem::Code;
use crate::route::Verb;

const ACCOUNT: &[Content] = &[Content::Json("Account")];

const TAKEN: (Code, &str) = (Code::Conflict, "An account has or had this name.");

pub(super) static OPERATIONS: &[Operation] = &[
    Operation {
        id: "account_open",
        verb: Verb::Post,
        template: "/api/v1/accounts",
        summary: "Open an account",
        description: "It has no instances and no tokens yet.",
        body: Some(Body::needed("AccountName")),
        done: Done::created_at("The account.", ACCOUNT),
        refused: &[TAKEN],
    },
    Operation {
        id: "account_list",
        verb: Verb::Get,
        template: "/api/v1/accounts",
        summary: "List the accounts",
        description: "",
        body: None,
        done: Done::ok("The accounts.", &[Content::Json("AccountList")]),
        refused: &[],
    },
    Operation {
        id: "account_get",
        verb: Verb::Get,
        template: "/api/v1/accounts/{account}",
        summary: "Look at an account",
        description: "",
        body: None,
        done: Done::ok("The account.", ACCOUNT),
        refused: &[],
    },
    Operation {
        id: "account_rename",
        verb: Verb::Patch,
        template: "/api/v1/accounts/{account}",
        summary: "Rename an account",
        description: "",
        body: Some(Body::needed("AccountName")),
        done: Done::ok("The account.", ACCOUNT),
        refused: &[TAKEN],
    },
    Operation {
        id: "account_close",
        verb: Verb::Delete,
        template: "/api/v1/accounts/{account}",
        summary: "Close an account",
        description: "Its tokens are worth nothing from then on.",
        body: None,
        done: Done::NOTHING,
        refused: &[(Code::WrongState, "The account has instances.")],
    },
];
