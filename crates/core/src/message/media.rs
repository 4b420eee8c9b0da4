//! Files in messages.

use serde::{Deserialize, Serialize};

/// A file in a message: what is said of it, and with what it can be fetched.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    /// What it is.
    pub kind: MediaKind,
    /// Its type, such as `image/jpeg`; empty when the message does not say.
    #[serde(default)]
    pub mime: Box<str>,
    /// Words with it; empty without any.
    #[serde(default)]
    pub caption: Box<str>,
    /// What the sender calls it; only documents have a name.
    #[serde(default)]
    pub file_name: Box<str>,
    /// A small JPEG, in base64; empty without one.
    #[serde(default)]
    pub thumbnail: Box<str>,
    /// How many bytes the file has, as the sender says.
    #[serde(default)]
    pub bytes: u64,
    /// How long it plays, in seconds; 0 for what does not play.
    #[serde(default)]
    pub seconds: u32,
    /// Whether a sticker moves, or a video plays as a moving picture.
    #[serde(default)]
    pub animated: bool,
    /// Whether it may be looked at once only.
    #[serde(default)]
    pub view_once: bool,
    /// Where the file is and how it is read; `None` when the message does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<MediaFile>,
}

/// What a file in a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    /// A picture.
    Image,
    /// A video.
    Video,
    /// A round video, recorded for this chat.
    RoundVideo,
    /// A sound.
    Audio,
    /// A sound that was recorded for this chat.
    Voice,
    /// Any file.
    Document,
    /// A sticker.
    Sticker,
}

/// Where an encrypted file is on WhatsApp's hosts, and with what it is read. The key is a secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaFile {
    /// Its path on any of WhatsApp's media hosts.
    pub path: Box<str>,
    /// 32 bytes from which the keys of the file are derived, in base64.
    pub key: Box<str>,
    /// SHA-256 of the file, in base64.
    pub sha256: Box<str>,
    /// SHA-256 of what is on the host, in base64.
    pub encrypted_sha256: Box<str>,
}

prints_nothing!(Media, MediaFile);
