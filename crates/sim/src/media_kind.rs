//! The kinds of files that messages carry, and what is different about each
//! (docs/internals/sim.md, "Media").

use serde::{Deserialize, Serialize};

/// A kind of file, after the field of the `Message` that carries it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    /// `imageMessage`.
    Image,
    /// `videoMessage`, and the round `ptvMessage`.
    Video,
    /// `audioMessage`: music and voice notes.
    Audio,
    /// `documentMessage`.
    Document,
    /// `stickerMessage`.
    Sticker,
}

impl MediaKind {
    /// The name under which its files are uploaded; that of a sticker is an image's.
    pub(crate) fn upload(self) -> &'static str {
        match self {
            Self::Image | Self::Sticker => "image",
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Document => "document",
        }
    }

    /// What its keys are derived for.
    pub(crate) fn info(self) -> &'static [u8] {
        match self {
            Self::Image | Self::Sticker => b"WhatsApp Image Keys",
            Self::Video => b"WhatsApp Video Keys",
            Self::Audio => b"WhatsApp Audio Keys",
            Self::Document => b"WhatsApp Document Keys",
        }
    }

    /// What a file of it is taken for when nobody says.
    pub(crate) fn usual_mimetype(self) -> &'static str {
        match self {
            Self::Image => "image/jpeg",
            Self::Video => "video/mp4",
            Self::Audio => "audio/ogg; codecs=opus",
            Self::Document => "application/octet-stream",
            Self::Sticker => "image/webp",
        }
    }

    /// Whether words can stand below it.
    pub(crate) fn has_caption(self) -> bool {
        match self {
            Self::Image | Self::Video | Self::Document => true,
            Self::Audio | Self::Sticker => false,
        }
    }
}
