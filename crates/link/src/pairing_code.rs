//! Linking by a code that is typed on the phone.
//!
//! The library tells the outcome by an event, in order with all others, so nothing is answered
//! here.

use std::future::pending;
use std::sync::Arc;

use waygate_core::instance::pairing::PairingRefusal;
use waygate_core::phone::PhoneNumber;
use whatsapp_rust::client::NodeFilter;
use whatsapp_rust::pair_code::{PairCodeOptions, PairCodeRejection};
use whatsapp_rust::types::events::PairingCodeError;
use whatsapp_rust::{Client, OwnedNodeRef, futures};

/// Asks for a code. What comes of it is an event of the library.
pub(crate) async fn request(client: Arc<Client>, phone: PhoneNumber) {
    let options =
        PairCodeOptions { phone_number: phone.digits().to_owned(), ..PairCodeOptions::default() };
    // The error has been told by the event; its words may quote what was sent.
    if client.pair_with_code(options).await.is_err() {
        tracing::debug!("WhatsApp gave no pairing code");
    }
}

/// The library's reason in our words.
pub(crate) fn refusal(error: &PairingCodeError) -> PairingRefusal {
    match error.rejection {
        Some(PairCodeRejection::BadRequest | PairCodeRejection::Forbidden) => {
            PairingRefusal::NumberRefused
        }
        Some(PairCodeRejection::RateOverlimit) => {
            PairingRefusal::TooMany { retry_after: error.backoff }
        }
        Some(PairCodeRejection::FeatureNotAvailable) => PairingRefusal::NotAvailable,
        Some(PairCodeRejection::InternalServerError | PairCodeRejection::Unknown(_)) | None => {
            PairingRefusal::Failed
        }
    }
}

type Stanza = futures::channel::oneshot::Receiver<Arc<OwnedNodeRef>>;

/// Notices that a phone typed the code, which the library keeps to itself. From then on the ADV
/// secret is the one that the two agreed on by the code (whatsapp-rust 0.7.0,
/// `pair_code.rs`: `run_stage_two`), and QR codes with the secret before it link nothing.
pub(crate) struct CodeTyped(Option<Stanza>);

impl CodeTyped {
    pub(crate) fn of(client: &Client) -> Self {
        Self(Some(stanza(client)))
    }

    /// Waits for the phone's answer, once. May be dropped half-way.
    pub(crate) async fn next(&mut self, client: &Client) {
        while let Some(waiting) = &mut self.0 {
            let said = waiting.await;
            self.0 = None;
            let Ok(said) = said else { break };
            if is_primary_hello(&said.to_owned_node()) {
                return;
            }
            self.0 = Some(stanza(client));
        }
        pending::<()>().await;
    }
}

fn stanza(client: &Client) -> Stanza {
    let filter = NodeFilter::tag("notification").attr("type", "link_code_companion_reg");
    client.wait_for_node(filter)
}

fn is_primary_hello(notification: &whatsapp_rust::wacore_binary::Node) -> bool {
    notification
        .get_optional_child("link_code_companion_reg")
        .and_then(|stage| stage.attrs.get("stage"))
        .is_some_and(|stage| *stage == "primary_hello")
}
