//! The routes about a phone's messages.

use std::collections::BTreeMap;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, State},
    http::StatusCode,
    routing::{get, post},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};

use super::{
    asked::{Body, Expected, Number},
    problem::Problem,
    routes::find,
};
use crate::{ChatState, InboxMessage, Sim};

/// The longest request body with a message in it.
const MESSAGE_BYTES_MAX: usize = 256 * 1024;

/// The routes below a phone.
pub(super) fn router() -> Router<Sim> {
    Router::new()
        .route("/phones/{number}/send", post(send).layer(DefaultBodyLimit::max(MESSAGE_BYTES_MAX)))
        .route("/phones/{number}/inbox", get(inbox))
        .route("/phones/{number}/read", post(read))
        .route("/phones/{number}/typing", post(typing))
        .route("/phones/{number}/presence", post(presence))
}

/// Has no `Debug`: what people write is nobody's business.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Send {
    to: String,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    message: Option<String>,
}

impl Expected for Send {
    const FORM: &'static str =
        r#"{"to": "15550002222", "text": "..."} or {"to": "...", "message": "<base64>"}"#;
}

#[derive(Debug, Serialize)]
struct Sent {
    id: String,
}

async fn send(
    State(sim): State<Sim>,
    Number(number): Number,
    body: Body,
) -> Result<Json<Sent>, Problem> {
    let phone = find(&sim, &number)?;
    let wanted: Send = body.read()?;
    let id = match (wanted.text, wanted.message) {
        (Some(text), None) => phone.send_text(&wanted.to, &text)?,
        (None, Some(message)) => {
            let message = BASE64_STANDARD.decode(message).map_err(|_not_base64| {
                let message = "the message is not base64";
                Problem::new(StatusCode::BAD_REQUEST, "not_a_message", message)
            })?;
            phone.send(&wanted.to, &message)?
        }
        (Some(_), Some(_)) | (None, None) => {
            let message = "the body must have either text or message";
            return Err(Problem::new(StatusCode::BAD_REQUEST, "text_or_message", message));
        }
    };
    Ok(Json(Sent { id }))
}

#[derive(Debug, Serialize)]
struct Inbox {
    messages: Vec<InboxMessage>,
    typing: BTreeMap<String, ChatState>,
}

async fn inbox(State(sim): State<Sim>, Number(number): Number) -> Result<Json<Inbox>, Problem> {
    let phone = find(&sim, &number)?;
    Ok(Json(Inbox { messages: phone.inbox(), typing: phone.chat_states() }))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    id: String,
}

impl Expected for Read {
    const FORM: &'static str = r#"{"id": "3EB0..."}"#;
}

async fn read(
    State(sim): State<Sim>,
    Number(number): Number,
    body: Body,
) -> Result<StatusCode, Problem> {
    let phone = find(&sim, &number)?;
    let wanted: Read = body.read()?;
    phone.mark_read(&wanted.id)?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Typing {
    to: String,
    state: ChatState,
}

impl Expected for Typing {
    const FORM: &'static str =
        r#"{"to": "15550002222", "state": "composing" | "recording" | "paused"}"#;
}

async fn typing(
    State(sim): State<Sim>,
    Number(number): Number,
    body: Body,
) -> Result<StatusCode, Problem> {
    let phone = find(&sim, &number)?;
    let wanted: Typing = body.read()?;
    phone.show_chat_state(&wanted.to, wanted.state)?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Presence {
    available: bool,
}

impl Expected for Presence {
    const FORM: &'static str = r#"{"available": true}"#;
}

async fn presence(
    State(sim): State<Sim>,
    Number(number): Number,
    body: Body,
) -> Result<StatusCode, Problem> {
    let phone = find(&sim, &number)?;
    let wanted: Presence = body.read()?;
    phone.set_available(wanted.available);
    Ok(StatusCode::NO_CONTENT)
}
