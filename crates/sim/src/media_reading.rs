//! What a phone makes of a message with a file: it fetches and opens it, and holds it against what
//! the message says of it (docs/internals/sim.md, "Media").

use bytes::Bytes;
use serde::Serialize;
use waproto::whatsapp::{
    Message,
    message::{AudioMessage, DocumentMessage, ImageMessage, StickerMessage, VideoMessage},
};

use crate::{
    MediaKind,
    digest::{same, sha256},
    media_cipher::{MediaKey, open},
    media_store::AddressError,
    world::World,
};

/// How deep a file can be wrapped.
const WRAPPERS_MAX: usize = 4;

/// The file of a message, as a phone has opened it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InboxMedia {
    /// What it is.
    pub kind: MediaKind,
    /// What its sender says that it holds.
    pub mimetype: Option<String>,
    /// How many bytes it has.
    pub bytes: usize,
    /// The SHA-256 of them, in hexadecimal digits.
    pub sha256: String,
}

/// What a message says of its file.
struct Reference<'a> {
    kind: MediaKind,
    mimetype: Option<&'a str>,
    direct_path: Option<&'a str>,
    key: Option<&'a [u8]>,
    sealed_hash: Option<&'a [u8]>,
    hash: Option<&'a [u8]>,
    length: Option<u64>,
}

/// The fields of the same name in the messages of one kind.
macro_rules! reference {
    ($message:ty, $kind:expr) => {
        impl<'a> From<&'a $message> for Reference<'a> {
            fn from(it: &'a $message) -> Self {
                Self {
                    kind: $kind,
                    mimetype: it.mimetype.as_deref(),
                    direct_path: it.direct_path.as_deref(),
                    key: it.media_key.as_deref(),
                    sealed_hash: it.file_enc_sha256.as_deref(),
                    hash: it.file_sha256.as_deref(),
                    length: it.file_length,
                }
            }
        }
    };
}

reference!(ImageMessage, MediaKind::Image);
reference!(VideoMessage, MediaKind::Video);
reference!(AudioMessage, MediaKind::Audio);
reference!(DocumentMessage, MediaKind::Document);
reference!(StickerMessage, MediaKind::Sticker);

/// Fetches and opens the file of a message. `None` when the message has none; the reason when it
/// cannot be had, or is not what the message says.
pub(crate) fn read(
    world: &World,
    message: &Message,
) -> Option<Result<(InboxMedia, Bytes), &'static str>> {
    let reference = find(message)?;
    Some(fetch(world, &reference).map(|file| {
        let media = InboxMedia {
            kind: reference.kind,
            mimetype: reference.mimetype.map(str::to_owned),
            bytes: file.len(),
            sha256: hex::encode(sha256(&[&file])),
        };
        (media, file.into())
    }))
}

fn fetch(world: &World, said: &Reference<'_>) -> Result<Vec<u8>, &'static str> {
    let direct_path = said.direct_path.ok_or("a file without its direct path")?;
    let found = world.media.at(direct_path, world.clock.unix_s());
    let file = found.map_err(|error| match error {
        AddressError::Signature => "a file at an address that was never given out",
        AddressError::Expired => "a file at an address after its time",
        AddressError::Gone => "a file that is not there",
    })?;
    if file.upload != said.kind.upload() {
        return Err("a file that was uploaded as another kind");
    }
    if !said.sealed_hash.is_some_and(|hash| same(hash, &file.hash)) {
        return Err("a file of another encrypted hash than the message says");
    }
    let key: Option<MediaKey> = said.key.and_then(|key| key.try_into().ok());
    let plaintext = open(said.kind, &key.ok_or("a media key that is not 32 bytes")?, &file.bytes)?;
    if !said.hash.is_some_and(|hash| same(hash, &sha256(&[&plaintext]))) {
        return Err("a file of another hash than the message says");
    }
    if said.length.and_then(|length| usize::try_from(length).ok()) != Some(plaintext.len()) {
        return Err("a file of another length than the message says");
    }
    Ok(plaintext)
}

/// The file of a message, in whatever it is wrapped.
fn find(message: &Message) -> Option<Reference<'_>> {
    let mut message = message;
    for _ in 0..WRAPPERS_MAX {
        let Some(inner) = unwrapped(message) else { break };
        message = inner;
    }
    let image = message.image_message.as_option().map(Reference::from);
    image
        .or_else(|| message.video_message.as_option().map(Reference::from))
        .or_else(|| message.ptv_message.as_option().map(Reference::from))
        .or_else(|| message.audio_message.as_option().map(Reference::from))
        .or_else(|| message.document_message.as_option().map(Reference::from))
        .or_else(|| message.sticker_message.as_option().map(Reference::from))
}

fn unwrapped(message: &Message) -> Option<&Message> {
    [
        &message.ephemeral_message,
        &message.view_once_message,
        &message.view_once_message_v2,
        &message.view_once_message_v2_extension,
        &message.document_with_caption_message,
    ]
    .into_iter()
    .find_map(|wrapper| wrapper.as_option()?.message.as_option())
}
