//! `senderData`: who wrote it, and where.

use serde::Serialize;
use waygate_core::message::{Message, Origin};

use super::Told;
use crate::wire::chat_id::chat_id;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SenderData<'a> {
    chat_id: String,
    sender: String,
    chat_name: &'a str,
    sender_name: &'a str,
    /// As the account's owner calls the sender in the phone's address book, of which nothing is known.
    sender_contact_name: &'static str,
}

impl<'a> SenderData<'a> {
    pub(super) fn of(message: &'a Message, origin: Option<Origin>, told: Told<'_>) -> Self {
        let sender_name = message.sender_name.as_deref().unwrap_or_default();
        let hidden = message.sender_hidden.as_ref();
        let sender = told.person(&message.sender, hidden);
        // In a chat of two the other one, who writes what comes and not what goes.
        let is_with_sender = message.chat.is_person() && origin.is_none();
        let (chat_id, chat_name) = if is_with_sender {
            (told.person(&message.chat, hidden), sender_name)
        } else {
            (chat_id(&message.chat), "")
        };
        let chat_name = message.chat_name.as_deref().unwrap_or(chat_name);
        Self { chat_id, sender, chat_name, sender_name, sender_contact_name: "" }
    }
}
