//! A client that is there to make load and for nothing else (feature `load`; `bench simulator`).
//!
//! It is made of the simulator's own parts, so it proves nothing about the protocol: that is what
//! the clients that share nothing with it are for. It is here and not in `bench` because no other
//! package may name the codec, the schema and the ratchet. It links, logs in, pings, writes texts to other
//! accounts' devices and takes what it is sent, as cheaply as it can.

mod conversation;
mod wire;

use std::sync::atomic::AtomicU64;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use md5::{Digest as _, Md5};
use wacore_binary::{Node, builder::NodeBuilder};
use waproto::{
    buffa::{Message as _, MessageField},
    codec::{adv_signed_device_identity_decode, adv_signed_device_identity_to_vec},
    whatsapp::{
        ADVDeviceIdentity, ADVSignedDeviceIdentityHMAC, ClientPayload, DeviceProps,
        client_payload::{
            DevicePairingRegistrationData, UserAgent, WebInfo,
            user_agent::{AppVersion, Platform},
            web_info::WebSubPlatform,
        },
        device_props::PlatformType,
    },
};

use self::wire::Wire;
use crate::{
    Pipe,
    dice::Dice,
    keys::{KEY_TYPE, KeyPair},
    signal_party::SignalParty,
    stanza::{attr, attr_jid, child_content, content},
};

/// The version that it calls its own.
const VERSION: (u32, u32, u32) = (2, 3000, 1_035_194_821);

/// Why a client gave up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// The server has ended the connection.
    #[error("the connection has ended")]
    Ended,
    /// The server said something else than it should have.
    #[error("unexpected: {0}")]
    Unexpected(String),
}

/// What all clients together have done.
#[derive(Debug, Default)]
pub struct LoadCounts {
    /// Messages handed in.
    pub sent: AtomicU64,
    /// Messages that the server has acknowledged.
    pub acked: AtomicU64,
    /// Messages that were received and decrypted.
    pub received: AtomicU64,
}

/// One device.
#[derive(Debug)]
pub struct LoadClient {
    dice: Dice,
    noise: KeyPair,
    party: SignalParty,
    adv_secret: [u8; 32],
    number: String,
    device: u16,
    signed_identity: Vec<u8>,
}

fn unexpected(what: &str) -> LoadError {
    LoadError::Unexpected(what.to_owned())
}

impl LoadClient {
    /// One with keys of its own.
    pub fn new(seed: u64, index: u64) -> Self {
        let mut dice = Dice::derive(seed, "load", index);
        let (noise, party) = (KeyPair::generate(&mut dice), SignalParty::generate(&mut dice));
        let adv_secret = dice.bytes();
        let (number, signed_identity) = (String::new(), Vec::new());
        Self { dice, noise, party, adv_secret, number, device: 0, signed_identity }
    }

    /// Lets itself be linked: `scan` is handed the text of a QR code.
    pub async fn link<S>(
        &mut self,
        pipe: Pipe,
        scan: impl FnOnce(String) -> S,
    ) -> Result<(), LoadError>
    where
        S: Future<Output = bool>,
    {
        let payload = self.registration();
        let mut wire = Wire::open(pipe, &self.noise, &mut self.dice, &payload).await?;
        let iq = wire.next_of("iq").await?;
        let reference = iq
            .get_optional_child_by_tag(&["pair-device", "ref"])
            .and_then(content)
            .ok_or_else(|| unexpected("no ref"))?;
        let reference = String::from_utf8_lossy(reference).into_owned();
        wire.send(&result(&iq, None)).await?;
        let key = |bytes: [u8; 32]| BASE64_STANDARD.encode(bytes);
        let (noise, identity) = (key(self.noise.public()), key(self.party.pair.public()));
        let qr = format!("{reference},{noise},{identity},{},1", key(self.adv_secret));
        let (scanned, signed) = tokio::join!(scan(qr), self.countersign(&mut wire));
        signed?;
        if !scanned {
            return Err(unexpected("the scan failed"));
        }
        wire.next_of("stream:error").await.map(drop)
    }

