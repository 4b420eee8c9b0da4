//! `showMessagesQueue`: the messages that wait, as they were asked for.

use axum::response::Response;
use serde::Serialize;
use waygate_core::message::outgoing::{Outgoing, OutgoingContent};

use crate::answer;
use crate::call::AccountCall;
use crate::refusal::Refusal;
use crate::wire::chat_id;

/// The most that are shown: the vendor names no limit, and a text may have 20000 characters.
const SHOWN_MAX: u32 = 1000;

#[derive(Serialize)]
struct Queued {
    #[serde(rename = "messageID")]
    message_id: String,
    r#type: &'static str,
    body: Body,
}

/// What was sent to `sendMessage`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    chat_id: String,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    quoted_message_id: Option<String>,
}

pub(crate) async fn show_messages_queue(call: AccountCall) -> Result<Response, Refusal> {
    let queued = call.gateway().queued_messages(call.instance.id, SHOWN_MAX).await?;
    let shown: Vec<Queued> = queued.into_iter().map(|queued| Queued::of(queued.message)).collect();
    answer::json(&shown)
}

impl Queued {
    fn of(message: Outgoing) -> Self {
        let Outgoing { id, chat, content, quoted } = message;
        let OutgoingContent::Text(text) = content;
        let body = Body {
            chat_id: chat_id::chat_id(&chat),
            message: text.body.into(),
            quoted_message_id: quoted.map(|quoted| quoted.id.to_string()),
        };
        Self { message_id: id.to_string(), r#type: "sendMessage", body }
    }
}
