//! The step both ways of linking share: the phone offers a signed identity, the companion
//! countersigns it, the device is linked (docs/internals/sim.md, "Linking").

use serde::Serialize;
use tokio::sync::oneshot;
use wacore_binary::{Node, builder::NodeBuilder};

use crate::{
    LinkError, RefusalKind,
    account::{Account, Device},
    clock::Clock,
    device_identity::{CountersignError, DeviceIdentity, DeviceNumbers},
    prekeys::KeyStock,
    registration::Candidate,
    stanza::{self, attr, child_content},
    world::{ConnectionId, World},
};

/// A device that has just been linked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LinkedDevice {
    /// The account's number.
    pub number: String,
    /// The device's number within the account, from 1.
    pub device: u16,
    /// The index of its key in the account's list of valid devices.
    pub key_index: u32,
    /// The operating system it calls its own.
    pub os: String,
    /// The platform it gives, for example `CHROME`.
    pub platform: String,
}

/// What the companion's answer is waited for with.
pub(crate) type Outcome = Result<LinkedDevice, LinkError>;

/// An identity that was sent and not yet answered.
#[derive(Debug)]
pub(crate) struct Offer {
    iq_id: String,
    number: String,
    device: u16,
    key_index: u32,
    identity: DeviceIdentity,
    waiter: oneshot::Sender<Outcome>,
}

impl Offer {
    /// Whether the phone still waits for the answer.
    pub(crate) fn is_awaited(&self) -> bool {
        !self.waiter.is_closed()
    }
}

impl World {
    /// The phone `number` sends the client of `connection` its signed identity, authenticated
    /// with `adv_secret`. The receiver resolves when the client has answered.
    pub(crate) fn offer(
        &mut self,
        connection: ConnectionId,
        number: &str,
        adv_secret: &[u8; 32],
    ) -> Result<oneshot::Receiver<Outcome>, LinkError> {
        let clock = self.clock;
        let companion = {
            let candidate = self.candidate(connection).ok_or(LinkError::ConnectionGone)?;
            candidate.is_free()?;
            candidate.registration.identity
        };
        let account = self.accounts.get_mut(number).ok_or(LinkError::ConnectionGone)?;
        let Some((device, key_index)) = account.next_numbers() else {
            return Err(self.refuse_full(connection, number));
        };
        let numbers =
            DeviceNumbers { raw_id: account.raw_id, timestamp_unix_s: clock.unix_s(), key_index };
        let identity =
            DeviceIdentity::sign(&account.phone.pair, &mut account.dice, numbers, companion);
        let content = pair_success(account, device, identity.seal(adv_secret));
        let (waiter, answer) = oneshot::channel();
        let candidate = self.candidate(connection).ok_or(LinkError::ConnectionGone)?;
        let iq_id = candidate.next_iq_id();
        let number = number.to_owned();
        candidate.offer =
            Some(Offer { iq_id: iq_id.clone(), number, device, key_index, identity, waiter });
        let stanza =
            stanza::iq_set(&iq_id, "md").attr("t", clock.unix_s()).children([content]).build();
        self.send(connection, stanza);
        Ok(answer)
    }

    /// The phone has no place left for another companion. That is shown to its user; the companion
    /// hears nothing.
    pub(crate) fn refuse_full(&mut self, connection: ConnectionId, number: &str) -> LinkError {
        let detail = format!("{number} has no place left");
        self.refuse(Some(connection), RefusalKind::DeviceLimit, detail);
        LinkError::DeviceLimit
    }

    /// The client's answer to an offer, if `iq` is one. Ends the stream either way it is signed.
    pub(crate) fn take_answer(&mut self, connection: ConnectionId, iq: &Node) -> bool {
        let clock = self.clock;
        let Some(candidate) = self.candidate(connection) else {
            return false;
        };
        let id = attr(iq, "id").unwrap_or_default();
        let Some(offer) = candidate.offer.take_if(|offer| offer.iq_id == id) else {
            return false;
        };
        if offer.waiter.is_closed() {
            // The phone gave up waiting; the device is not linked behind its back.
            self.end(connection, Some(stanza::failure(401, "pair").build()));
            return true;
        }
        let registered = RegisteredAs { noise: candidate.noise, clock };
        if attr(iq, "type").as_deref() == Some("error") {
            let (code, text) = error_of(iq);
            self.refuse(Some(connection), RefusalKind::PairingRefused, format!("{code} {text}"));
            drop(offer.waiter.send(Err(LinkError::DeviceRefused { code, text })));
            return true;
        }
        match check(&offer, iq) {
            Ok(signed) => {
                let device = registered.device(candidate, &offer, signed);
                self.complete(connection, offer, device);
            }
            Err((kind, detail)) => {
                self.refuse(Some(connection), kind, detail);
                drop(offer.waiter.send(Err(LinkError::BadDeviceSignature)));
                let farewell = stanza::failure(401, "pair").build();
                self.end(connection, Some(farewell));
            }
        }
        true
    }

