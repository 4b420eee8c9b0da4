//! Files in messages.

use serde::{Deserialize, Serialize};

use super::MessageId;
use super::content::Content;

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

/// Which file of a message is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MediaPart {
    /// Its own.
    Own,
    /// That of the message that it answers.
    Quoted,
}

/// How files are called by what they are, where nobody has called them anything.
const EXTENSIONS: &[(&str, &str)] = &[
    ("application/msword", "doc"),
    ("application/pdf", "pdf"),
    ("application/vnd.ms-excel", "xls"),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
    ("application/zip", "zip"),
    ("audio/aac", "aac"),
    ("audio/amr", "amr"),
    ("audio/mp4", "m4a"),
    ("audio/mpeg", "mp3"),
    ("audio/ogg", "ogg"),
    ("image/gif", "gif"),
    ("image/jpeg", "jpg"),
    ("image/png", "png"),
    ("image/webp", "webp"),
    ("text/plain", "txt"),
    ("video/3gpp", "3gp"),
    ("video/mp4", "mp4"),
];

impl Media {
    /// What the file is called: by its sender, else by the message that it is in and what it is.
    pub fn name_in(&self, message: &MessageId) -> String {
        if !self.file_name.is_empty() {
            return self.file_name.to_string();
        }
        let essence = self.mime.split(';').next().unwrap_or_default().trim();
        let known = EXTENSIONS.iter().find(|(mime, _)| mime.eq_ignore_ascii_case(essence));
        format!("{message}.{}", known.map_or("bin", |(_, extension)| extension))
    }
}

impl Content {
    /// The file in it; of new words for a file, that file.
    pub fn media(&self) -> Option<&Media> {
        let content = if let Self::Edited(edited) = self { &edited.content } else { self };
        if let Self::Media(media) = content { Some(media) } else { None }
    }
}

prints_nothing!(Media, MediaFile);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_called_by_its_sender_or_by_what_it_is() {
        for (file_name, mime, called) in [
            ("plan.pdf", "application/pdf", "plan.pdf"),
            ("", "application/pdf", "3EB0.pdf"),
            ("", "image/jpeg", "3EB0.jpg"),
            ("", "Audio/OGG; codecs=opus", "3EB0.ogg"),
            ("", "application/x-unheard-of", "3EB0.bin"),
            ("", "", "3EB0.bin"),
        ] {
            let media = Media {
                kind: MediaKind::Document,
                mime: mime.into(),
                caption: "".into(),
                file_name: file_name.into(),
                thumbnail: "".into(),
                bytes: 0,
                seconds: 0,
                animated: false,
                view_once: false,
                file: None,
            };
            assert_eq!(media.name_in(&MessageId("3EB0".into())), called);
        }
    }
}
