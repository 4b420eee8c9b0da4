//! What a message says.

use waygate_core::message::content::{
    Contact, Contacts, Content, Degrees, Deleted, Edited, GroupInvite, Location, Reaction,
};
use waygate_core::message::{MessageId, address::Address};
use whatsapp_rust::waproto::whatsapp as wa;
use whatsapp_rust::waproto::whatsapp::message::protocol_message::Type as ProtocolType;

use super::address::spelt;
use super::unwrapping::{Unwrapped, unwrapped};
use super::{Scene, base64, media, menu, poll, reply, text, unread, words};

/// What a message says, and what it says beside that of others.
pub(super) struct Read<'a> {
    pub(super) content: Content,
    pub(super) context: Option<&'a wa::ContextInfo>,
}

impl<'a> Read<'a> {
    pub(super) fn alone(content: Content) -> Self {
        Self { content, context: None }
    }

    pub(super) fn within(content: Content, context: Option<&'a wa::ContextInfo>) -> Self {
        Self { content, context }
    }
}

/// `None` for what is nobody's news.
pub(super) fn read<'a>(message: &'a wa::Message, scene: Scene<'_>) -> Option<Read<'a>> {
    let Unwrapped { message, view_once } = unwrapped(message);
    if let Some(protocol) = message.protocol_message.as_option()
        && let Some(content) = change(protocol, scene)
    {
        return Some(Read::alone(content));
    }
    text::read(message)
        .or_else(|| media::read(message, view_once))
        .or_else(|| place(message))
        .or_else(|| contacts(message))
        .or_else(|| group_invite(message))
        .or_else(|| reaction(message, scene).map(Read::alone))
        .or_else(|| poll::read(message))
        .or_else(|| menu::read(message))
        .or_else(|| reply::read(message))
        .or_else(|| unread::read(message).map(Read::alone))
}

/// What a protocol message changes in an earlier message; `None` for what only devices need.
fn change(protocol: &wa::message::ProtocolMessage, scene: Scene<'_>) -> Option<Content> {
    let key = protocol.key.as_option()?;
    let message = MessageId(key.id.as_deref()?.into());
    if protocol.r#type == Some(ProtocolType::REVOKE) {
        return Some(Content::Deleted(Deleted { message, sender: author(key, scene) }));
    }
    // An edit without a type has been seen; the new words say enough.
    let content = read(protocol.edited_message.as_option()?, scene)?.content;
    Some(Content::Edited(Edited { message, content: Box::new(content) }))
}

/// Who wrote the message with this key. In a chat of two the key says only whether the sender of the
/// message in which it stands did.
pub(super) fn author(key: &wa::MessageKey, scene: Scene<'_>) -> Option<Address> {
    if let Some(participant) = spelt(key.participant.as_ref()) {
        return Some(participant);
    }
    if key.from_me == Some(true) {
        return Some(scene.sender.clone());
    }
    if !scene.chat.is_person() {
        return None;
    }
    if scene.own == Some(scene.sender) { Some(scene.chat.clone()) } else { scene.own.cloned() }
}

fn place(message: &wa::Message) -> Option<Read<'_>> {
    if let Some(place) = message.location_message.as_option() {
        let location = Location {
            latitude: degrees(place.degrees_latitude),
            longitude: degrees(place.degrees_longitude),
            name: words(place.name.as_ref()),
            address: words(place.address.as_ref()),
            thumbnail: base64(place.jpeg_thumbnail.as_ref()),
            live: place.is_live.unwrap_or_default(),
        };
        return Some(Read::within(Content::Location(location), place.context_info.as_option()));
    }
    let place = message.live_location_message.as_option()?;
    let location = Location {
        latitude: degrees(place.degrees_latitude),
        longitude: degrees(place.degrees_longitude),
        name: words(place.caption.as_ref()),
        address: Box::default(),
        thumbnail: base64(place.jpeg_thumbnail.as_ref()),
        live: true,
    };
    Some(Read::within(Content::Location(location), place.context_info.as_option()))
}

/// What is no number is the equator, or Greenwich: a client shows it so, too.
fn degrees(degrees: Option<f64>) -> Degrees {
    Degrees::try_from(degrees.unwrap_or_default()).unwrap_or_default()
}

fn contacts(message: &wa::Message) -> Option<Read<'_>> {
    if let Some(one) = message.contact_message.as_option() {
        return Some(Read::within(Content::Contact(contact(one)), one.context_info.as_option()));
    }
    let several = message.contacts_array_message.as_option()?;
    let contacts = Contacts {
        name: words(several.display_name.as_ref()),
        contacts: several.contacts.iter().map(contact).collect(),
    };
    Some(Read::within(Content::Contacts(contacts), several.context_info.as_option()))
}

fn contact(contact: &wa::message::ContactMessage) -> Contact {
    let name = words(contact.display_name.as_ref());
    Contact { name, vcard: words(contact.vcard.as_ref()) }
}

fn group_invite(message: &wa::Message) -> Option<Read<'_>> {
    let invite = message.group_invite_message.as_option()?;
    let content = Content::GroupInvite(GroupInvite {
        group: spelt(invite.group_jid.as_ref())?,
        code: words(invite.invite_code.as_ref()),
        expires_at_s: invite.invite_expiration.unwrap_or_default(),
        group_name: words(invite.group_name.as_ref()),
        caption: words(invite.caption.as_ref()),
        thumbnail: base64(invite.jpeg_thumbnail.as_ref()),
    });
    Some(Read::within(content, invite.context_info.as_option()))
}

fn reaction(message: &wa::Message, scene: Scene<'_>) -> Option<Content> {
    let reaction = message.reaction_message.as_option()?;
    let key = reaction.key.as_option()?;
    Some(Content::Reaction(Reaction {
        emoji: words(reaction.text.as_ref()),
        to: MessageId(key.id.as_deref()?.into()),
        to_sender: author(key, scene),
    }))
}