    async fn countersign(&mut self, wire: &mut Wire) -> Result<(), LoadError> {
        let iq = wire.next_of("iq").await?;
        let success = iq.get_optional_child("pair-success").ok_or_else(|| unexpected("no link"))?;
        let signed = self.sign(success).ok_or_else(|| unexpected("another pair-success"))?;
        wire.send(&result(&iq, Some(signed))).await
    }

    /// The answer to an identity that was offered; the device takes it for its own.
    fn sign(&mut self, success: &Node) -> Option<Node> {
        let container = child_content(success, "device-identity")?;
        let signed = ADVSignedDeviceIdentityHMAC::decode_from_slice(container).ok()?.details?;
        let mut identity = adv_signed_device_identity_decode(&signed).ok()?;
        let details = identity.details.clone()?;
        let account = identity.account_signature_key.clone()?;
        let own = self.party.pair.public();
        let parts: [&[u8]; 4] = [&[6, 1], &details, &own, &account];
        let signature = self.party.pair.sign(&mut self.dice, &parts);
        identity.device_signature = Some(signature.to_vec());
        self.signed_identity = adv_signed_device_identity_to_vec(&identity);
        let jid = attr_jid(success.get_optional_child("device")?, "jid")?;
        (self.number, self.device) = (jid.user.to_string(), jid.device);
        let index = ADVDeviceIdentity::decode_from_slice(&details).ok()?.key_index?;
        let identity = NodeBuilder::new("device-identity")
            .attr("key-index", index)
            .bytes(self.signed_identity.clone());
        Some(NodeBuilder::new("pair-device-sign").children([identity.build()]).build())
    }

    fn base_payload() -> ClientPayload {
        let version = AppVersion {
            primary: Some(VERSION.0),
            secondary: Some(VERSION.1),
            tertiary: Some(VERSION.2),
            ..AppVersion::default()
        };
        ClientPayload {
            passive: Some(false),
            user_agent: MessageField::some(UserAgent {
                platform: Some(Platform::WEB),
                app_version: MessageField::some(version),
                ..UserAgent::default()
            }),
            web_info: MessageField::some(WebInfo {
                web_sub_platform: Some(WebSubPlatform::WEB_BROWSER),
                ..WebInfo::default()
            }),
            ..ClientPayload::default()
        }
    }

    fn registration(&mut self) -> Vec<u8> {
        let bundle = self.party.bundle(&mut self.dice);
        let props = DeviceProps {
            os: Some("Load".to_owned()),
            platform_type: Some(PlatformType::CHROME),
            ..DeviceProps::default()
        };
        let version = format!("{}.{}.{}", VERSION.0, VERSION.1, VERSION.2);
        let data = DevicePairingRegistrationData {
            e_regid: Some(bundle.registration_id.to_vec()),
            e_keytype: Some(vec![KEY_TYPE]),
            e_ident: Some(bundle.identity.to_vec()),
            e_skey_id: Some(bundle.signed.id.to_vec()),
            e_skey_val: Some(bundle.signed.value.to_vec()),
            e_skey_sig: Some(bundle.signed.signature.to_vec()),
            build_hash: Some(Md5::digest(version).to_vec()),
            device_props: Some(props.encode_to_vec()),
        };
        let data = MessageField::some(data);
        let base = Self::base_payload();
        ClientPayload { pull: Some(false), device_pairing_data: data, ..base }.encode_to_vec()
    }

    fn login(&self) -> Vec<u8> {
        ClientPayload {
            username: self.number.parse().ok(),
            device: Some(u32::from(self.device)),
            pull: Some(true),
            ..Self::base_payload()
        }
        .encode_to_vec()
    }
}

/// The answer to a request of the server's.
fn result(iq: &Node, child: Option<Node>) -> Node {
    NodeBuilder::new("iq")
        .attr("to", "s.whatsapp.net")
        .attr("id", attr(iq, "id").unwrap_or_default().into_owned())
        .attr("type", "result")
        .children(child)
        .build()
}
