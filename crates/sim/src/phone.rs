//! Phones: the hands of a test or a person on a simulated primary device.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use serde::Serialize;
use tokio::{
    sync::oneshot,
    time::{Instant, sleep, timeout},
};
use wacore_binary::{Node, SERVER_JID, builder::NodeBuilder};

use crate::{
    CodeError, LinkError, LinkedDevice, PictureError, ProfilePicture, RefusalKind, ScanError,
    UnlinkError, app_state_requests,
    code_stages::{CODE_TRIES_MAX, TypedCode},
    dice::Dice,
    keys::KeyPair,
    link::Outcome,
    pairing_code::{PairingCode, PrimaryHello},
    passkey_gate::Begun,
    picture_requests,
    scanned_text::ScannedText,
    world::{ConnectionId, DeviceKey, Shared, Stage, World},
};

/// How long a phone waits for the other side.
const PATIENCE: Duration = Duration::from_mins(1);

/// What a phone needs between learning that the code was right and sending its identity. A
/// client commits its new secret in this time.
pub(crate) const AFTER_CODE: Duration = Duration::from_millis(50);

/// A primary device with an account. Cheap to clone; all clones are the same phone.
#[derive(Clone)]
pub struct Phone {
    pub(crate) shared: Arc<Shared>,
    pub(crate) number: String,
}

/// A linked device as its phone shows it.
#[expect(clippy::struct_excessive_bools, reason = "three independent facts, each shown by itself")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeviceView {
    /// The device's number within the account, from 1.
    pub device: u16,
    /// The index of its key in the account's list of valid devices.
    pub key_index: u32,
    /// Whether it is logged in now.
    pub online: bool,
    /// Whether it has asked for its stanzas on the current connection.
    pub active: bool,
    /// Whether the phone has shared its app-state keys with it.
    pub greeted: bool,
    /// How many one-time prekeys it has left on the server.
    pub prekeys: usize,
    /// Stanzas it has not acknowledged yet.
    pub queued: usize,
    /// The operating system it calls its own.
    pub os: String,
    /// The platform it gives, for example `CHROME`.
    pub platform: String,
    /// When it was linked, in seconds since 1970.
    pub linked_at_unix_s: u64,
}

impl Phone {
    pub(crate) fn new(shared: Arc<Shared>, number: String) -> Self {
        Self { shared, number }
    }

    /// The account's number, digits only.
    pub fn number(&self) -> &str {
        &self.number
    }

    /// The account's hidden id, without its server.
    pub fn lid(&self) -> String {
        let world = self.shared.lock();
        world.accounts.get(&self.number).map(|account| account.lid.clone()).unwrap_or_default()
    }

    /// The name the account shows to others.
    pub fn push_name(&self) -> String {
        let world = self.shared.lock();
        world
            .accounts
            .get(&self.number)
            .map(|account| account.push_name.clone())
            .unwrap_or_default()
    }

    /// Changes the name the account shows to others, and tells its devices.
    pub fn set_push_name(&self, name: &str) {
        let mut world = self.shared.lock();
        let clock = world.clock;
        if let Some(account) = world.accounts.get_mut(&self.number) {
            account.set_push_name(name, clock);
        }
        app_state_requests::announce(&mut world, &self.number);
    }

    /// The account's profile picture.
    pub fn profile_picture(&self) -> Option<ProfilePicture> {
        self.shared.lock().accounts.get(&self.number)?.picture.clone()
    }

    /// Changes the account's profile picture, and tells its devices.
    pub fn set_profile_picture(&self, jpeg: impl Into<Bytes>) -> Result<(), PictureError> {
        let mut world = self.shared.lock();
        picture_requests::change(&mut world, &self.number, None, Some(jpeg.into())).map(drop)
    }

    /// Removes the account's profile picture, and tells its devices. Without one, does nothing.
    pub fn remove_profile_picture(&self) {
        let mut world = self.shared.lock();
        // Only a new picture can be refused.
        drop(picture_requests::change(&mut world, &self.number, None, None));
    }

    /// Whether the phone can have companions.
    pub fn has_multi_device(&self) -> bool {
        let world = self.shared.lock();
        world.accounts.get(&self.number).is_some_and(|account| account.multi_device)
    }

    /// Makes of the phone one whose application is too old to have companions, or updates it.
    pub fn set_multi_device(&self, multi_device: bool) {
        let mut world = self.shared.lock();
        if let Some(account) = world.accounts.get_mut(&self.number) {
            account.multi_device = multi_device;
        }
    }

