//! The hands on a phone's messages: writing, looking, reading.

use wacore_binary::Jid;
use waproto::{codec::message_decode, whatsapp::Message};

use crate::{
    InboxError, InboxMessage, Phone, SendError,
    inbox::InboxReceipt,
    letter::Addressing,
    message_kind::is_empty,
    phone_mail,
    receipt_routes::{Tidings, spread},
    world::DeviceKey,
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

    fn send_message(&self, to: &str, message: &Message) -> Result<String, SendError> {
        let mut world = self.shared.lock();
        let jid = if to.contains('@') { to.parse().ok() } else { Some(Jid::pn(to)) };
        let jid: Jid = jid.ok_or(SendError::Nobody)?;
        let chat = world.device_key(&jid).filter(|chat| chat.device == 0);
        let (chat, addressing) = chat.zip(Addressing::of(&jid)).ok_or(SendError::Nobody)?;
        phone_mail::send(&mut world, &self.number, (&chat.number, addressing), message)
            .ok_or(SendError::Nobody)
    }

    /// The account's messages, the oldest first: what others wrote to it, what the phone wrote, and
    /// what its companions wrote and told it of.
    pub fn inbox(&self) -> Vec<InboxMessage> {
        let world = self.shared.lock();
        let account = world.accounts.get(&self.number);
        account.into_iter().flat_map(|account| account.mailbox.shown().cloned()).collect()
    }

    /// Reads a message that somebody else wrote: its writer is told, and the account's companions.
    pub fn mark_read(&self, id: &str) -> Result<(), InboxError> {
        let mut world = self.shared.lock();
        let at_unix_s = world.clock.unix_s();
        let own = DeviceKey { number: self.number.clone(), device: 0 };
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

    /// Forgets all sessions with other devices, as an application does that was installed anew from
    /// a backup. It cannot read what they write next, and asks for it again.
    pub fn forget_sessions(&self) {
        if let Some(account) = self.shared.lock().accounts.get_mut(&self.number) {
            account.phone.forget_sessions();
        }
    }
}
