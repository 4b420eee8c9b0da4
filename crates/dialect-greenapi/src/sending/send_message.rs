//! `sendMessage`: accepts a text, which is sent in its turn.

use axum::response::Response;
use serde::Serialize;
use serde_json::{Map, Value};
use waygate_core::instance::state::StateName;
use waygate_core::message::MessageId;
use waygate_core::message::address::Address;
use waygate_core::message::content::Text;
use waygate_core::message::outgoing::OutgoingContent;
use waygate_core::phone::PhoneNumber;
use waygate_engine::outbox::{NewMessage, NewQuote};

use crate::answer;
use crate::call::AccountCall;
use crate::refusal::Refusal;
use crate::wire::{chat_id, json};

/// The most characters of a text, as JavaScript counts them.
const MESSAGE_LENGTH_MAX: usize = 20_000;

/// The longest id of a message: WhatsApp's own are much shorter.
const ID_LENGTH_MAX: usize = 128;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    id_message: String,
}

pub(crate) async fn send_message(call: AccountCall) -> Result<Response, Refusal> {
    let new = read(&json::object(&call.said.body)?)?;
    let state = call.gateway().watch_instance(call.instance.id)?.borrow().state().name();
    if matches!(state, StateName::Suspended | StateName::Banned) {
        return Err(Refusal::SUSPENDED);
    }
    let record = call.gateway().send_message(call.instance.id, new).await?;
    answer::json(&Answer { id_message: record.id.to_string() })
}

/// What is not named here changes nothing, whatever it is: clients of all years send more.
fn read(sent: &Map<String, Value>) -> Result<NewMessage, Refusal> {
    let chat = chat(sent)?;
    let message = needed("message", sent.get("message"))?;
    if message.encode_utf16().count() > MESSAGE_LENGTH_MAX {
        return Err(Refusal::invalid(
            "'message' length must be less than or equal to 20000 characters long",
        ));
    }
    let content = OutgoingContent::Text(Text::plain(message));
    Ok(NewMessage { chat, content, quoted: quoted(sent.get("quotedMessageId"))? })
}

/// The chat, or the number of a person as clients of 2021 send it.
fn chat(sent: &Map<String, Value>) -> Result<Address, Refusal> {
    let said = |key: &str| sent.get(key).filter(|value| !value.is_null());
    let (None, Some(number)) = (said("chatId"), said("phoneNumber")) else {
        return chat_id::read("chatId", sent.get("chatId"));
    };
    let digits = match number {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => String::new(),
    };
    let phone = digits.parse::<PhoneNumber>();
    let phone =
        phone.map_err(|_invalid| Refusal::invalid("'phoneNumber': invalid phone number"))?;
    Ok(Address::from(&phone))
}

/// A text that must be there.
fn needed<'a>(key: &str, value: Option<&'a Value>) -> Result<&'a str, Refusal> {
    let rule = match value {
        None | Some(Value::Null) => "is required",
        Some(Value::String(text)) if text.is_empty() => "is not allowed to be empty",
        Some(Value::String(text)) => return Ok(text),
        Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            "must be a string"
        }
    };
    Err(Refusal::invalid(format_args!("'{key}' {rule}")))
}

fn quoted(value: Option<&Value>) -> Result<Option<NewQuote>, Refusal> {
    let id = match value {
        None | Some(Value::Null) => return Ok(None),
        // So do clients say that there is none.
        Some(Value::String(text)) if text.trim().is_empty() => return Ok(None),
        Some(Value::String(text)) => text.trim(),
        Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            return Err(Refusal::invalid("'quotedMessageId' must be a string"));
        }
    };
    if id.len() > ID_LENGTH_MAX || !id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Refusal::invalid("'quotedMessageId' contains an invalid value"));
    }
    Ok(Some(NewQuote { id: MessageId(id.into()), sender: None }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(sent: &Value) -> String {
        match read(sent.as_object().unwrap()) {
            Ok(new) => {
                let quoted = new.quoted.map(|quote| quote.id.to_string());
                let OutgoingContent::Text(text) = new.content;
                format!("{} {} {quoted:?}", new.chat.to_wire(), text.body)
            }
            Err(Refusal::Told { message, .. }) => {
                message.strip_prefix("Validation failed. Details: ").unwrap().to_owned()
            }
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_a_client_sends_is_read_or_refused_in_the_words_of_the_vendors_validation() {
        let chat = "15550002222@c.us";
        let too_long = "'message' length must be less than or equal to 20000 characters long";
        for (sent, expected) in [
            (json!({"chatId": chat, "message": "hi"}), "15550002222@s.whatsapp.net hi None"),
            (
                json!({"chatId": chat, "message": "hi", "quotedMessageId": "3EB0", "linkPreview": true,
                       "archiveChat": false, "typingTime": 1000, "more": [1]}),
                r#"15550002222@s.whatsapp.net hi Some("3EB0")"#,
            ),
            (
                json!({"chatId": chat, "message": " ", "quotedMessageId": ""}),
                "15550002222@s.whatsapp.net   None",
            ),
            (
                json!({"phoneNumber": 15_550_002_222_u64, "message": "hi"}),
                "15550002222@s.whatsapp.net hi None",
            ),
            (
                json!({"chatId": chat, "phoneNumber": 1, "message": "hi"}),
                "15550002222@s.whatsapp.net hi None",
            ),
            (json!({"phoneNumber": [1], "message": "hi"}), "'phoneNumber': invalid phone number"),
            (json!({"chatId": chat}), "'message' is required"),
            (json!({"chatId": chat, "message": null}), "'message' is required"),
            (json!({"chatId": chat, "message": ""}), "'message' is not allowed to be empty"),
            (json!({"chatId": chat, "message": 5}), "'message' must be a string"),
            (json!({"chatId": chat, "message": "\u{1f600}".repeat(10_001)}), too_long),
            (json!({"message": "hi"}), "'chatId' is required"),
            (
                json!({"chatId": chat, "message": "hi", "quotedMessageId": 5}),
                "'quotedMessageId' must be a string",
            ),
            (
                json!({"chatId": chat, "message": "hi", "quotedMessageId": "a b"}),
                "'quotedMessageId' contains an invalid value",
            ),
        ] {
            assert_eq!(said(&sent), expected, "{sent}");
        }
        let longest = json!({"chatId": chat, "message": "\u{1f600}".repeat(10_000)});
        assert_ne!(said(&longest), too_long);
    }
}
