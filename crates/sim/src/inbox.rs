//! What a phone shows of its account's messages: what others wrote to it and what it and its
//! companions wrote, with what became of each.

use std::collections::{BTreeMap, VecDeque};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::Serialize;
use tokio::sync::watch;
use waproto::{codec::message_to_vec, whatsapp::Message};

use crate::{
    ChatState, InboxMedia,
    letter::Letter,
    message_kind::{kind_of, text_of},
    world::DeviceKey,
};

/// The messages a phone keeps.
const KEPT_MAX: usize = 1_000;

/// The receipts kept of one message.
const RECEIPTS_KEPT_MAX: usize = 100;

/// A message of one of an account's chats. Its `Debug` does not show what it says.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct InboxMessage {
    /// The message's id, which its sender has chosen.
    pub id: String,
    /// The number of the account that wrote it.
    pub from: String,
    /// The device that wrote it; 0 is the phone.
    pub device: u16,
    /// The number of the account that it was written to.
    pub to: String,
    /// The name of the field of the protobuf `Message` that is set, or `other`.
    pub kind: &'static str,
    /// The words of a text message.
    pub text: Option<String>,
    /// The file in it, if there is one that the phone could open.
    pub media: Option<InboxMedia>,
    /// The whole `Message` as protobuf, in base64.
    pub message: String,
    /// When it was sent, in seconds since 1970.
    pub at_unix_s: u64,
    /// What devices have said of it, in order.
    pub receipts: Vec<InboxReceipt>,
}

/// What a device has said of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InboxReceipt {
    /// The number of the account that said it.
    pub from: String,
    /// The device that said it.
    pub device: u16,
    /// The type of the receipt; `delivery` when it had none.
    pub kind: String,
    /// When, in seconds since 1970.
    pub at_unix_s: u64,
}

impl std::fmt::Debug for InboxMessage {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { id, from, device, to, kind, at_unix_s, receipts, .. } = self;
        formatter
            .debug_struct("InboxMessage")
            .field("id", id)
            .field("from", from)
            .field("device", device)
            .field("to", to)
            .field("kind", kind)
            .field("at_unix_s", at_unix_s)
            .field("receipts", receipts)
            .finish_non_exhaustive()
    }
}

/// What became of a message that was put into a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Filed {
    New,
    /// It was there before.
    Again,
    /// Another message was there under the same id.
    Contradicted,
}

/// A phone's messages. Has no `Debug`: they are nobody's business.
#[derive(Default)]
pub(crate) struct Mailbox {
    shown: VecDeque<(Letter, InboxMessage)>,
    /// What the phone wrote itself, to be sent again when a device cannot read it.
    own: VecDeque<(Letter, Message)>,
    /// Told of whenever what is shown has changed.
    changed: watch::Sender<()>,
    /// How often the phone has asked for messages that it could not read.
    asked: BTreeMap<(DeviceKey, String), u32>,
    /// What others do in their chats with this account, by their numbers.
    pub(crate) typing: BTreeMap<String, ChatState>,
}

impl std::fmt::Debug for Mailbox {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Mailbox").field("shown", &self.shown.len()).finish_non_exhaustive()
    }
}

impl Mailbox {
    /// The messages, the oldest first.
    pub(crate) fn shown(&self) -> impl Iterator<Item = &InboxMessage> {
        self.shown.iter().map(|(_, message)| message)
    }

    /// Hears of every change of what is shown from now on.
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// Files a message.
    pub(crate) fn file(
        &mut self,
        letter: &Letter,
        (message, media): (&Message, Option<InboxMedia>),
        unix_s: u64,
    ) -> Filed {
        let encoded = BASE64_STANDARD.encode(message_to_vec(message));
        if let Some((_, known)) = self.find(&letter.from.number, &letter.id) {
            // A text that is sent again may come with other particulars, and stays the same text.
            let same = match text_of(message) {
                Some(text) => known.text.as_deref() == Some(text),
                None => known.message == encoded,
            };
            return if same { Filed::Again } else { Filed::Contradicted };
        }
        let shown = InboxMessage {
            id: letter.id.clone(),
            from: letter.from.number.clone(),
            device: letter.from.device,
            to: letter.chat.clone(),
            kind: kind_of(message).name,
            text: text_of(message).map(str::to_owned),
            media,
            message: encoded,
            at_unix_s: unix_s,
            receipts: Vec::new(),
        };
        keep(&mut self.shown, (letter.clone(), shown));
        self.changed.send_replace(());
        Filed::New
    }

    /// Notes a receipt; of what is not known, it says nothing.
    pub(crate) fn note(&mut self, letter: &Letter, receipt: InboxReceipt) {
        if let Some((_, known)) = self.find(&letter.from.number, &letter.id)
            && known.receipts.len() < RECEIPTS_KEPT_MAX
        {
            known.receipts.push(receipt);
            self.changed.send_replace(());
        }
    }

    /// The newest message of this id, whoever has written it.
    pub(crate) fn message(&self, id: &str) -> Option<&InboxMessage> {
        self.shown.iter().rev().map(|(_, message)| message).find(|message| message.id == id)
    }

    /// The newest letter of this id that somebody else has written.
    pub(crate) fn letter_of_others(&self, own: &str, id: &str) -> Option<&Letter> {
        let letters = self.shown.iter().rev().map(|(letter, _)| letter);
        letters.into_iter().find(|letter| letter.id == id && letter.from.number != own)
    }

    /// Keeps what the phone has written itself.
    pub(crate) fn keep_own(&mut self, letter: Letter, message: Message) {
        keep(&mut self.own, (letter, message));
    }

    /// What the phone has written itself under this id.
    pub(crate) fn own(&self, id: &str) -> Option<(Letter, Message)> {
        self.own.iter().find(|(letter, _)| letter.id == id).cloned()
    }

    /// Counts a wish for a message again; the number of it.
    pub(crate) fn ask_again(&mut self, writer: &DeviceKey, id: &str) -> u32 {
        if self.asked.len() >= KEPT_MAX {
            self.asked.pop_first();
        }
        let count = self.asked.entry((writer.clone(), id.to_owned())).or_default();
        *count += 1;
        *count
    }

    fn find(&mut self, writer: &str, id: &str) -> Option<&mut (Letter, InboxMessage)> {
        self.shown.iter_mut().find(|(letter, _)| letter.id == id && letter.from.number == writer)
    }
}

fn keep<T>(kept: &mut VecDeque<T>, item: T) {
    kept.push_back(item);
    if kept.len() > KEPT_MAX {
        kept.pop_front();
    }
}
