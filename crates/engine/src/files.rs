//! Use cases of the files in messages: where they can be fetched, and fetching them.
//!
//! Nothing of a file is kept here. The journal has where WhatsApp keeps it and with what it is opened;
//! whoever asks is given it fetched anew, while the instance is online.
//!
//! The address of a file is for whoever has no key of ours, such as a program that a message was told to.
//! It names the place of the message in the journal, and proves by an HMAC that we gave it out: nothing
//! has to be kept of it, it is good for as long as the journal has the message, and nobody guesses
//! another one.

use std::fmt;
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tokio::sync::Semaphore;
use waygate_core::error::{Error, Kind};
use waygate_core::event::{Event, EventName, Sequence};
use waygate_core::id::InstanceId;
use waygate_core::message::MessageId;
use waygate_core::message::address::Address;
use waygate_core::message::media::{Media, MediaPart};

use crate::gateway::Gateway;
use crate::keyring::{FileProof, Keyring};
use crate::telling::FileAddress;

/// Where files are served below the address of this gateway.
pub const PATH: &str = "/media/";

/// The largest file that is handed out, where nobody says otherwise.
pub const BYTES_MAX: u64 = 100 * 1024 * 1024;

/// Files that are fetched at a time: each is held whole until it is opened.
const AT_A_TIME: usize = 4;

/// Messages of each direction that are looked through for one that is named by its id.
const LOOKED_THROUGH_MAX: usize = 10_000;

/// Messages that are read at a time.
const PAGE: u32 = 256;

/// How files are handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSettings {
    /// The address of this gateway as others reach it, without a slash at its end.
    pub base: String,
    /// The largest file that is handed out.
    pub bytes_max: u64,
}

/// What the use cases of files share.
#[derive(Debug)]
pub(crate) struct Files {
    settings: OnceLock<FileSettings>,
    turns: Semaphore,
}

impl Default for Files {
    fn default() -> Self {
        Self { settings: OnceLock::new(), turns: Semaphore::new(AT_A_TIME) }
    }
}

impl Files {
    fn bytes_max(&self) -> u64 {
        self.settings.get().map_or(BYTES_MAX, |settings| settings.bytes_max)
    }
}

/// A file of a message in a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FilePlace {
    /// Whose journal.
    pub instance: InstanceId,
    /// The event that tells of the message.
    pub sequence: Sequence,
    /// Which file of it.
    pub part: MediaPart,
}

/// What is said of a file.
#[derive(Clone, PartialEq, Eq)]
pub struct FileFacts {
    /// What it is called.
    pub name: String,
    /// Its type as the sender says it; may be empty, and anything.
    pub mime: String,
    media: Media,
}

/// A file.
#[derive(Clone, PartialEq, Eq)]
pub struct FetchedFile {
    /// What is said of it.
    pub facts: FileFacts,
    /// The file itself.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for FileFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FileFacts(hidden)")
    }
}

impl fmt::Debug for FetchedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FetchedFile").field("bytes", &self.bytes.len()).finish_non_exhaustive()
    }
}

impl Gateway {
    /// Says where files are served, and up to which size. Without it they have no addresses. Only the
    /// first time counts.
    pub fn hand_out_files(&self, settings: FileSettings) {
        if self.parts().files.settings.set(settings).is_err() {
            tracing::debug!("it was said before where files are served");
        }
    }

    /// Where a file of this event's message can be fetched.
    pub fn file_address(
        &self,
        instance: InstanceId,
        event: &Event,
        part: MediaPart,
    ) -> FileAddress {
        let files = &self.parts().files;
        let found = event.kind.message().and_then(|message| message.media(part));
        let media = found.map(|(_, media)| media).filter(|media| media.file.is_some());
        match (media, files.settings.get()) {
            (Some(media), _) if media.bytes > files.bytes_max() => FileAddress::TooLarge,
            (Some(_), Some(settings)) => {
                let place = FilePlace { instance, sequence: event.sequence, part };
                let pass = place.pass(&self.parts().keyring);
                FileAddress::Known(format!("{}{PATH}{pass}", settings.base))
            }
            (Some(_), None) | (None, _) => FileAddress::Unknown,
        }
    }

    /// Where the file is that this address, without what stands before it, was given out for.
    ///
    /// # Errors
    ///
    /// `NotFound` when it never was.
    pub fn file_place(&self, pass: &str) -> Result<FilePlace, Error> {
        FilePlace::of_pass(pass, &self.parts().keyring).ok_or_else(no_such_file)
    }

    /// What is said of a file.
    ///
    /// # Errors
    ///
    /// `NotFound` when the journal has no such message any more, or there is no file in it.
    pub async fn file_facts(&self, place: FilePlace) -> Result<FileFacts, Error> {
        let FilePlace { instance, sequence, part } = place;
        let before = Sequence(sequence.0.checked_sub(1).ok_or_else(no_such_file)?);
        let read = self.parts().ports.journal.read_after(instance, before, 1).await?;
        let event = read.into_iter().find(|event| event.sequence == sequence);
        let event = event.ok_or_else(no_such_file)?;
        let found = event.kind.message().and_then(|message| message.media(part));
        let (id, media) = found.ok_or_else(no_such_file)?;
        let (name, mime) = (media.name_in(id), media.mime.to_string());
        Ok(FileFacts { name, mime, media: media.clone() })
    }

