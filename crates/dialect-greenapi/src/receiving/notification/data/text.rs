//! Words.

use serde::Serialize;
use waygate_core::message::Quoted;
use waygate_core::message::content::{Advertisement, Text};

use super::Forwarded;
use crate::wire::chat_id::chat_id;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TextData<'a> {
    pub(super) text_message: &'a str,
}

/// Words with what their sender's device says of a link in them, or of the advertisement from which the
/// chat was opened.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExtendedTextData<'a> {
    text: &'a str,
    description: &'a str,
    title: &'a str,
    jpeg_thumbnail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    preview_type: Option<&'static str>,
    #[serde(flatten)]
    forwarded: Forwarded,
    #[serde(flatten)]
    advertisement: Option<AdvertisementData<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AdvertisementData<'a> {
    contains_auto_reply: bool,
    media_type: &'static str,
    show_ad_attribution: bool,
    source_id: &'a str,
    source_type: &'a str,
    source_url: &'a str,
    thumbnail_url: &'a str,
}

/// Words that answer another message.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AnswerData<'a> {
    text: &'a str,
    stanza_id: &'a str,
    participant: String,
    #[serde(flatten)]
    forwarded: Forwarded,
}

/// A reaction; empty when it is taken back.
#[derive(Serialize)]
pub(super) struct EmojiData<'a> {
    pub(super) text: &'a str,
}

impl<'a> ExtendedTextData<'a> {
    pub(super) fn of(text: &'a Text, forwarded: Forwarded) -> Self {
        let advertisement = text.advertisement.as_deref();
        let (title, description, jpeg_thumbnail) = match (&text.preview, advertisement) {
            (Some(it), _) => (&*it.title, &*it.description, &*it.thumbnail),
            (None, Some(it)) => (&*it.title, &*it.body, &*it.thumbnail),
            (None, None) => ("", "", ""),
        };
        Self {
            text: &text.body,
            description,
            title,
            jpeg_thumbnail,
            preview_type: text.preview.as_ref().map(|it| preview_type(it.kind)),
            forwarded,
            advertisement: advertisement.map(AdvertisementData::of),
        }
    }
}

/// The word for WhatsApp's number.
fn preview_type(kind: i32) -> &'static str {
    match kind {
        1 => "Video",
        4 => "Placeholder",
        5 => "Image",
        _ => "None",
    }
}

impl<'a> AdvertisementData<'a> {
    fn of(advertisement: &'a Advertisement) -> Self {
        Self {
            contains_auto_reply: advertisement.contains_auto_reply,
            media_type: match advertisement.media_kind {
                1 => "IMAGE",
                2 => "VIDEO",
                _ => "NONE",
            },
            show_ad_attribution: advertisement.shows_attribution,
            source_id: &advertisement.source_id,
            source_type: &advertisement.source_type,
            source_url: &advertisement.source_url,
            thumbnail_url: &advertisement.thumbnail_url,
        }
    }
}

impl<'a> AnswerData<'a> {
    pub(super) fn of(text: &'a Text, quoted: &'a Quoted, forwarded: Forwarded) -> Self {
        Self {
            text: &text.body,
            stanza_id: quoted.id.as_str(),
            participant: quoted.sender.as_ref().map(chat_id).unwrap_or_default(),
            forwarded,
        }
    }
}
