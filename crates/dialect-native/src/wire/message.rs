//! Messages, what became of them, and calls, as they are told.
//!
//! What a message says has the fields in which the journal keeps it, for both may be added to and
//! never renamed; its kind stands among them as `type`. With what a file is read is nobody's business
//! outside: the file itself is fetched from this gateway.

use serde::Serialize;
use serde_json::{Map, Value};
use waygate_core::message::address::Address;
use waygate_core::message::call::{CallStep, CallStepped};
use waygate_core::message::content::Content;
use waygate_core::message::status::{Progress, SendFailure, Status, StatusChanged};
use waygate_core::message::{Message, Origin, SentMessage};

use super::time::rfc3339_ms;

/// A message.
#[derive(Serialize)]
pub(crate) struct MessageFields {
    id: String,
    chat: String,
    sender: String,
    sender_hidden: Option<String>,
    sender_name: Option<String>,
    chat_name: Option<String>,
    sent_at: String,
    content: Value,
    quoted: Option<QuotedFields>,
    forwarding_score: u32,
    /// From where this account sent it; told of its own only.
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<Origin>,
}

#[derive(Serialize)]
struct QuotedFields {
    id: String,
    sender: Option<String>,
    content: Option<Value>,
}

/// A step of a message of this account.
#[derive(Serialize)]
pub(crate) struct StatusFields {
    id: String,
    chat: String,
    /// One of [`STATUSES`].
    status: &'static str,
    /// One of [`SEND_FAILURES`], of a message that failed.
    failure: Option<&'static str>,
    /// WhatsApp's number for it, where it gave one.
    code: Option<u16>,
    by_api: bool,
    by: Option<String>,
}

/// A step of a call.
#[derive(Serialize)]
pub(crate) struct CallFields {
    id: String,
    from: String,
    group: Option<String>,
    video: bool,
    /// One of [`CALL_STEPS`].
    step: &'static str,
}

/// Every status of a message.
pub(crate) const STATUSES: [&str; 6] = ["queued", "sent", "delivered", "read", "played", "failed"];

/// Every way in which one fails.
pub(crate) const SEND_FAILURES: [&str; 7] =
    ["no_account", "not_in_group", "restricted", "expired", "cleared", "refused", "fault"];

/// Every step of a call.
pub(crate) const CALL_STEPS: [&str; 5] = ["offered", "accepted", "declined", "missed", "ended"];

impl MessageFields {
    pub(crate) fn of(message: &Message) -> Self {
        let quoted = message.quoted.as_ref().map(|quoted| QuotedFields {
            id: quoted.id.to_string(),
            sender: quoted.sender.as_ref().map(Address::to_wire),
            content: quoted.content.as_deref().map(content),
        });
        Self {
            id: message.id.to_string(),
            chat: message.chat.to_wire(),
            sender: message.sender.to_wire(),
            sender_hidden: message.sender_hidden.as_ref().map(Address::to_wire),
            sender_name: message.sender_name.as_deref().map(str::to_owned),
            chat_name: message.chat_name.as_deref().map(str::to_owned),
            sent_at: rfc3339_ms(message.sent_at_ms),
            content: content(&message.content),
            quoted,
            forwarding_score: message.forwarding_score,
            origin: None,
        }
    }

    pub(crate) fn of_sent(sent: &SentMessage) -> Self {
        Self { origin: Some(sent.origin), ..Self::of(&sent.message) }
    }
}

/// What a message says, with its kind among the fields.
pub(crate) fn content(content: &Content) -> Value {
    let mut fields = match serde_json::to_value(content) {
        // One variant, under its name.
        Ok(Value::Object(named)) => match named.into_iter().next() {
            Some((_name, Value::Object(fields))) => fields,
            _ => Map::new(),
        },
        _ => Map::new(),
    };
    if let Content::Media(_) = content {
        fields.remove("file");
    }
    if let Content::Edited(edited) = content {
        fields.insert("content".to_owned(), self::content(&edited.content));
    }
    fields.insert("type".to_owned(), Value::from(content.name()));
    Value::Object(fields)
}

