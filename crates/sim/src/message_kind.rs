//! What kind of message something is, by its first field, and how its stanza says so.

use waproto::whatsapp::Message;

/// A kind of message.
#[derive(Debug)]
pub(crate) struct Kind {
    /// The field's name in the protobuf schema, as JSON has it.
    pub(crate) name: &'static str,
    /// The type of its stanza.
    pub(crate) stanza: &'static str,
    /// What `<enc>` calls its medium.
    pub(crate) medium: Option<&'static str>,
    holds: fn(&Message) -> bool,
}

const fn text(name: &'static str, holds: fn(&Message) -> bool) -> Kind {
    Kind { name, stanza: "text", medium: None, holds }
}

const fn media(name: &'static str, medium: &'static str, holds: fn(&Message) -> bool) -> Kind {
    Kind { name, stanza: "media", medium: Some(medium), holds }
}

const KINDS: [Kind; 20] = [
    text("conversation", |it| it.conversation.is_some()),
    text("extendedTextMessage", |it| it.extended_text_message.is_set()),
    media("imageMessage", "image", |it| it.image_message.is_set()),
    media("videoMessage", "video", |it| it.video_message.is_set()),
    media("audioMessage", "audio", |it| it.audio_message.is_set()),
    media("documentMessage", "document", |it| it.document_message.is_set()),
    media("stickerMessage", "sticker", |it| it.sticker_message.is_set()),
    media("contactMessage", "vcard", |it| it.contact_message.is_set()),
    media("contactsArrayMessage", "contact_array", |it| it.contacts_array_message.is_set()),
    media("locationMessage", "location", |it| it.location_message.is_set()),
    media("liveLocationMessage", "livelocation", |it| it.live_location_message.is_set()),
    Kind {
        name: "reactionMessage",
        stanza: "reaction",
        medium: None,
        holds: |it| it.reaction_message.is_set(),
    },
    poll("pollCreationMessage", |it| it.poll_creation_message.is_set()),
    poll("pollCreationMessageV2", |it| it.poll_creation_message_v2.is_set()),
    poll("pollCreationMessageV3", |it| it.poll_creation_message_v3.is_set()),
    poll("pollUpdateMessage", |it| it.poll_update_message.is_set()),
    text("editedMessage", |it| it.edited_message.is_set()),
    text("ephemeralMessage", |it| it.ephemeral_message.is_set()),
    text("viewOnceMessage", |it| it.view_once_message.is_set()),
    text("protocolMessage", |it| it.protocol_message.is_set()),
];

const fn poll(name: &'static str, holds: fn(&Message) -> bool) -> Kind {
    Kind { name, stanza: "poll", medium: None, holds }
}

/// Every other kind.
const OTHER: Kind = text("other", |_| true);

/// The kind of a message.
pub(crate) fn kind_of(message: &Message) -> &'static Kind {
    KINDS.iter().find(|kind| (kind.holds)(message)).unwrap_or(&OTHER)
}

/// The words in a message that is text alone.
pub(crate) fn text_of(message: &Message) -> Option<&str> {
    let extended = message.extended_text_message.as_option();
    let extended = extended.and_then(|extended| extended.text.as_deref());
    message.conversation.as_deref().or(extended)
}

/// Whether a message says nothing at all.
pub(crate) fn is_empty(message: &Message) -> bool {
    *message == Message::default()
}
