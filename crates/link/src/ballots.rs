//! Votes in polls. They are encrypted with a secret that stands in the poll; the library keeps it, some
//! time after the message has come.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use waygate_core::message::address::Address;
use waygate_core::message::arrival::{Arrived, OptionHash, Vote};
use whatsapp_rust::features::PollVoteCiphertext;
use whatsapp_rust::types::events::InboundMessage;
use whatsapp_rust::wacore::types::message::MessageInfo;
use whatsapp_rust::waproto::whatsapp as wa;
use whatsapp_rust::{Client, Jid};

use crate::message::{self, address::alone};

/// Polls of a connection whose secrets are remembered until the library has them for certain.
const REMEMBERED_MAX: usize = 64;

/// The chat and the id of a poll, and its secret.
type Remembered = (String, String, Vec<u8>);

/// Reads votes.
#[derive(Default)]
pub(crate) struct Ballots(Mutex<VecDeque<Remembered>>);

impl Ballots {
    /// What a message tells, and of a vote what was chosen.
    pub(crate) async fn arrived(
        &self,
        client: &Client,
        inbound: &InboundMessage,
        own: Option<&Address>,
    ) -> Option<Arrived> {
        let inner = message::inner(&inbound.message);
        if message::is_poll(inner) {
            self.remember(&inbound.message, inner, &inbound.info);
        }
        let arrived = message::arrived(inbound, own)?;
        let Some(update) = inner.poll_update_message.as_option() else { return Some(arrived) };
        let (message, is_own) = match arrived {
            Arrived::Received(message) => (message, false),
            Arrived::SentElsewhere(message) => (message, true),
            Arrived::Voted(_) | Arrived::StatusSeen(_) | Arrived::CallStepped(_) => return None,
        };
        let creator = creator(&update.poll_creation_message_key, &inbound.info, client);
        let chosen = match &creator {
            Some(creator) => self.open(client, update, &inbound.info, creator).await,
            None => None,
        };
        let poll_sender = creator.as_ref().and_then(alone);
        Some(Arrived::Voted(Vote { message, is_own, poll_sender, chosen }))
    }

    fn remember(&self, whole: &wa::Message, inner: &wa::Message, info: &MessageInfo) {
        let secret = [whole, inner]
            .into_iter()
            .find_map(|message| message.message_context_info.message_secret.clone());
        let Some(secret) = secret else { return };
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() == REMEMBERED_MAX {
            remembered.pop_front();
        }
        let chat = info.source.chat.to_non_ad_string();
        remembered.push_back((chat, info.id.clone(), secret));
    }

    /// The hashes of what was chosen; `None` where the poll's secret is not known, or not the one.
    async fn open(
        &self,
        client: &Client,
        update: &wa::message::PollUpdateMessage,
        info: &MessageInfo,
        creator: &Jid,
    ) -> Option<Vec<OptionHash>> {
        let poll = update.poll_creation_message_key.id.as_deref()?;
        let sealed = PollVoteCiphertext {
            enc_payload: update.vote.enc_payload.as_deref()?,
            enc_iv: update.vote.enc_iv.as_deref()?,
        };
        let secret = self.secret(client, &info.source.chat, creator, poll).await?;
        let voter = &info.source.sender;
        let opened = client.polls().decrypt_vote(sealed, &secret, poll, creator, voter).await;
        let Ok(hashes) = opened else {
            tracing::debug!("a vote was not encrypted with the secret of its poll");
            return None;
        };
        hashes.into_iter().map(|hash| hash.try_into().ok()).collect()
    }

    async fn secret(
        &self,
        client: &Client,
        chat: &Jid,
        creator: &Jid,
        poll: &str,
    ) -> Option<Vec<u8>> {
        let chat = chat.to_non_ad_string();
        if let Some(secret) = self.remembered(&chat, poll) {
            return Some(secret);
        }
        let backend = client.persistence_manager().backend();
        let other = client.get_lid_pn_entry(creator).await.ok().flatten().map(|entry| {
            if creator.is_lid() { Jid::pn(&*entry.phone_number) } else { Jid::lid(&*entry.lid) }
        });
        for creator in std::iter::once(creator).chain(&other) {
            let sender = creator.to_non_ad_string();
            if let Ok(Some(secret)) = backend.get_msg_secret(&chat, &sender, poll).await {
                return Some(secret);
            }
        }
        None
    }

    fn remembered(&self, chat: &str, poll: &str) -> Option<Vec<u8>> {
        let remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = remembered.iter().rev().find(|it| it.0 == chat && it.1 == poll);
        found.map(|(_, _, secret)| secret.clone())
    }
}

/// Who made the poll with this key, by the address under which it was made.
fn creator(key: &wa::MessageKey, info: &MessageInfo, client: &Client) -> Option<Jid> {
    if let Some(participant) = key.participant.as_ref().and_then(|text| text.parse::<Jid>().ok()) {
        return Some(participant.to_non_ad());
    }
    let source = &info.source;
    if key.from_me == Some(true) {
        return Some(source.sender.to_non_ad());
    }
    if source.is_from_me {
        return Some(source.chat.to_non_ad());
    }
    let own = if source.chat.is_lid() { client.lid() } else { client.pn() };
    own.map(|own| own.to_non_ad())
}
