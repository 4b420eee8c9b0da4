//! Chats as this vendor writes them: `15550002222@c.us`, `98765432101234@lid`,
//! `120363000000000000@g.us`.

use serde_json::Value;
use waygate_core::message::address::{Address, AddressKind};

use crate::refusal::Refusal;

/// The chat in a request that sends something to it.
pub(crate) fn read(key: &str, value: Option<&Value>) -> Result<Address, Refusal> {
    let refused = |rule: &str| Refusal::invalid(format_args!("'{key}' {rule}"));
    let text = match value {
        None | Some(Value::Null) => return Err(refused("is required")),
        Some(Value::String(text)) if text.trim().is_empty() => {
            return Err(refused("is not allowed to be empty"));
        }
        Some(Value::String(text)) => text.trim(),
        Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            return Err(refused("must be a string"));
        }
    };
    let form = || {
        refused(
            "must be one of the next formats: 'phone_number@c.us', 'chat_id@lid' or 'group_id@g.us'",
        )
    };
    let chat = parsed(text);
    if text.ends_with("@c.us") && chat.as_ref().and_then(Address::phone).is_none() {
        return Err(Refusal::invalid(format_args!("'{key}': invalid phone number")));
    }
    let takes_messages = |chat: &Address| match chat.kind() {
        AddressKind::Person | AddressKind::HiddenPerson | AddressKind::Group => true,
        AddressKind::Channel | AddressKind::Broadcast => false,
    };
    chat.filter(takes_messages).ok_or_else(form)
}

/// A person, a group, a channel or a list as a chat: `15550002222@c.us`, `98765432101234@lid`,
/// `120363000000000000@g.us`.
pub(crate) fn chat_id(address: &Address) -> String {
    format!("{}@{}", address.name(), server(address.kind()))
}

/// The address that is written so; `None` when nothing can be.
pub(crate) fn parsed(chat_id: &str) -> Option<Address> {
    const KINDS: [AddressKind; 5] = [
        AddressKind::Person,
        AddressKind::HiddenPerson,
        AddressKind::Group,
        AddressKind::Channel,
        AddressKind::Broadcast,
    ];
    let (name, written) = chat_id.split_once('@')?;
    let kind = KINDS.into_iter().find(|kind| server(*kind) == written)?;
    Address::new(kind, name).ok()
}

fn server(kind: AddressKind) -> &'static str {
    match kind {
        AddressKind::Person => "c.us",
        AddressKind::HiddenPerson => "lid",
        AddressKind::Group => "g.us",
        AddressKind::Channel => "newsletter",
        AddressKind::Broadcast => "broadcast",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(value: &Value) -> String {
        match read("chatId", Some(value)) {
            Ok(chat) => chat_id(&chat),
            Err(Refusal::Told { message, .. }) => {
                message.strip_prefix("Validation failed. Details: ").unwrap().to_owned()
            }
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_chat_is_written_as_it_was_read() {
        for chat in [
            "15550002222@c.us",
            "98765432101234@lid",
            "120363000000000000@g.us",
            "15550001111-1600000000@g.us",
        ] {
            assert_eq!(said(&json!(chat)), chat);
        }
        assert_eq!(said(&json!(" 15550002222@c.us ")), "15550002222@c.us");
    }

    #[test]
    fn what_is_no_chat_is_refused_in_the_words_of_the_vendors_validation() {
        let form = "'chatId' must be one of the next formats: 'phone_number@c.us', 'chat_id@lid' or \
                    'group_id@g.us'";
        let phone = "'chatId': invalid phone number";
        for (value, expected) in [
            (json!(null), "'chatId' is required"),
            (json!(""), "'chatId' is not allowed to be empty"),
            (json!(15_550_002_222_u64), "'chatId' must be a string"),
            (json!(["15550002222@c.us"]), "'chatId' must be a string"),
            (json!("15550002222"), form),
            (json!("15550002222@s.whatsapp.net"), form),
            (json!("a@g.us"), form),
            (json!("status@broadcast"), form),
            (json!("120363000000000000@newsletter"), form),
            (json!("@c.us"), phone),
            (json!("+15550002222@c.us"), phone),
            (json!("123456@c.us"), phone),
            (json!("1234567890123456@c.us"), phone),
        ] {
            assert_eq!(said(&value), expected, "{value}");
        }
    }

    #[test]
    fn a_chat_reads_as_it_was_written() {
        for (written, stored) in [
            ("15550002222@c.us", "15550002222@s.whatsapp.net"),
            ("98765432101234@lid", "98765432101234@lid"),
            ("120363000000000000@g.us", "120363000000000000@g.us"),
            ("15550001111-1581234048@g.us", "15550001111-1581234048@g.us"),
            ("120363000000000000@newsletter", "120363000000000000@newsletter"),
            ("status@broadcast", "status@broadcast"),
        ] {
            let address = parsed(written).unwrap();
            assert_eq!(address.to_wire(), stored);
            assert_eq!(chat_id(&address), written);
        }
        for nobody in ["", "15550002222", "15550002222@s.whatsapp.net", "ann@c.us", "@g.us"] {
            assert!(parsed(nobody).is_none(), "{nobody}");
        }
    }
}
