//! `quotedMessage`: the message that another one answers, beside what that says.

use serde::Serialize;
use waygate_core::message::content::{Contact, Content, Location, Poll, Reaction};
use waygate_core::message::media::{Media, MediaKind};
use waygate_core::message::{Message, MessageId, Quoted};

use super::Told;
use super::data::file::download_url;
use super::data::{PollData, text_kind, type_of};
use crate::wire::chat_id::chat_id;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct QuotedMessage<'a> {
    stanza_id: &'a str,
    /// Who wrote it; empty where nobody says.
    participant: String,
    /// What kind it is, where the answer repeats it.
    #[serde(skip_serializing_if = "Option::is_none")]
    type_message: Option<&'static str>,
    #[serde(flatten)]
    says: Option<Says<'a>>,
}

#[derive(Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
enum Says<'a> {
    Text { text_message: &'a str },
    File(QuotedFile<'a>),
    Contact { contact: VCard<'a> },
    Location { location: Place<'a> },
    Poll { poll_message_data: PollData<'a> },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct QuotedFile<'a> {
    download_url: &'a str,
    caption: &'a str,
    file_name: String,
    jpeg_thumbnail: &'a str,
    mime_type: &'a str,
    /// Of stickers.
    #[serde(skip_serializing_if = "Option::is_none")]
    is_animated: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VCard<'a> {
    display_name: &'a str,
    vcard: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Place<'a> {
    name_location: &'a str,
    address: &'a str,
    latitude: f64,
    longitude: f64,
    jpeg_thumbnail: &'a str,
}

impl<'a> QuotedMessage<'a> {
    /// What stands beside this message: what it answers, or on what it is a reaction. A choice says itself
    /// from what it was made.
    pub(super) fn beside(message: &'a Message, told: Told<'a>) -> Option<Self> {
        match (&message.content, &message.quoted) {
            (Content::Reaction(reaction), _) => Some(Self::of_reaction(reaction)),
            (
                Content::ButtonReply(_)
                | Content::TemplateReply(_)
                | Content::ListReply(_)
                | Content::InteractiveReply(_),
                _,
            ) => None,
            (_, Some(quoted)) => Some(Self::of(quoted, told)),
            (_, None) => None,
        }
    }

    fn of_reaction(reaction: &'a Reaction) -> Self {
        Self {
            stanza_id: reaction.to.as_str(),
            participant: reaction.to_sender.as_ref().map(chat_id).unwrap_or_default(),
            type_message: None,
            says: None,
        }
    }

    fn of(quoted: &'a Quoted, told: Told<'a>) -> Self {
        let content = quoted.content.as_deref();
        Self {
            stanza_id: quoted.id.as_str(),
            participant: quoted.sender.as_ref().map(chat_id).unwrap_or_default(),
            type_message: content.map(type_of_quoted),
            says: content.and_then(|content| Says::of(content, &quoted.id, told)),
        }
    }
}

fn type_of_quoted(content: &Content) -> &'static str {
    if let Content::Text(text) = content { text_kind(text) } else { type_of(content) }
}

impl<'a> Says<'a> {
    /// `None` for a kind of which the vendor repeats no more than that it is one.
    fn of(content: &'a Content, id: &MessageId, told: Told<'a>) -> Option<Self> {
        match content {
            Content::Text(text) => Some(Self::Text { text_message: &text.body }),
            Content::Media(media) => Some(Self::File(QuotedFile::of(media, id, told))),
            Content::Contact(contact) => Some(Self::Contact { contact: VCard::of(contact) }),
            Content::Location(place) => Some(Self::Location { location: Place::of(place) }),
            Content::Poll(poll) => Some(Self::of_poll(poll)),
            Content::Contacts(_)
            | Content::GroupInvite(_)
            | Content::Reaction(_)
            | Content::PollVote(_)
            | Content::Edited(_)
            | Content::Deleted(_)
            | Content::Buttons(_)
            | Content::List(_)
            | Content::Template(_)
            | Content::ButtonReply(_)
            | Content::TemplateReply(_)
            | Content::ListReply(_)
            | Content::InteractiveButtons(_)
            | Content::InteractiveReply(_)
            | Content::Other { .. } => None,
        }
    }

    fn of_poll(poll: &'a Poll) -> Self {
        Self::Poll { poll_message_data: PollData::of(poll) }
    }
}

impl<'a> QuotedFile<'a> {
    fn of(media: &'a Media, id: &MessageId, told: Told<'a>) -> Self {
        Self {
            download_url: download_url(&told.telling.quoted_file),
            caption: &media.caption,
            file_name: media.name_in(id),
            jpeg_thumbnail: &media.thumbnail,
            mime_type: &media.mime,
            is_animated: (media.kind == MediaKind::Sticker).then_some(media.animated),
        }
    }
}

impl<'a> VCard<'a> {
    fn of(contact: &'a Contact) -> Self {
        Self { display_name: &contact.name, vcard: &contact.vcard }
    }
}

impl<'a> Place<'a> {
    fn of(place: &'a Location) -> Self {
        Self {
            name_location: &place.name,
            address: &place.address,
            latitude: place.latitude.into(),
            longitude: place.longitude.into(),
            jpeg_thumbnail: &place.thumbnail,
        }
    }
}
