//! The hands on a phone's messages: writing, looking, reading.

use std::{collections::BTreeMap, future::pending};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use wacore_binary::Jid;
use waproto::{codec::message_decode, whatsapp::Message};

use crate::{
    ChatState, InboxError, InboxMessage, MediaToSend, Phone, SendError, chat_states,
    inbox::InboxReceipt,
    letter::Addressing,
    media_reading, media_writing, message_json,
    message_kind::is_empty,
    phone_mail, presences,
    receipt_routes::{Tidings, spread},
    world::{DeviceKey, World},
};

/// What a person says of a message by reading it.
const READ: &str = "read";

impl Phone {
    /// Writes a text to an account, given by its number or its address, and returns the message's
    /// id. Whoever is away gets it later.
    pub fn send_text(&self, to: &str, text: &str) -> Result<String, SendError> {
        self.send_message(
            to,
            &Message { conversation: Some(text.to_owned()), ..Message::default() },
        )
    }

    /// As [`Phone::send_text`], with any `Message` as protobuf.
    pub fn send(&self, to: &str, message: &[u8]) -> Result<String, SendError> {
        let message = message_decode(message).map_err(|_not_protobuf| SendError::NotAMessage)?;
        if is_empty(&message) {
            return Err(SendError::NotAMessage);
        }
        self.send_message(to, &message)
    }

    /// As [`Phone::send_text`], with any `Message` as protobuf JSON. What the schema does not know is
    /// refused.
    pub fn send_json(&self, to: &str, message: &str) -> Result<String, SendError> {
        self.send(to, &message_json::to_protobuf(message).map_err(SendError::NotJson)?)
    }

    /// As [`Phone::send_text`], with a file, which is encrypted and put where the account's and the
    /// other's devices can fetch it.
    pub fn send_media(&self, to: &str, media: &MediaToSend) -> Result<String, SendError> {
        let mut world = self.shared.lock();
        let (chat, addressing) = find_chat(&world, to)?;
        let account = world.accounts.get_mut(&self.number).ok_or(SendError::Nobody)?;
        let key = account.dice.bytes();
        let message = media_writing::write(&mut world, key, media)?;
        phone_mail::send(&mut world, &self.number, (&chat, addressing), &message)
            .ok_or(SendError::Nobody)
    }

    /// The file in a message, fetched and opened.
    pub fn media(&self, id: &str) -> Result<Bytes, InboxError> {
        let world = self.shared.lock();
        let account = world.accounts.get(&self.number).ok_or(InboxError::NoSuchFile)?;
        let shown = account.mailbox.message(id).ok_or(InboxError::NoSuchFile)?;
        let message = BASE64_STANDARD.decode(&shown.message).ok();
        let message = message.and_then(|message| message_decode(&message).ok());
        let opened = message.and_then(|message| media_reading::read(&world, &message)?.ok());
        opened.map(|(_, file)| file).ok_or(InboxError::NoSuchFile)
    }

    fn send_message(&self, to: &str, message: &Message) -> Result<String, SendError> {
        let mut world = self.shared.lock();
        let (chat, addressing) = find_chat(&world, to)?;
        phone_mail::send(&mut world, &self.number, (&chat, addressing), message)
            .ok_or(SendError::Nobody)
    }

    /// Shows an account, given by its number or its address, what is done in the chat with it. Its
    /// devices that are away miss it.
    pub fn show_chat_state(&self, to: &str, state: ChatState) -> Result<(), SendError> {
        let mut world = self.shared.lock();
        let (chat, addressing) = find_chat(&world, to)?;
        chat_states::show(&mut world, &self.own_key(), (&chat, addressing), state);
        Ok(())
    }

    /// Whether somebody looks at the phone, which those who watch the account are told of.
    pub fn set_available(&self, available: bool) {
        let mut world = self.shared.lock();
        presences::change(&mut world, &self.number, |world| {
            if let Some(account) = world.accounts.get_mut(&self.number) {
                account.available = available;
            }
        });
    }

    /// What others have shown of themselves last, by their numbers.
    pub fn chat_states(&self) -> BTreeMap<String, ChatState> {
        let world = self.shared.lock();
        let account = world.accounts.get(&self.number);
        account.map(|account| account.mailbox.typing.clone()).unwrap_or_default()
    }

    /// The account's messages, the oldest first: what others wrote to it, what the phone wrote, and
    /// what its companions wrote and told it of.
    pub fn inbox(&self) -> Vec<InboxMessage> {
        let world = self.shared.lock();
        let account = world.accounts.get(&self.number);
        account.into_iter().flat_map(|account| account.mailbox.shown().cloned()).collect()
    }

    /// Waits until `pick` finds something among [`Phone::inbox`], and gives it. Callers set the
    /// deadline.
    pub async fn inbox_has<T>(&self, pick: impl Fn(&[InboxMessage]) -> Option<T>) -> T {
        let changes = {
            let world = self.shared.lock();
            world.accounts.get(&self.number).map(|account| account.mailbox.changes())
        };
        // Accounts are never removed, so there is one, and it outlives whoever waits.
        let Some(mut changes) = changes else { return pending().await };
        loop {
            if let Some(found) = pick(&self.inbox()) {
                return found;
            }
            if changes.changed().await.is_err() {
                return pending().await;
            }
        }
    }

    /// Reads a message that somebody else wrote: its writer is told, and the account's companions.
    pub fn mark_read(&self, id: &str) -> Result<(), InboxError> {
        let mut world = self.shared.lock();
        let at_unix_s = world.clock.unix_s();
        let own = self.own_key();
        let account = world.accounts.get_mut(&self.number).ok_or(InboxError::NoSuchMessage)?;
        let letter = account.mailbox.letter_of_others(&self.number, id).cloned();
        let letter = letter.ok_or(InboxError::NoSuchMessage)?;
        let receipt =
            InboxReceipt { from: self.number.clone(), device: 0, kind: READ.to_owned(), at_unix_s };
        account.mailbox.note(&letter, receipt);
        let tidings =
            Tidings { from: &own, letter: &letter, kind: Some(READ), content: Vec::new() };
        spread(&mut world, &tidings);
        Ok(())
    }

    fn own_key(&self) -> DeviceKey {
        DeviceKey { number: self.number.clone(), device: 0 }
    }
}

/// The account of a number or an address, and how it is spoken of in the chat.
pub(crate) fn find_chat(world: &World, to: &str) -> Result<(String, Addressing), SendError> {
    let jid = if to.contains('@') { to.parse().ok() } else { Some(Jid::pn(to)) };
    let jid: Jid = jid.ok_or(SendError::Nobody)?;
    let chat = world.device_key(&jid).filter(|chat| chat.device == 0);
    let (chat, addressing) = chat.zip(Addressing::of(&jid)).ok_or(SendError::Nobody)?;
    Ok((chat.number, addressing))
}