impl StatusFields {
    pub(crate) fn of(changed: &StatusChanged) -> Self {
        let (status, failure, code) = match changed.status {
            Status::Reached(progress) => (reached(progress), None, None),
            Status::Failed(failure) => {
                let code = if let SendFailure::Refused(code) = failure { code } else { None };
                ("failed", Some(failed(failure)), code)
            }
        };
        Self {
            id: changed.id.to_string(),
            chat: changed.chat.to_wire(),
            status,
            failure,
            code,
            by_api: changed.by_api,
            by: changed.by.as_ref().map(Address::to_wire),
        }
    }
}

/// The word for how far a message has come.
pub(crate) fn reached(progress: Progress) -> &'static str {
    match progress {
        Progress::Queued => "queued",
        Progress::Sent => "sent",
        Progress::Delivered => "delivered",
        Progress::Read => "read",
        Progress::Played => "played",
    }
}

fn failed(failure: SendFailure) -> &'static str {
    match failure {
        SendFailure::NoAccount => "no_account",
        SendFailure::NotInGroup => "not_in_group",
        SendFailure::Restricted => "restricted",
        SendFailure::Expired => "expired",
        SendFailure::Cleared => "cleared",
        SendFailure::Refused(_) => "refused",
        SendFailure::Fault => "fault",
    }
}

impl CallFields {
    pub(crate) fn of(call: &CallStepped) -> Self {
        let step = match call.step {
            CallStep::Offered => "offered",
            CallStep::Accepted => "accepted",
            CallStep::Declined => "declined",
            CallStep::Missed => "missed",
            CallStep::Ended => "ended",
        };
        Self {
            id: call.id.to_string(),
            from: call.from.to_wire(),
            group: call.group.as_ref().map(Address::to_wire),
            video: call.video,
            step,
        }
    }
}

#[cfg(test)]
mod examples;
#[cfg(test)]
pub(crate) use examples::examples;

#[cfg(test)]
mod tests {
    use waygate_core::message::MessageId;
    use waygate_core::message::content::{Edited, Text};
    use waygate_core::message::media::{Media, MediaFile, MediaKind};

    use super::*;

    fn told(content: Content) -> String {
        let person = Address::person("15550002222").unwrap();
        let message = Message {
            id: MessageId("3AA0BB11CC22DD33EE44".into()),
            chat: person.clone(),
            sender: person,
            sender_hidden: Some("98765432101234@lid".parse().unwrap()),
            sender_name: Some("Ann".into()),
            chat_name: None,
            sent_at_ms: 1_800_000_000_000,
            content,
            quoted: None,
            forwarding_score: 0,
        };
        serde_json::to_string(&MessageFields::of(&message)).unwrap()
    }

    #[test]
    fn a_text_is_told_whole() {
        insta::assert_snapshot!(told(Content::Text(Text::plain("Ready?"))), @r#"{"id":"3AA0BB11CC22DD33EE44","chat":"15550002222@s.whatsapp.net","sender":"15550002222@s.whatsapp.net","sender_hidden":"98765432101234@lid","sender_name":"Ann","chat_name":null,"sent_at":"2027-01-15T08:00:00.000Z","content":{"body":"Ready?","type":"text"},"quoted":null,"forwarding_score":0}"#);
    }

    #[test]
    fn with_what_a_file_is_read_is_not_told() {
        let file = MediaFile {
            path: "/v/canary".into(),
            key: "canary".into(),
            sha256: "canary".into(),
            encrypted_sha256: "canary".into(),
        };
        let media = Media {
            kind: MediaKind::Image,
            mime: "image/jpeg".into(),
            caption: "words".into(),
            file_name: "".into(),
            thumbnail: "".into(),
            bytes: 3,
            seconds: 0,
            animated: false,
            view_once: false,
            file: Some(file),
        };
        for content in [
            Content::Media(media.clone()),
            Content::Edited(Edited {
                message: MessageId("1".into()),
                content: Box::new(Content::Media(media)),
            }),
        ] {
            let told = told(content);
            assert!(told.contains("words") && !told.contains("canary"), "{told}");
        }
    }

    #[test]
    fn an_edit_says_what_kind_its_new_words_are() {
        let content = Content::Edited(Edited {
            message: MessageId("3EB0".into()),
            content: Box::new(Content::Text(Text::plain("Now"))),
        });
        let told = told(content);
        let edited = r#"{"content":{"body":"Now","type":"text"},"message":"3EB0","type":"edited"}"#;
        assert!(told.contains(edited), "{told}");
    }
}
