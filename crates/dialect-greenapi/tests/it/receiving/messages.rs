//! Messages in journals of instances.

use waygate_core::event::{EventKind, NewEvent};
use waygate_core::instance::settings::Switch;
use waygate_core::message::content::{Content, Text};
use waygate_core::message::media::{Media, MediaFile, MediaKind};
use waygate_core::message::{Message, MessageId};
use waygate_core::port::journal::Journal as _;

use crate::server::{Instance, Server};

/// A text of Ann's.
pub(crate) fn text(id: &str) -> Message {
    let ann: waygate_core::message::address::Address =
        "15550002222@s.whatsapp.net".parse().unwrap();
    Message {
        id: MessageId(id.into()),
        chat: ann.clone(),
        sender: ann,
        sender_hidden: Some("98765432101234@lid".parse().unwrap()),
        sender_name: Some("Ann".into()),
        chat_name: None,
        sent_at_ms: 1_772_360_400_000,
        content: Content::Text(Text::plain("Hello")),
        quoted: None,
        forwarding_score: 0,
    }
}

/// A picture of Ann's, of so many bytes.
pub(crate) fn picture(id: &str, bytes: u64) -> Message {
    let file = MediaFile {
        path: "/v/picture".into(),
        key: "".into(),
        sha256: "".into(),
        encrypted_sha256: "".into(),
    };
    let media = Media {
        kind: MediaKind::Image,
        mime: "image/jpeg".into(),
        caption: "".into(),
        file_name: "".into(),
        thumbnail: "".into(),
        bytes,
        seconds: 0,
        animated: false,
        view_once: false,
        file: Some(file),
    };
    Message { content: Content::Media(media), ..text(id) }
}

/// Has the instance receive a message, of which its receiver is to be told.
pub(crate) async fn receive(server: &Server, instance: &Instance, message: Message) {
    let event = NewEvent {
        kind: EventKind::MessageReceived(Box::new(message)),
        topics: vec![Switch::IncomingMessages],
        only_once: None,
    };
    let now = server.gateway.now();
    server.link.store().commit(instance.id, now, vec![event], None).await.unwrap();
}
