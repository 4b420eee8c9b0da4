//! Use cases of sending: accepting messages, the queue in which they wait, and what became of them.
//!
//! A message is accepted when it is written down with the id under which it will go. Everything after
//! that, in this process or in a later one, is the [sender](crate::sender)'s.

use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use waygate_core::error::{Error, Kind};
use waygate_core::event::{EventKind, EventName, NewEvent};
use waygate_core::id::InstanceId;
use waygate_core::instance::state::StateName;
use waygate_core::message::address::{Address, AddressKind};
use waygate_core::message::outgoing::{Outgoing, OutgoingContent, TEXT_CHARS_MAX};
use waygate_core::message::queued::{MessageRecord, QueuedMessage, WAITS_FOR};
use waygate_core::message::status::{Progress, SendFailure, Status, StatusChanged};
use waygate_core::message::{Message, MessageId, Quoted};
use waygate_core::port::kept_answers::Creation;
use waygate_core::port::outbox::{Acceptance, Settlement};

use crate::gateway::Gateway;
use crate::idempotency::Keeping;

/// The most messages of an instance that wait.
pub const QUEUE_MAX: u32 = 10_000;

/// How long it is known what became of a message.
pub const MESSAGES_KNOWN_FOR: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// When to come back with a message for which there is no room.
const ROOM_WITHIN: Duration = Duration::from_secs(60);

/// How far back a quoted message is looked for, in messages that came and in messages that went.
const QUOTED_AMONG: u32 = 500;

/// Messages that leave a queue together.
const CLEARED_AT_ONCE: usize = 64;

/// A message to be sent.
#[derive(Debug, Clone)]
pub struct NewMessage {
    /// Where to: a person or a group.
    pub chat: Address,
    /// What it says.
    pub content: OutgoingContent,
    /// The message that it answers.
    pub quoted: Option<NewQuote>,
}

/// A message that is answered, as far as somebody who answers has to know it.
#[derive(Debug, Clone)]
pub struct NewQuote {
    /// What its sender called it.
    pub id: MessageId,
    /// Who wrote it, where that is said.
    pub sender: Option<Address>,
}

impl Gateway {
    /// Accepts a message. It is sent as soon as those before it were and the instance is online, and
    /// given up after [`WAITS_FOR`]. One that is accepted while no account is linked goes with the
    /// account that is linked first, and any other one only with the account of now.
    ///
    /// # Errors
    ///
    /// `Invalid` for a chat that is neither a person nor a group, and for a text that is empty or longer
    /// than [`TEXT_CHARS_MAX`] characters; `Limited` when [`QUEUE_MAX`] messages wait; `NotFound` when
    /// the instance does not run.
    pub async fn send_message(
        &self,
        instance: InstanceId,
        new: NewMessage,
    ) -> Result<MessageRecord, Error> {
        self.send_message_keeping(instance, new, None).await
    }

    /// The same, with an answer kept in the same transaction.
    ///
    /// # Errors
    ///
    /// As [`Gateway::send_message`].
    pub async fn send_message_keeping(
        &self,
        instance: InstanceId,
        new: NewMessage,
        keeping: Option<Keeping<MessageRecord>>,
    ) -> Result<MessageRecord, Error> {
        check(&new)?;
        let account = self.account_of(instance).await?;
        let quoted = match new.quoted {
            Some(quote) => Some(self.quoted(instance, &new.chat, quote, account.as_deref()).await?),
            None => None,
        };
        let (id, now) = (MessageId::from_random_bytes(self.parts().dice.bytes()), self.now());
        let status = Status::Reached(Progress::Queued);
        let record =
            MessageRecord { id: id.clone(), chat: new.chat.clone(), by_api: true, status, at: now };
        let message = Outgoing { id, chat: new.chat, content: new.content, quoted };
        let message =
            QueuedMessage { message, account, accepted_at: now, expires_at: now + WAITS_FOR };
        let acceptance = Acceptance { instance, message, queue_max: QUEUE_MAX };
        let creation = Creation::Message(Box::new(acceptance));
        self.create(creation, &record, keeping.as_ref()).await.map_err(|error| {
            let full = Kind::Limited { retry_after: ROOM_WITHIN };
            if error.kind() == Kind::WrongState {
                Error::new(full, "the queue of messages is full").because(error)
            } else {
                error
            }
        })?;
        self.parts().mailroom.tell(instance);
        Ok(record)
    }

    /// The messages that wait, in the order in which they will be sent, at most `limit`.
    ///
    /// # Errors
    ///
    /// `Internal` when the store fails.
    pub async fn queued_messages(
        &self,
        instance: InstanceId,
        limit: u32,
    ) -> Result<Vec<QueuedMessage>, Error> {
        self.parts().ports.outbox.queued_messages(instance, limit).await
    }

    /// How many messages wait.
    ///
    /// # Errors
    ///
    /// `Internal` when the store fails.
    pub async fn count_queued_messages(&self, instance: InstanceId) -> Result<u64, Error> {
        self.parts().ports.outbox.count_queued_messages(instance).await
    }

