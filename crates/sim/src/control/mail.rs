//! The routes about a phone's messages.

use std::collections::BTreeMap;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, State},
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    asked::{Body, Expected, Number, NumberAndId},
    problem::Problem,
    routes::find,
};
use crate::{ChatState, InboxMessage, MediaKind, MediaToSend, Sim};

/// The longest request body with a message in it: a file of about 12 MiB in base64.
const MESSAGE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The routes below a phone.
pub(super) fn router() -> Router<Sim> {
    Router::new()
        .route("/phones/{number}/send", post(send).layer(DefaultBodyLimit::max(MESSAGE_BYTES_MAX)))
        .route("/phones/{number}/inbox", get(inbox))
        .route("/phones/{number}/inbox/{id}/media", get(media))
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
    /// As protobuf in base64, or as protobuf JSON.
    #[serde(default)]
    message: Option<Value>,
    #[serde(default)]
    media: Option<Media>,
}

/// Has no `Debug` either.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Media {
    kind: MediaKind,
    /// In base64.
    file: String,
    #[serde(default)]
    mimetype: Option<String>,
    #[serde(default)]
    caption: Option<String>,
    #[serde(default)]
    file_name: Option<String>,
}

impl Expected for Send {
    const FORM: &'static str = r#"{"to": "15550002222", "text": "..."}, {"to": "...", "message": "<base64>" or {...}} or {"to": "...", "media": {"kind": "image" | "video" | "audio" | "document" | "sticker", "file": "<base64>", ...}}"#;
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
    let to = wanted.to.as_str();
    let id = match (wanted.text, wanted.message, wanted.media) {
        (Some(text), None, None) => phone.send_text(to, &text)?,
        (None, Some(Value::String(message)), None) => {
            phone.send(to, &decode(&message, "not_a_message")?)?
        }
        (None, Some(message), None) => phone.send_json(to, &message.to_string())?,
        (None, None, Some(media)) => phone.send_media(to, &media.read()?)?,
        _ => {
            let message = "the body must have one of text, message and media";
            return Err(Problem::new(StatusCode::BAD_REQUEST, "text_message_or_media", message));
        }
    };
    Ok(Json(Sent { id }))
}

impl Media {
    fn read(self) -> Result<MediaToSend, Problem> {
        let Self { kind, file, mimetype, caption, file_name } = self;
        Ok(MediaToSend {
            kind,
            file: decode(&file, "not_base64")?.into(),
            mimetype,
            caption,
            file_name,
        })
    }
}

fn decode(text: &str, code: &'static str) -> Result<Vec<u8>, Problem> {
    BASE64_STANDARD.decode(text).map_err(|_not_base64| {
        let message = "the message or the file is not base64";
        Problem::new(StatusCode::BAD_REQUEST, code, message)
    })
}

/// The bytes of a file, as nothing that a browser would show: they are somebody else's.
async fn media(
    State(sim): State<Sim>,
    NumberAndId { number, id }: NumberAndId,
) -> Result<Response, Problem> {
    let file = find(&sim, &number)?.media(&id)?;
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Ok((headers, file).into_response())
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