    /// The linked devices, by number.
    pub fn devices(&self) -> Vec<DeviceView> {
        let world = self.shared.lock();
        let Some(account) = world.accounts.get(&self.number) else {
            return Vec::new();
        };
        account
            .devices
            .iter()
            .map(|(number, device)| DeviceView {
                device: *number,
                key_index: device.key_index,
                online: device.online.is_some(),
                active: device.active,
                greeted: device.greeted,
                prekeys: device.stock.len(),
                queued: device.queue.len(),
                os: device.registration.os.clone(),
                platform: device.registration.platform.clone(),
                linked_at_unix_s: device.linked_unix_s,
            })
            .collect()
    }

    /// Scans the text of a QR code and links the device that shows it. Resolves when the device
    /// has countersigned its identity, or with the reason why it will not. Waits at most a minute, and
    /// before it ten for a passkey where one is required; dropping the future abandons the scan.
    pub async fn scan(&self, qr: &str) -> Result<LinkedDevice, ScanError> {
        self.hesitate().await;
        self.shared.dawdle(&self.number).await;
        let (connection, begun) = {
            let mut world = self.shared.lock();
            self.start_scan(&mut world, qr)?
        };
        Ok(self.see_through(connection, begun).await?)
    }

    fn start_scan(&self, world: &mut World, qr: &str) -> Result<(ConnectionId, Begun), ScanError> {
        let text = ScannedText::parse(qr).map_err(|detail| {
            world.refuse(None, RefusalKind::ScannedText, detail);
            ScanError::Malformed(detail)
        })?;
        let entry = world.reference(&text.reference).cloned().ok_or_else(|| {
            world.refuse(None, RefusalKind::UnknownRef, "a scanned ref");
            ScanError::UnknownRef
        })?;
        let connection = Some(entry.connection);
        if entry.used {
            world.refuse(connection, RefusalKind::UsedRef, "a scanned ref");
            return Err(ScanError::UsedRef);
        }
        if Instant::now() >= entry.expires {
            world.refuse(connection, RefusalKind::ExpiredRef, "a scanned ref");
            return Err(ScanError::ExpiredRef);
        }
        let candidate =
            world.candidate(entry.connection).ok_or(ScanError::Link(LinkError::ConnectionGone))?;
        let (noise, identity) = (candidate.noise, candidate.registration.identity);
        if text.noise != noise {
            world.refuse(connection, RefusalKind::ScannedText, "the Noise key differs");
            return Err(ScanError::NoiseKeyMismatch);
        }
        if text.identity != identity {
            world.refuse(connection, RefusalKind::ScannedText, "the identity key differs");
            return Err(ScanError::IdentityMismatch);
        }
        let begun = world.begin(entry.connection, &self.number, &text.adv_secret);
        if begun.as_ref().is_err_and(|error| *error == LinkError::NoMultiDevice) {
            world.send(entry.connection, downgrade());
        }
        let begun = begun?;
        if let Some(spent) = world.reference(&text.reference) {
            spent.used = true;
        }
        Ok((entry.connection, begun))
    }

    /// Types a pairing code and links the device that shows it. A dash, spaces and the case do
    /// not matter. Waits at most a minute for each of the device's two answers, and between them ten
    /// for a passkey where one is required.
    pub async fn enter_code(&self, code: &str) -> Result<LinkedDevice, CodeError> {
        self.hesitate().await;
        let code = PairingCode::parse(code).ok_or(CodeError::Malformed)?;
        self.shared.dawdle(&self.number).await;
        let (connection, reference, wrapped, mut dice) = {
            let mut world = self.shared.lock();
            let (connection, reference, wrapped) = self.find_request(&mut world)?;
            let dice = Dice::derive(self.shared.config.seed, &reference, connection);
            (connection, reference, wrapped, dice)
        };
        let ephemeral = KeyPair::generate(&mut dice);
        let companion_ephemeral = code.unwrap_key(&wrapped);
        let wrapped = code.wrap_key(&ephemeral.public(), &mut dice);
        let hello = PrimaryHello { ephemeral, companion_ephemeral };

        let judged = {
            let mut world = self.shared.lock();
            let (waiter, judged) = oneshot::channel();
            let typed = TypedCode { hello, waiter };
            self.say_hello(&mut world, connection, &reference, (typed, wrapped))?;
            judged
        };
        let secret = timeout(PATIENCE, judged)
            .await
            .map_err(|_elapsed| CodeError::Link(LinkError::TimedOut))?
            .map_err(|_dropped| CodeError::Link(LinkError::ConnectionGone))?
            .ok_or(CodeError::WrongCode)?;
        sleep(AFTER_CODE).await;
        let begun = self.shared.lock().begin(connection, &self.number, &secret)?;
        Ok(self.see_through(connection, begun).await?)
    }