    fn complete(&mut self, connection: ConnectionId, offer: Offer, device: Device) {
        // Another offer may have taken the last place since this one was made.
        if self.accounts.get(&offer.number).is_none_or(Account::is_full) {
            let detail = format!("{} has no place left", offer.number);
            self.refuse(Some(connection), RefusalKind::DeviceLimit, detail);
            self.end(connection, Some(stanza::failure(401, "pair").build()));
            drop(offer.waiter.send(Err(LinkError::DeviceLimit)));
            return;
        }
        let linked = LinkedDevice {
            number: offer.number.clone(),
            device: offer.device,
            key_index: offer.key_index,
            os: device.registration.os.clone(),
            platform: device.registration.platform.clone(),
        };
        if let Some(account) = self.accounts.get_mut(&offer.number) {
            account.link(offer.device, device);
        }
        self.report.links += 1;
        // The client reconnects at once, now as a registered device.
        self.end(connection, Some(stanza::stream_error(515)));
        drop(offer.waiter.send(Ok(linked)));
    }
}

/// What of a candidate goes into its device.
struct RegisteredAs {
    noise: [u8; 32],
    clock: Clock,
}

impl RegisteredAs {
    fn device(&self, candidate: &Candidate, offer: &Offer, signed_identity: Vec<u8>) -> Device {
        Device {
            key_index: offer.key_index,
            noise: self.noise,
            registration: candidate.registration.clone(),
            stock: KeyStock::new(candidate.registration.signed_prekey.clone()),
            signed_identity,
            linked_unix_s: self.clock.unix_s(),
            online: None,
            active: false,
            available: false,
            greeted: false,
            queue: std::collections::VecDeque::new(),
            received: std::collections::VecDeque::new(),
            written: std::collections::VecDeque::new(),
        }
    }
}

fn pair_success(account: &Account, device: u16, container: Vec<u8>) -> Node {
    NodeBuilder::new("pair-success")
        .children([
            NodeBuilder::new("device-identity").bytes(container).build(),
            NodeBuilder::new("device")
                .attr("jid", account.jid(device))
                .attr("lid", account.lid_jid(device))
                .build(),
            NodeBuilder::new("platform").attr("name", "android").build(),
        ])
        .build()
}

fn check(offer: &Offer, iq: &Node) -> Result<Vec<u8>, (RefusalKind, String)> {
    let malformed = |detail: &str| (RefusalKind::DeviceIdentity, detail.to_owned());
    let sign = iq
        .get_optional_child("pair-device-sign")
        .ok_or_else(|| malformed("pair-device-sign is absent"))?;
    let identity = sign
        .get_optional_child("device-identity")
        .ok_or_else(|| malformed("device-identity is absent"))?;
    if attr(identity, "key-index").as_deref() != Some(offer.key_index.to_string().as_str()) {
        return Err(malformed("key-index is not the one that was given"));
    }
    let signed = child_content(sign, "device-identity")
        .ok_or_else(|| malformed("device-identity is empty"))?;
    match offer.identity.check(signed) {
        Ok(()) => Ok(signed.to_vec()),
        Err(CountersignError::Malformed) => Err(malformed("device-identity is no protobuf")),
        Err(CountersignError::Altered) => {
            Err((RefusalKind::DeviceSignature, "a signed part was altered".to_owned()))
        }
        Err(CountersignError::Signature) => {
            Err((RefusalKind::DeviceSignature, "deviceSignature does not verify".to_owned()))
        }
    }
}

fn error_of(iq: &Node) -> (u16, String) {
    let error = iq.get_optional_child("error");
    let code = error.and_then(|error| attr(error, "code")?.parse().ok()).unwrap_or_default();
    let text = error.and_then(|error| attr(error, "text")).unwrap_or_default();
    (code, text.chars().take(100).collect())
}