    /// Fetches a file from WhatsApp.
    ///
    /// # Errors
    ///
    /// As [`Gateway::file_facts`], and `NotFound` when WhatsApp does not have it any more, `Invalid`
    /// when it is larger than what is handed out, or not what the message says, `WrongState` while the
    /// instance is not online, `Unreachable` when no host gives it in time.
    pub async fn fetch_file(&self, place: FilePlace) -> Result<FetchedFile, Error> {
        let facts = self.file_facts(place).await?;
        let files = &self.parts().files;
        let bytes_max = files.bytes_max();
        if facts.media.bytes > bytes_max {
            return Err(Error::new(Kind::Invalid, "the file is larger than what is handed out"));
        }
        let (kind, file) = (facts.media.kind, facts.media.file.clone());
        let file = file.ok_or_else(|| {
            Error::new(Kind::NotFound, "the message does not say where its file is")
        })?;
        let turn = files.turns.acquire().await.map_err(|closed| {
            Error::new(Kind::Internal, "no files are fetched any more").because(closed)
        })?;
        let deed =
            self.ask_line(place.instance, move |line| line.fetch_media(kind, file, bytes_max));
        let bytes = deed.await?.await?;
        drop(turn);
        Ok(FetchedFile { facts, bytes })
    }

    /// The event that tells of a message of this chat, newest first; a few thousand are looked
    /// through. `None` when none of them is it.
    ///
    /// # Errors
    ///
    /// `Internal` when the store fails.
    pub async fn find_message(
        &self,
        instance: InstanceId,
        chat: &Address,
        id: &MessageId,
    ) -> Result<Option<Event>, Error> {
        for name in [EventName::MessageReceived, EventName::MessageSent] {
            let found = self.find_message_among(instance, name, chat, id).await?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    async fn find_message_among(
        &self,
        instance: InstanceId,
        name: EventName,
        chat: &Address,
        id: &MessageId,
    ) -> Result<Option<Event>, Error> {
        let journal = &self.parts().ports.journal;
        let (mut before, mut looked_through) = (None, 0);
        while looked_through < LOOKED_THROUGH_MAX {
            let page = journal.newest(instance, name, before, PAGE).await?;
            let Some(oldest) = page.last() else { break };
            before = Some(oldest.sequence);
            looked_through += page.len();
            let is_it = |event: &Event| {
                event.kind.message().is_some_and(|it| it.id == *id && it.is_in(chat))
            };
            if let Some(found) = page.into_iter().find(is_it) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}

fn no_such_file() -> Error {
    Error::new(Kind::NotFound, "there is no such file, or it is not kept any more")
}

/// The first byte of every pass; another one means another form.
const VERSION: u8 = 1;

const ID_LENGTH: usize = 16;
const NUMBER_LENGTH: usize = 8;

/// The version, the instance, the sequence, the part.
const NAMED_LENGTH: usize = 1 + ID_LENGTH + NUMBER_LENGTH + 1;

impl FilePlace {
    fn pass(&self, keyring: &Keyring) -> String {
        let mut bytes = Vec::with_capacity(NAMED_LENGTH + size_of::<FileProof>());
        bytes.push(VERSION);
        bytes.extend(self.instance.to_bytes());
        bytes.extend(self.sequence.0.to_be_bytes());
        bytes.push(match self.part {
            MediaPart::Own => 0,
            MediaPart::Quoted => 1,
        });
        let proof = keyring.file_proof(&bytes);
        bytes.extend(proof);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// `None` for one that we never gave out.
    fn of_pass(pass: &str, keyring: &Keyring) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(pass).ok()?;
        let (named, proof) = bytes.split_first_chunk::<NAMED_LENGTH>()?;
        let proof = FileProof::try_from(proof).ok()?;
        if !keyring.is_file_proof(named, &proof) {
            return None;
        }
        let (version, rest) = named.split_first()?;
        let (id, rest) = rest.split_first_chunk::<ID_LENGTH>()?;
        let (number, part) = rest.split_first_chunk::<NUMBER_LENGTH>()?;
        let part = match (*version, part) {
            (VERSION, [0]) => MediaPart::Own,
            (VERSION, [1]) => MediaPart::Quoted,
            _ => return None,
        };
        let sequence = Sequence(u64::from_be_bytes(*number));
        Some(Self { instance: InstanceId::from_bytes(*id), sequence, part })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(part: MediaPart) -> FilePlace {
        let instance = InstanceId::from_random_bytes([7; 16]);
        FilePlace { instance, sequence: Sequence(300), part }
    }

    #[test]
    fn a_pass_names_the_place_that_it_was_made_for() {
        let keyring = Keyring::from_master(&[1; 32]);
        for part in [MediaPart::Own, MediaPart::Quoted] {
            let pass = place(part).pass(&keyring);
            assert_eq!(FilePlace::of_pass(&pass, &keyring), Some(place(part)));
            assert_eq!(pass, place(part).pass(&keyring), "the same each time");
            assert_eq!(FilePlace::of_pass(&pass, &Keyring::from_master(&[2; 32])), None);
        }
    }

    #[test]
    fn a_pass_that_was_changed_anywhere_opens_nothing() {
        let keyring = Keyring::from_master(&[1; 32]);
        let pass = URL_SAFE_NO_PAD.decode(place(MediaPart::Own).pass(&keyring)).unwrap();
        let opens = |bytes: &[u8]| FilePlace::of_pass(&URL_SAFE_NO_PAD.encode(bytes), &keyring);
        assert!(opens(&pass).is_some());
        for place in 0..pass.len() {
            let mut changed = pass.clone();
            changed[place] ^= 1;
            assert_eq!(opens(&changed), None, "byte {place}");
        }
        for length in 0..pass.len() {
            assert_eq!(opens(&pass[..length]), None, "{length} bytes");
        }
        assert_eq!(opens(&[&pass[..], &[0]].concat()), None);
        assert_eq!(FilePlace::of_pass("", &keyring), None);
        assert_eq!(FilePlace::of_pass("/../\u{e9}", &keyring), None);
    }
}