    /// The newest request for a code for this account, counted as tried once more. It is also the
    /// last to expire.
    fn find_request(
        &self,
        world: &mut World,
    ) -> Result<(ConnectionId, String, [u8; 80]), CodeError> {
        if world.accounts.get(&self.number).is_some_and(|account| !account.multi_device) {
            return Err(CodeError::Link(LinkError::NoMultiDevice));
        }
        let now = Instant::now();
        let found = world.connections.iter_mut().filter_map(|(id, peer)| {
            let Stage::Unregistered(candidate) = &mut peer.stage else {
                return None;
            };
            let request = candidate.code.as_mut()?;
            (request.number == self.number).then_some((*id, request))
        });
        let (connection, request) =
            found.max_by_key(|(_, request)| request.ordinal).ok_or(CodeError::NothingPending)?;
        if now >= request.expires {
            world.refuse(Some(connection), RefusalKind::ExpiredRef, "a pairing code");
            return Err(CodeError::Expired);
        }
        if request.tries >= CODE_TRIES_MAX {
            world.refuse(Some(connection), RefusalKind::UsedRef, "a pairing code");
            return Err(CodeError::TooManyTries);
        }
        request.tries += 1;
        Ok((connection, request.reference.clone(), request.wrapped))
    }

    fn say_hello(
        &self,
        world: &mut World,
        connection: ConnectionId,
        reference: &str,
        (typed, wrapped): (TypedCode, [u8; 80]),
    ) -> Result<(), CodeError> {
        let account = world.accounts.get(&self.number).ok_or(CodeError::NothingPending)?;
        let identity = account.phone.pair.public();
        let request = world
            .candidate(connection)
            .and_then(|candidate| candidate.code.as_mut())
            .filter(|request| request.reference == reference)
            .ok_or(CodeError::Link(LinkError::ConnectionGone))?;
        request.typed = Some(typed);
        let child = |tag: &'static str, bytes: &[u8]| NodeBuilder::new(tag).bytes(bytes).build();
        let stage = NodeBuilder::new("link_code_companion_reg")
            .attr("stage", "primary_hello")
            .children([
                child("link_code_pairing_wrapped_primary_ephemeral_pub", &wrapped),
                child("primary_identity_pub", &identity),
                child("link_code_pairing_ref", reference.as_bytes()),
            ])
            .build();
        world.notify(connection, "link_code_companion_reg", stage);
        Ok(())
    }

    /// Unlinks one device, or all of them, and returns how many that were. A device that is online
    /// is told at once, any other at its next login.
    #[expect(clippy::unused_async, reason = "as scan and enter_code; a phone may get slower")]
    pub async fn unlink(&self, device: Option<u16>) -> Result<usize, UnlinkError> {
        let mut world = self.shared.lock();
        let linked: Vec<u16> = world
            .accounts
            .get(&self.number)
            .map(|account| account.devices.keys().copied().collect())
            .unwrap_or_default();
        let chosen: Vec<u16> = match device {
            Some(device) if linked.contains(&device) => vec![device],
            Some(device) => return Err(UnlinkError::NoSuchDevice(device)),
            None => linked,
        };
        for device in &chosen {
            world.unlink(&DeviceKey { number: self.number.clone(), device: *device });
        }
        Ok(chosen.len())
    }
}

impl std::fmt::Debug for Phone {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Phone").field("number", &self.number).finish_non_exhaustive()
    }
}

/// What the server tells a companion whose code was scanned by a phone without multi-device.
fn downgrade() -> Node {
    NodeBuilder::new("ib")
        .attr("from", SERVER_JID)
        .children([NodeBuilder::new("downgrade_webclient").build()])
        .build()
}

pub(crate) async fn wait(answer: oneshot::Receiver<Outcome>) -> Outcome {
    match timeout(PATIENCE, answer).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_dropped)) => Err(LinkError::ConnectionGone),
        Err(_elapsed) => Err(LinkError::TimedOut),
    }
}