    /// Gives up all messages that wait, but for one that is on its way already. Tells how many.
    ///
    /// # Errors
    ///
    /// `Internal` when the store fails: then some of them still wait.
    pub async fn clear_queued_messages(&self, instance: InstanceId) -> Result<u64, Error> {
        let queued = self.parts().ports.outbox.queued_messages(instance, QUEUE_MAX).await?;
        let cleared = stream::iter(queued)
            .map(|QueuedMessage { message, .. }| {
                self.give_up(instance, message.id, message.chat, SendFailure::Cleared)
            })
            .buffered(CLEARED_AT_ONCE)
            .try_fold(0, async |sum, gone| Ok(sum + u64::from(gone)))
            .await?;
        tracing::info!(%instance, cleared, "waiting messages were cleared");
        Ok(cleared)
    }

    /// What became of a message of the instance's account; `None` when nothing is known of it.
    ///
    /// # Errors
    ///
    /// `Internal` when the store fails.
    pub async fn message_record(
        &self,
        instance: InstanceId,
        id: MessageId,
    ) -> Result<Option<MessageRecord>, Error> {
        self.parts().ports.outbox.message_record(instance, id).await
    }

    /// Takes a message off the queue that will not be sent. `false` when it does not wait any more, or
    /// is on its way.
    pub(crate) async fn give_up(
        &self,
        instance: InstanceId,
        id: MessageId,
        chat: Address,
        failure: SendFailure,
    ) -> Result<bool, Error> {
        let Some(_claim) = self.parts().mailroom.claim(instance, &id) else { return Ok(false) };
        let status = Status::Failed(failure);
        self.settle_message(instance, id, chat, (status, None)).await
    }

    /// Takes a message off the queue, and has the journal say what became of it; where it was sent, what
    /// was sent. `false` when it does not wait any more.
    pub(crate) async fn settle_message(
        &self,
        instance: InstanceId,
        id: MessageId,
        chat: Address,
        (status, sent): (Status, Option<EventKind>),
    ) -> Result<bool, Error> {
        let (parts, at) = (self.parts(), self.now());
        let step = StatusChanged { id: id.clone(), chat, status, by_api: true, by: None };
        let told = sent.into_iter().chain([EventKind::MessageStatus(step)]);
        let events = told.map(NewEvent::from).collect();
        let events = parts.scribe.with_topics(instance, events).await?;
        let settlement = Settlement { id, status, at, events };
        let settled = parts.ports.outbox.settle_queued_message(instance, settlement).await?;
        if settled {
            parts.scribe.tell(instance);
        }
        Ok(settled)
    }

    pub(crate) async fn forget_messages(&self) {
        let outbox = &self.parts().ports.outbox;
        match outbox.forget_messages(self.now() - MESSAGES_KNOWN_FOR).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "old records of messages were forgotten"),
            Err(error) => {
                let cause = error.with_causes();
                tracing::error!(cause, "old records of messages could not be forgotten");
            }
        }
    }

    /// The number of the account that is linked, if one is.
    async fn account_of(&self, instance: InstanceId) -> Result<Option<Box<str>>, Error> {
        let running = self.find(instance)?;
        let shown = {
            let machine = running.shown.borrow();
            (machine.state().name() != StateName::Pending)
                .then(|| machine.state().linked().cloned())
        };
        let linked = match shown {
            Some(linked) => linked,
            // It has not looked yet.
            None => self.parts().ports.linker.linked_account(instance).await?,
        };
        Ok(linked.map(|account| account.phone.into()))
    }

    /// The message that is answered, as the answer repeats it: with its words and its writer, where the
    /// journal still has it.
    async fn quoted(
        &self,
        instance: InstanceId,
        chat: &Address,
        quote: NewQuote,
        own: Option<&str>,
    ) -> Result<Quoted, Error> {
        let NewQuote { id, sender } = quote;
        let journal = &self.parts().ports.journal;
        for name in [EventName::MessageReceived, EventName::MessageSent] {
            let events = journal.newest(instance, name, None, QUOTED_AMONG).await?;
            let mut messages = events.into_iter().filter_map(|event| message_of(event.kind));
            if let Some(found) = messages.find(|message| message.id == id) {
                let sender = sender.or(Some(found.sender));
                return Ok(Quoted { id, sender, content: Some(Box::new(found.content)) });
            }
        }
        if sender.is_some() || !chat.is_person() {
            return Ok(Quoted { id, sender, content: None });
        }
        // In a chat of two it is one of them.
        let is_own = self.message_record(instance, id.clone()).await?.is_some();
        let sender = match own.filter(|_own| is_own) {
            Some(own) => Address::person(own).ok(),
            None => Some(chat.clone()),
        };
        Ok(Quoted { id, sender, content: None })
    }
}

fn message_of(kind: EventKind) -> Option<Message> {
    if let EventKind::MessageReceived(message) = kind {
        Some(*message)
    } else if let EventKind::MessageSent(sent) = kind {
        Some(sent.message)
    } else {
        None
    }
}

fn check(new: &NewMessage) -> Result<(), Error> {
    let invalid = |sentence| Err(Error::new(Kind::Invalid, sentence));
    match new.chat.kind() {
        AddressKind::Person if new.chat.phone().is_none() => {
            return invalid("a phone number has 7 to 15 digits and begins with the country's code");
        }
        AddressKind::Person | AddressKind::HiddenPerson | AddressKind::Group => {}
        AddressKind::Channel | AddressKind::Broadcast => {
            return invalid("messages can be sent to people and to groups");
        }
    }
    let OutgoingContent::Text(text) = &new.content;
    match text.body.chars().count() {
        0 => invalid("the text is empty"),
        1..=TEXT_CHARS_MAX => Ok(()),
        _ => invalid("the text is longer than 65536 characters"),
    }
}
