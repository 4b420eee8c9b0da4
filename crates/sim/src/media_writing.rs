//! How a phone writes a message with a file in it (docs/internals/sim.md, "Media").

use bytes::Bytes;
use waproto::{
    buffa::MessageField,
    whatsapp::{
        Message,
        message::{AudioMessage, DocumentMessage, ImageMessage, StickerMessage, VideoMessage},
    },
};

use crate::{
    MediaError, MediaKind,
    digest::sha256,
    media_cipher::{MediaKey, seal},
    media_store::{FILE_BYTES_MAX, MediaFile},
    world::World,
};

/// The largest file that is taken: encrypted, it has a block and a MAC more at most.
const PLAIN_BYTES_MAX: usize = FILE_BYTES_MAX - 16 - 10;

/// A file that a phone is to write. Its `Debug` does not show what is in it.
#[derive(Clone)]
pub struct MediaToSend {
    /// What it is.
    pub kind: MediaKind,
    /// The file itself.
    pub file: Bytes,
    /// What it holds, for example `image/png`; the usual of its kind when nothing is said.
    pub mimetype: Option<String>,
    /// The words below an image, a video or a document.
    pub caption: Option<String>,
    /// The name of a document.
    pub file_name: Option<String>,
}

impl std::fmt::Debug for MediaToSend {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (kind, bytes) = (self.kind, self.file.len());
        formatter
            .debug_struct("MediaToSend")
            .field("kind", &kind)
            .field("bytes", &bytes)
            .finish_non_exhaustive()
    }
}

impl MediaToSend {
    /// A file about which nothing else is said.
    pub fn new(kind: MediaKind, file: impl Into<Bytes>) -> Self {
        Self { kind, file: file.into(), mimetype: None, caption: None, file_name: None }
    }
}

/// What a message says of a file that has been uploaded.
struct Uploaded {
    url: String,
    direct_path: String,
    mimetype: String,
    key: MediaKey,
    key_unix_s: i64,
    sealed_hash: [u8; 32],
    hash: [u8; 32],
    length: u64,
}

/// Uploads a file, and gives the message with it.
pub(crate) fn write(
    world: &mut World,
    key: MediaKey,
    wanted: &MediaToSend,
) -> Result<Message, MediaError> {
    let MediaToSend { kind, file, mimetype, caption, file_name } = wanted;
    let named = *kind == MediaKind::Document || file_name.is_none();
    if (caption.is_some() && !kind.has_caption()) || !named {
        return Err(MediaError::NotOfThisKind);
    }
    if file.len() > PLAIN_BYTES_MAX {
        return Err(MediaError::TooLarge);
    }
    let sealed = MediaFile::new(kind.upload(), seal(*kind, &key, file).into());
    let unix_s = world.clock.unix_s();
    let sealed_hash = sealed.hash;
    let direct_path = world.media.keep(sealed, unix_s);
    let uploaded = Uploaded {
        url: world.media.url(&direct_path),
        direct_path,
        mimetype: mimetype.clone().unwrap_or_else(|| kind.usual_mimetype().to_owned()),
        key,
        key_unix_s: i64::try_from(unix_s).unwrap_or(i64::MAX),
        sealed_hash,
        hash: sha256(&[file]),
        length: u64::try_from(file.len()).unwrap_or(u64::MAX),
    };
    Ok(message(*kind, uploaded, caption.clone(), file_name.clone()))
}

/// What the messages of all kinds have in common, and what only this one has.
macro_rules! carrying {
    ($message:ident, $it:ident $(, $field:ident : $value:expr)*) => {
        MessageField::some($message {
            url: Some($it.url),
            direct_path: Some($it.direct_path),
            mimetype: Some($it.mimetype),
            media_key: Some($it.key.to_vec()),
            media_key_timestamp: Some($it.key_unix_s),
            file_enc_sha256: Some($it.sealed_hash.to_vec()),
            file_sha256: Some($it.hash.to_vec()),
            file_length: Some($it.length),
            $($field: $value,)*
            ..$message::default()
        })
    };
}

fn message(
    kind: MediaKind,
    it: Uploaded,
    caption: Option<String>,
    file_name: Option<String>,
) -> Message {
    let mut message = Message::default();
    match kind {
        MediaKind::Image => message.image_message = carrying!(ImageMessage, it, caption: caption),
        MediaKind::Video => message.video_message = carrying!(VideoMessage, it, caption: caption),
        MediaKind::Audio => message.audio_message = carrying!(AudioMessage, it),
        MediaKind::Document => {
            message.document_message = carrying!(
                DocumentMessage, it, caption: caption, title: file_name.clone(), file_name: file_name
            );
        }
        MediaKind::Sticker => message.sticker_message = carrying!(StickerMessage, it),
    }
    message
}
