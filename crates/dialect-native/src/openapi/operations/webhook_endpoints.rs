//! Webhook endpoints.

use crate::openapi::operation::{Body, Content, Done, Operation};
use crate::problem::Code;
use crate::route::Verb;

const NO_ACCOUNT: (Code, &str) = (Code::NotFound, "There is no account of this name.");

pub(super) static OPERATIONS: &[Operation] = &[
    Operation {
        id: "webhook_endpoint_add",
        verb: Verb::Post,
        template: "/api/v1/webhook-endpoints",
        summary: "Add a webhook endpoint",
        description: "It hears of what happens from then on. This answer shows its secret, which no \
                      other one does but that of a rotation.",
        body: Some(Body::needed("NewWebhookEndpoint")),
        done: Done::created_at(
            "The endpoint, with its secret.",
            &[Content::Json("WebhookEndpointWithSecret")],
        ),
        refused: &[NO_ACCOUNT, (Code::WrongState, "The account has 16 endpoints already.")],
    },
    Operation {
        id: "webhook_endpoint_list",
        verb: Verb::Get,
        template: "/api/v1/webhook-endpoints",
        summary: "List the webhook endpoints",
        description: "",
        body: None,
        done: Done::ok(
            "The endpoints, without their secrets.",
            &[Content::Json("WebhookEndpointList")],
        ),
        refused: &[NO_ACCOUNT],
    },
    Operation {
        id: "webhook_endpoint_get",
        verb: Verb::Get,
        template: "/api/v1/webhook-endpoints/{webhook_endpoint}",
        summary: "Look at a webhook endpoint",
        description: "",
        body: None,
        done: Done::ok("The endpoint, without its secret.", &[Content::Json("WebhookEndpoint")]),
        refused: &[],
    },
    Operation {
        id: "webhook_endpoint_change",
        verb: Verb::Patch,
        template: "/api/v1/webhook-endpoints/{webhook_endpoint}",
        summary: "Change a webhook endpoint",
        description: "What is named is changed, and all else stays. One that is enabled again is sent \
                      what waited.",
        body: Some(Body::optional("WebhookEndpointEdit")),
        done: Done::ok("The endpoint as it is now.", &[Content::Json("WebhookEndpoint")]),
        refused: &[],
    },
    Operation {
        id: "webhook_endpoint_remove",
        verb: Verb::Delete,
        template: "/api/v1/webhook-endpoints/{webhook_endpoint}",
        summary: "Remove a webhook endpoint",
        description: "With all that was on its way to it.",
        body: None,
        done: Done::NOTHING,
        refused: &[],
    },
    Operation {
        id: "webhook_endpoint_rotate_secret",
        verb: Verb::Post,
        template: "/api/v1/webhook-endpoints/{webhook_endpoint}/rotate-secret",
        summary: "Give a webhook endpoint another secret",
        description: "The one before signs beside it for 24 hours: each request has two signatures \
                      then.",
        body: Some(Body::optional("Nothing")),
        done: Done::ok(
            "The endpoint, with its new secret.",
            &[Content::Json("WebhookEndpointWithSecret")],
        ),
        refused: &[],
    },
    Operation {
        id: "webhook_delivery_list",
        verb: Verb::Get,
        template: "/api/v1/webhook-endpoints/{webhook_endpoint}/deliveries",
        summary: "Read what was sent to a webhook endpoint",
        description: "And what is to be, with every attempt and the beginning of its answer; the \
                      newest first. What arrived or was given up is told for seven days.",
        body: None,
        done: Done::ok("A page of deliveries.", &[Content::Json("WebhookDeliveryPage")]),
        refused: &[],
    },
    Operation {
        id: "webhook_delivery_replay",
        verb: Verb::Post,
        template: "/api/v1/webhook-endpoints/{webhook_endpoint}/replay",
        summary: "Send dead letters again",
        description: "Those that are named, those of a time, or all of them; with the same \
                      `webhook-id` and the same body, and with ten attempts each.",
        body: Some(Body::optional("WebhookReplay")),
        done: Done::ok("How many there are.", &[Content::Json("WebhookReplayed")]),
        refused: &[],
    },
];
