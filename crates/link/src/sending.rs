//! Messages on their way to WhatsApp.
//!
//! What the library does, by its sources (whatsapp-rust 0.7.0): `send_message_with_options` takes the id
//! that we chose (`SendOptions::with_message_id`), encrypts, and before the stanza is on the wire has the
//! ratchet's advance on the disk, or gives up (`send/mod.rs`, `persist_signal_state_pre_wire`). It is
//! done when the stanza is written; whether WhatsApp took the message says a later `ack`, of which it
//! makes an `Event::ServerAck`, also where the `ack` is a refusal (`client/node_io.rs`,
//! `take_ack_waiter`): "a nacked send still resolves Ok". So the outcome waits for that.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;
use waygate_core::message::MessageId;
use waygate_core::message::address::{Address, AddressKind};
use waygate_core::message::outgoing::{Outgoing, OutgoingContent, Unsent};
use waygate_core::message::status::SendFailure;
use waygate_core::port::link::Deed;
use whatsapp_rust::client::ClientError;
use whatsapp_rust::features::ContactError;
use whatsapp_rust::request::IqError;
use whatsapp_rust::send::{SendError, SendOptions};
use whatsapp_rust::types::events::ServerAck;
use whatsapp_rust::{Client, Jid};

use crate::composing;
use crate::profile::ClientSlot;
use crate::registered::Registered;
use crate::runtime::ConnectionTasks;

/// How long a message may take until it is written: twice the library's own limit for one question to
/// WhatsApp (75 s), since for a new chat it asks for the receiver's devices and for their keys.
const WRITTEN_WITHIN: Duration = Duration::from_secs(150);

/// How long WhatsApp may take to acknowledge a message. The library calls a connection dead that is
/// silent for 20 s after a ping, and pings every 15 to 30 s.
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_secs(60);

/// The messages of one connection that WhatsApp has not acknowledged yet.
#[derive(Clone, Default)]
pub(crate) struct Acks(Arc<Mutex<Awaited>>);

/// Who waits for the acknowledgement of which message.
type Awaited = BTreeMap<Box<str>, oneshot::Sender<Result<(), Refused>>>;

/// WhatsApp's code for a refusal, where it is a number.
type Refused = Option<u16>;

impl fmt::Debug for Acks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Acks")
    }
}

impl Acks {
    /// To be called before the message can be on the wire.
    fn expect(&self, id: &MessageId) -> Expected {
        let (acknowledged, outcome) = oneshot::channel();
        self.lock().insert(id.as_str().into(), acknowledged);
        Expected { acks: self.clone(), id: id.clone(), outcome }
    }

    /// WhatsApp acknowledged something: a message of ours, or another stanza.
    pub(crate) fn take(&self, ack: &ServerAck) {
        let is_message = ack.class.as_deref().is_none_or(|class| class == "message");
        let waiting = is_message.then(|| self.lock().remove(ack.id.as_str())).flatten();
        let Some(waiting) = waiting else { return };
        let outcome = match &ack.error {
            None => Ok(()),
            Some(code) => Err(code.parse().ok()),
        };
        if waiting.send(outcome).is_err() {
            tracing::debug!("nobody waited for the acknowledgement of a message");
        }
    }

    fn lock(&self) -> MutexGuard<'_, Awaited> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An acknowledgement that is waited for until this is dropped.
struct Expected {
    acks: Acks,
    id: MessageId,
    outcome: oneshot::Receiver<Result<(), Refused>>,
}

impl Drop for Expected {
    fn drop(&mut self) {
        self.acks.lock().remove(self.id.as_str());
    }
}

/// The messages of the account that a connection is logged in to.
#[derive(Clone)]
pub(crate) struct Sending {
    pub(crate) client: ClientSlot,
    pub(crate) tasks: ConnectionTasks,
    pub(crate) acks: Acks,
    pub(crate) registered: Registered,
}

impl fmt::Debug for Sending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sending")
    }
}

