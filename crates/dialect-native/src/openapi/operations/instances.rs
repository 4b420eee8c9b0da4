//! Instances.

use crate::openapi::operation::{Body, Content, Done, Operation};
use crate::problem::Code;
use crate::route::Verb;

const INSTANCE: &[Content] = &[Content::Json("Instance")];

const SETTINGS: &[Content] = &[Content::Json("Settings")];

const NOT_RUNNING: (Code, &str) =
    (Code::WrongState, "The instance does not run at the moment: it is about to start, or to go.");

const UNREACHABLE: (Code, &str) = (Code::Unreachable, "WhatsApp did not answer.");

const NO_ACCOUNT: (Code, &str) = (Code::NotFound, "There is no account of this name.");

/// What tells a running instance to do something.
const fn order(
    id: &'static str,
    template: &'static str,
    summary: &'static str,
    description: &'static str,
    done: Done,
) -> Operation {
    Operation {
        id,
        verb: Verb::Post,
        template,
        summary,
        description,
        body: Some(Body::optional("Nothing")),
        done,
        refused: &[NOT_RUNNING, UNREACHABLE],
    }
}

pub(super) static OPERATIONS: &[Operation] = &[
    Operation {
        id: "instance_create",
        verb: Verb::Post,
        template: "/api/v1/instances",
        summary: "Make an instance",
        description: "It waits for somebody who links it. One that was elsewhere keeps its id and \
                      its token with `green_id` and `green_token`.",
        body: Some(Body::optional("NewInstance")),
        done: Done::created_at("The instance.", INSTANCE),
        refused: &[
            (Code::Conflict, "An instance with this number or this token exists, or existed."),
            NO_ACCOUNT,
        ],
    },
    Operation {
        id: "instance_list",
        verb: Verb::Get,
        template: "/api/v1/instances",
        summary: "List the instances",
        description: "In the order of their creation, page by page.",
        body: None,
        done: Done::ok("A page of them.", &[Content::Json("InstancePage")]),
        refused: &[NO_ACCOUNT],
    },
    Operation {
        id: "instance_get",
        verb: Verb::Get,
        template: "/api/v1/instances/{instance}",
        summary: "Look at an instance",
        description: "",
        body: None,
        done: Done::ok("The instance.", INSTANCE),
        refused: &[],
    },
    Operation {
        id: "instance_change",
        verb: Verb::Patch,
        template: "/api/v1/instances/{instance}",
        summary: "Change what is said of an instance",
        description: "",
        body: Some(Body::optional("InstanceEdit")),
        done: Done::ok("The instance.", INSTANCE),
        refused: &[],
    },
    Operation {
        id: "instance_remove",
        verb: Verb::Delete,
        template: "/api/v1/instances/{instance}",
        summary: "Remove an instance",
        description: "The account is unlinked, as by a logout, and the keys are destroyed.",
        body: None,
        done: Done::NOTHING,
        refused: &[UNREACHABLE],
    },
    order(
        "instance_logout",
        "/api/v1/instances/{instance}/logout",
        "Unlink the account",
        "The account is unlinked when this answers.",
        Done::ok("The instance, unlinked.", &[Content::Json("LoggedOutInstance")]),
    ),
    order(
        "instance_restart",
        "/api/v1/instances/{instance}/restart",
        "Connect anew",
        "The connection is closed and made anew. An instance that is stopped, unlinked or banned \
         stays as it is.",
        Done::ok("The instance.", INSTANCE),
    ),
    order(
        "instance_start",
        "/api/v1/instances/{instance}/start",
        "Start an instance that rests",
        "",
        Done::ok("The instance.", INSTANCE),
    ),
    order(
        "instance_stop",
        "/api/v1/instances/{instance}/stop",
        "Let an instance rest",
        "It rests until it is started, and stays linked.",
        Done::ok("The instance.", INSTANCE),
    ),
    Operation {
        id: "state_history_get",
        verb: Verb::Get,
        template: "/api/v1/instances/{instance}/state-history",
        summary: "Read what an instance went through",
        description: "The newest change first, page by page.",
        body: None,
        done: Done::ok("A page of changes.", &[Content::Json("StateHistory")]),
        refused: &[],
    },
    Operation {
        id: "notification_queue_get",
        verb: Verb::Get,
        template: "/api/v1/instances/{instance}/notification-queue",
        summary: "Look at what waits to be fetched or pushed",
        description: "Whether what is pushed to `webhook_url` arrives, and what was dropped within \
                      the last week without having reached anybody, page by page.",
        body: None,
        done: Done::ok("The queue.", &[Content::Json("NotificationQueue")]),
        refused: &[],
    },
    Operation {
        id: "settings_get",
        verb: Verb::Get,
        template: "/api/v1/instances/{instance}/settings",
        summary: "Read the settings",
        description: "",
        body: None,
        done: Done::ok("The settings.", SETTINGS),
        refused: &[],
    },
    Operation {
        id: "settings_change",
        verb: Verb::Patch,
        template: "/api/v1/instances/{instance}/settings",
        summary: "Change the settings",
        description: "They act at once. Messages are not sent yet, so nothing acts on those about \
                      messages so far.",
        body: Some(Body::optional("SettingsEdit")),
        done: Done::ok("The settings.", SETTINGS),
        refused: &[],
    },
];
