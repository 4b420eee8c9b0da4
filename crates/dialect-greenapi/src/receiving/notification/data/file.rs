//! Files of every kind.

use serde::Serialize;
use waygate_core::message::MessageId;
use waygate_core::message::media::{Media, MediaKind};
use waygate_engine::telling::FileAddress;

use super::super::Told;
use super::Forwarded;

/// What the vendor writes for a file that is larger than what it hands out.
const TOO_LARGE: &str = "{{SWE002}}";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FileData<'a> {
    download_url: &'a str,
    caption: &'a str,
    file_name: String,
    jpeg_thumbnail: &'a str,
    mime_type: &'a str,
    /// Of stickers.
    #[serde(skip_serializing_if = "Option::is_none")]
    is_animated: Option<bool>,
    #[serde(flatten)]
    forwarded: Forwarded,
}

impl<'a> FileData<'a> {
    pub(super) fn of(
        media: &'a Media,
        message: &MessageId,
        forwarded: Forwarded,
        told: Told<'a>,
    ) -> Self {
        Self {
            download_url: download_url(&told.telling.file),
            caption: &media.caption,
            file_name: media.name_in(message),
            jpeg_thumbnail: &media.thumbnail,
            mime_type: &media.mime,
            is_animated: (media.kind == MediaKind::Sticker).then_some(media.animated),
            forwarded,
        }
    }
}

/// The vendor's word for a kind of file.
pub(in super::super) fn type_of_media(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Image => "imageMessage",
        MediaKind::Video | MediaKind::RoundVideo => "videoMessage",
        MediaKind::Audio | MediaKind::Voice => "audioMessage",
        MediaKind::Document => "documentMessage",
        MediaKind::Sticker => "stickerMessage",
    }
}

/// Where a client fetches a file; empty where nobody can.
pub(in crate::receiving) fn download_url(address: &FileAddress) -> &str {
    match address {
        FileAddress::Known(url) => url,
        FileAddress::TooLarge => TOO_LARGE,
        FileAddress::Unknown => "",
    }
}