impl Sending {
    /// See [`waygate_core::port::link::Line::send`].
    pub(crate) fn send(&self, message: Outgoing) -> Deed<'static, Result<(), Unsent>> {
        let sending = self.clone();
        let (answer, answered) = oneshot::channel();
        Box::pin(async move {
            let tasks = sending.tasks.clone();
            tasks.start(Box::pin(async move {
                if answer.send(sending.carry(message).await).is_err() {
                    tracing::debug!("nobody waited for what came of a message");
                }
            }));
            // Without an answer, it ended with its connection.
            answered.await.unwrap_or(Err(Unsent::Unreached))
        })
    }

    async fn carry(&self, message: Outgoing) -> Result<(), Unsent> {
        let (client, _own) = self.client.logged_in().map_err(|_offline| Unsent::Unreached)?;
        let is_group = message.chat.kind() == AddressKind::Group;
        let expected = self.acks.expect(&message.id);
        let written = timeout(WRITTEN_WITHIN, self.write(&client, message)).await;
        written.unwrap_or(Err(Unsent::Unreached))?;
        let mut expected = expected;
        match timeout(ACKNOWLEDGED_WITHIN, &mut expected.outcome).await {
            Ok(Ok(Ok(()))) => Ok(()),
            Ok(Ok(Err(code))) => Err(refusal(code, is_group)),
            Ok(Err(_gone)) => Err(Unsent::Unreached),
            Err(_elapsed) => {
                // The same id goes once over a connection, so it is sent again over the next one.
                tracing::warn!("WhatsApp did not acknowledge a message; the connection ends");
                self.tasks.declare_fault();
                Err(Unsent::Unreached)
            }
        }
    }

    async fn write(&self, client: &Client, message: Outgoing) -> Result<(), Unsent> {
        let Outgoing { id, chat, content, quoted } = message;
        let to = self.receiver(client, &chat).await?;
        let is_group = chat.kind() == AddressKind::Group;
        let OutgoingContent::Text(text) = content;
        let composed = composing::text(&text, quoted.as_ref());
        let options = SendOptions::default().with_message_id(id.as_str());
        match client.send_message_with_options(to, composed, options).await {
            Ok(_sent) => Ok(()),
            Err(error) => Err(translate(&error, is_group)),
        }
    }

    /// Where WhatsApp has whoever this names; for a number that may be another spelling of it.
    async fn receiver(&self, client: &Client, chat: &Address) -> Result<Jid, Unsent> {
        match chat.kind() {
            AddressKind::Person => match self.registered.find(client, chat).await {
                Ok(Some(jid)) => Ok(jid),
                Ok(None) => Err(Unsent::Refused(SendFailure::NoAccount)),
                Err(ContactError::InvalidJid(_)) => Err(Unsent::Refused(SendFailure::NoAccount)),
                Err(_) => Err(Unsent::Unreached),
            },
            AddressKind::HiddenPerson => Ok(Jid::lid(chat.name())),
            AddressKind::Group => Ok(Jid::group(chat.name())),
            AddressKind::Channel | AddressKind::Broadcast => {
                Err(Unsent::Refused(SendFailure::Refused(None)))
            }
        }
    }
}

/// What an `ack` with this code means: 463 that the account may not write to strangers at the moment,
/// 429 and 5xx that it is WhatsApp's own trouble, which passes.
fn refusal(code: Refused, is_group: bool) -> Unsent {
    match code {
        Some(463 | 475) => Unsent::Refused(SendFailure::Restricted),
        Some(401 | 403 | 404) if is_group => Unsent::Refused(SendFailure::NotInGroup),
        Some(404) => Unsent::Refused(SendFailure::NoAccount),
        Some(429 | 500..600) => Unsent::Unreached,
        code => Unsent::Refused(SendFailure::Refused(code)),
    }
}

/// Our words for a message that was not written. The library's own may quote what was sent, so only
/// numbers go on into a log.
#[expect(clippy::wildcard_enum_match_arm, reason = "foreign enums that may grow")]
fn translate(error: &SendError, is_group: bool) -> Unsent {
    match error {
        SendError::Iq(IqError::ServerError { code, .. })
        | SendError::Client(ClientError::Iq(IqError::ServerError { code, .. })) => {
            tracing::warn!(code, "WhatsApp refused what a message needs");
            refusal(Some(*code), is_group)
        }
        SendError::Client(_) | SendError::NotLoggedIn | SendError::Iq(_) => Unsent::Unreached,
        SendError::InvalidRequest(_) => Unsent::Refused(SendFailure::Refused(None)),
        _ => Unsent::Fault,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> MessageId {
        MessageId::from_random_bytes([1; 9])
    }

    fn ack(class: Option<&str>, error: Option<&str>) -> ServerAck {
        ServerAck::builder()
            .id(id().as_str().to_owned())
            .maybe_class(class.map(str::to_owned))
            .maybe_error(error.map(str::to_owned))
            .build()
    }

    #[tokio::test]
    async fn only_the_acknowledgement_of_the_message_itself_counts() {
        let acks = Acks::default();
        let mut expected = acks.expect(&id());
        acks.take(&ack(Some("receipt"), None));
        expected.outcome.try_recv().unwrap_err();
        acks.take(&ack(Some("message"), Some("463")));
        assert_eq!((&mut expected.outcome).await.unwrap(), Err(Some(463)));
        acks.take(&ack(Some("message"), None));
        drop(expected);
        let expected = acks.expect(&id());
        drop(expected);
        assert!(acks.lock().is_empty(), "nothing is kept of what nobody waits for");
    }

    #[test]
    fn every_refusal_has_its_meaning() {
        let refused = |code| Unsent::Refused(SendFailure::Refused(code));
        for (code, is_group, expected) in [
            (Some(463), false, Unsent::Refused(SendFailure::Restricted)),
            (Some(475), false, Unsent::Refused(SendFailure::Restricted)),
            (Some(403), true, Unsent::Refused(SendFailure::NotInGroup)),
            (Some(404), true, Unsent::Refused(SendFailure::NotInGroup)),
            (Some(404), false, Unsent::Refused(SendFailure::NoAccount)),
            (Some(403), false, refused(Some(403))),
            (Some(479), false, refused(Some(479))),
            (None, false, refused(None)),
            (Some(429), false, Unsent::Unreached),
            (Some(503), true, Unsent::Unreached),
        ] {
            assert_eq!(refusal(code, is_group), expected, "{code:?}");
        }
    }

    #[tokio::test]
    async fn without_a_login_nothing_is_sent() {
        let sending = Sending {
            client: ClientSlot::default(),
            tasks: ConnectionTasks::new(),
            acks: Acks::default(),
            registered: Registered::default(),
        };
        let text = waygate_core::message::content::Text::plain("canary");
        let chat = Address::person("15550002222").unwrap();
        let content = OutgoingContent::Text(text);
        let message = Outgoing { id: id(), chat, content, quoted: None };
        assert_eq!(sending.send(message).await, Err(Unsent::Unreached));
    }
}
