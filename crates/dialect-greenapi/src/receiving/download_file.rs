//! `downloadFile`: where the file of a message can be fetched.

use axum::response::Response;
use serde::Serialize;
use serde_json::{Map, Value};
use waygate_core::error::{Error, Kind};
use waygate_core::event::Event;
use waygate_core::message::MessageId;
use waygate_core::message::media::MediaPart;
use waygate_engine::telling::FileAddress;

use super::notification::download_url;
use crate::answer;
use crate::call::AccountCall;
use crate::refusal::Refusal;
use crate::wire::chat_id;
use crate::wire::json;

const CHAT_ID: &str = "chatId";
const ID_MESSAGE: &str = "idMessage";

/// The vendor's words, as it spells them.
const NO_SUCH_MESSAGE: &str = "ID message notfound";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    download_url: &'a str,
}

pub(crate) async fn download_file(call: AccountCall) -> Result<Response, Refusal> {
    let sent = json::object(&call.said.body)?;
    let chat = chat_id::parsed(text(&sent, CHAT_ID)?).ok_or_else(|| {
        Refusal::invalid(format_args!(
            "'{CHAT_ID}' must be one of the next formats: 'phone_number@c.us', 'chat_id@lid' or \
             'group_id@g.us'"
        ))
    })?;
    let id = MessageId(text(&sent, ID_MESSAGE)?.into());
    let (gateway, instance) = (call.gateway(), call.instance.id);
    let found = gateway.find_message(instance, &chat, &id).await?;
    let found = found.filter(has_file).ok_or_else(|| Refusal::bad_request(NO_SUCH_MESSAGE))?;
    let address = gateway.file_address(instance, &found, MediaPart::Own);
    if address == FileAddress::Unknown {
        let unsaid = Error::new(Kind::Internal, "nobody has said where this gateway is reached");
        return Err(unsaid.into());
    }
    answer::json(&Answer { download_url: download_url(&address) })
}

/// Whether there is a file in it of which it is known where it is.
fn has_file(event: &Event) -> bool {
    let found = event.kind.message().and_then(|message| message.media(MediaPart::Own));
    found.is_some_and(|(_, media)| media.file.is_some())
}

fn text<'a>(sent: &'a Map<String, Value>, key: &str) -> Result<&'a str, Refusal> {
    match sent.get(key) {
        None | Some(Value::Null) => Err(Refusal::invalid(format_args!("'{key}' is required"))),
        Some(Value::String(text)) if text.is_empty() => {
            Err(Refusal::invalid(format_args!("'{key}' is not allowed to be empty")))
        }
        Some(Value::String(text)) => Ok(text),
        Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            Err(Refusal::invalid(format_args!("'{key}' must be a string")))
        }
    }
}
