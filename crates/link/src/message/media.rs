//! Files in messages.

use waygate_core::message::content::Content;
use waygate_core::message::media::{Media, MediaFile, MediaKind};
use whatsapp_rust::waproto::whatsapp as wa;
use whatsapp_rust::waproto::whatsapp::message as kinds;

use super::content::Read;
use super::{base64, words};

pub(super) fn read(message: &wa::Message, view_once: bool) -> Option<Read<'_>> {
    let (media, context) = picture(message)
        .or_else(|| video(message))
        .or_else(|| sound(message))
        .or_else(|| document(message))
        .or_else(|| sticker(message))?;
    let view_once = view_once || media.view_once;
    Some(Read::within(Content::Media(Media { view_once, ..media }), context))
}

type Found<'a> = (Media, Option<&'a wa::ContextInfo>);

/// A file of this kind of which nothing is known yet.
fn blank(kind: MediaKind) -> Media {
    Media {
        kind,
        mime: Box::default(),
        caption: Box::default(),
        file_name: Box::default(),
        thumbnail: Box::default(),
        bytes: 0,
        seconds: 0,
        animated: false,
        view_once: false,
        file: None,
    }
}

/// Where a file is. All kinds say it in fields of the same names, and share no type.
macro_rules! file {
    ($said:expr) => {
        file(
            $said.direct_path.as_ref(),
            $said.media_key.as_ref(),
            $said.file_sha256.as_ref(),
            $said.file_enc_sha256.as_ref(),
        )
    };
}

fn file(
    path: Option<&String>,
    key: Option<&Vec<u8>>,
    sha256: Option<&Vec<u8>>,
    encrypted_sha256: Option<&Vec<u8>>,
) -> Option<MediaFile> {
    Some(MediaFile {
        path: words(Some(path?)),
        key: base64(Some(key?)),
        sha256: base64(Some(sha256?)),
        encrypted_sha256: base64(Some(encrypted_sha256?)),
    })
}

fn picture(message: &wa::Message) -> Option<Found<'_>> {
    let said = message.image_message.as_option()?;
    let media = Media {
        mime: words(said.mimetype.as_ref()),
        caption: words(said.caption.as_ref()),
        thumbnail: base64(said.jpeg_thumbnail.as_ref()),
        bytes: said.file_length.unwrap_or_default(),
        view_once: said.view_once.unwrap_or_default(),
        file: file!(said),
        ..blank(MediaKind::Image)
    };
    Some((media, said.context_info.as_option()))
}

fn video(message: &wa::Message) -> Option<Found<'_>> {
    let (kind, said) = match message.video_message.as_option() {
        Some(video) => (MediaKind::Video, video),
        None => (MediaKind::RoundVideo, message.ptv_message.as_option()?),
    };
    let media = Media {
        mime: words(said.mimetype.as_ref()),
        caption: words(said.caption.as_ref()),
        thumbnail: base64(said.jpeg_thumbnail.as_ref()),
        bytes: said.file_length.unwrap_or_default(),
        seconds: said.seconds.unwrap_or_default(),
        animated: said.gif_playback.unwrap_or_default(),
        view_once: said.view_once.unwrap_or_default(),
        file: file!(said),
        ..blank(kind)
    };
    Some((media, said.context_info.as_option()))
}

fn sound(message: &wa::Message) -> Option<Found<'_>> {
    let said = message.audio_message.as_option()?;
    let kind = if said.ptt == Some(true) { MediaKind::Voice } else { MediaKind::Audio };
    let media = Media {
        mime: words(said.mimetype.as_ref()),
        bytes: said.file_length.unwrap_or_default(),
        seconds: said.seconds.unwrap_or_default(),
        view_once: said.view_once.unwrap_or_default(),
        file: file!(said),
        ..blank(kind)
    };
    Some((media, said.context_info.as_option()))
}

fn document(message: &wa::Message) -> Option<Found<'_>> {
    let said = message.document_message.as_option()?;
    // Some clients give a title alone.
    let name: &Option<String> =
        if said.file_name.is_some() { &said.file_name } else { &said.title };
    let media = Media {
        mime: words(said.mimetype.as_ref()),
        caption: words(said.caption.as_ref()),
        file_name: words(name.as_ref()),
        thumbnail: base64(said.jpeg_thumbnail.as_ref()),
        bytes: said.file_length.unwrap_or_default(),
        file: file!(said),
        ..blank(MediaKind::Document)
    };
    Some((media, said.context_info.as_option()))
}

fn sticker(message: &wa::Message) -> Option<Found<'_>> {
    let said: &kinds::StickerMessage = message.sticker_message.as_option()?;
    // Its small picture is a PNG, which is none of ours.
    let media = Media {
        mime: words(said.mimetype.as_ref()),
        bytes: said.file_length.unwrap_or_default(),
        animated: said.is_animated.unwrap_or_default(),
        file: file!(said),
        ..blank(MediaKind::Sticker)
    };
    Some((media, said.context_info.as_option()))
}
