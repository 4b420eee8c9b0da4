//! A device that can be linked: its keys, its payloads, its side of linking.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use md5::{Digest as _, Md5};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use wacore_binary::{Node, builder::NodeBuilder};
use wacore_libsignal::protocol::KeyPair;
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
use waygate_sim::{LinkedDevice, Phone, Sim};

use crate::{
    noise::{hmac, public, verify},
    stream::{Stream, Wire, content, leaf, text},
};

/// A companion device.
pub(crate) struct Companion {
    pub(crate) rng: StdRng,
    pub(crate) noise: KeyPair,
    pub(crate) identity: KeyPair,
    pub(crate) signed_prekey: KeyPair,
    pub(crate) signed_prekey_signature: [u8; 64],
    pub(crate) prekeys: Vec<KeyPair>,
    pub(crate) adv_secret: [u8; 32],
    pub(crate) linked: Option<(String, u16)>,
    pub(crate) signed_identity: Vec<u8>,
    pub(crate) server_static: Option<[u8; 32]>,
}

pub(crate) const REGISTRATION_ID: [u8; 4] = [0, 0, 0x12, 0x34];

impl Companion {
    pub(crate) fn new(seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let [noise, identity, signed_prekey] = std::array::from_fn(|_| KeyPair::generate(&mut rng));
        let message = signed_prekey.public_key.serialize();
        let signed_prekey_signature = identity.calculate_signature(&message, &mut rng).unwrap();
        let prekeys = (0..5).map(|_| KeyPair::generate(&mut rng)).collect();
        let mut adv_secret = [0; 32];
        rng.fill_bytes(&mut adv_secret);
        Self {
            rng,
            noise,
            identity,
            signed_prekey,
            signed_prekey_signature,
            prekeys,
            adv_secret,
            linked: None,
            signed_identity: Vec::new(),
            server_static: None,
        }
    }

    fn base_payload() -> ClientPayload {
        ClientPayload {
            passive: Some(false),
            user_agent: MessageField::some(UserAgent {
                platform: Some(Platform::WEB),
                app_version: MessageField::some(AppVersion {
                    primary: Some(2),
                    secondary: Some(3000),
                    tertiary: Some(1_035_194_821),
                    ..AppVersion::default()
                }),
                ..UserAgent::default()
            }),
            web_info: MessageField::some(WebInfo {
                web_sub_platform: Some(WebSubPlatform::WEB_BROWSER),
                ..WebInfo::default()
            }),
            ..ClientPayload::default()
        }
    }

    pub(crate) fn registration(&self) -> ClientPayload {
        let props = DeviceProps {
            os: Some("Linux".to_owned()),
            platform_type: Some(PlatformType::CHROME),
            ..DeviceProps::default()
        };
        ClientPayload {
            pull: Some(false),
            device_pairing_data: MessageField::some(DevicePairingRegistrationData {
                e_regid: Some(REGISTRATION_ID.to_vec()),
                e_keytype: Some(vec![5]),
                e_ident: Some(public(&self.identity).to_vec()),
                e_skey_id: Some(vec![0, 0, 1]),
                e_skey_val: Some(public(&self.signed_prekey).to_vec()),
                e_skey_sig: Some(self.signed_prekey_signature.to_vec()),
                build_hash: Some(Md5::digest("2.3000.1035194821").to_vec()),
                device_props: Some(props.encode_to_vec()),
            }),
            ..Self::base_payload()
        }
    }

    pub(crate) fn login(&self) -> ClientPayload {
        let (number, device) = self.linked.clone().expect("a linked device");
        ClientPayload {
            username: Some(number.parse().unwrap()),
            device: Some(u32::from(device)),
            pull: Some(true),
            ..Self::base_payload()
        }
    }

    /// Connects by XX with any payload.
    pub(crate) async fn connect(&mut self, sim: &Sim, payload: &ClientPayload) -> Stream {
        let ephemeral = KeyPair::generate(&mut self.rng);
        let wire = Wire::new(sim.dial().unwrap());
        let keys = (&ephemeral, &self.noise);
        let (stream, server_static) =
            wire.xx(&sim.root_key(), keys, &payload.encode_to_vec()).await;
        self.server_static = Some(server_static);
        stream
    }

    /// Connects as an unregistered device and returns the stream and its refs.
    pub(crate) async fn register(&mut self, sim: &Sim) -> (Stream, Vec<String>) {
        let payload = self.registration();
        let mut stream = self.connect(sim, &payload).await;
        let iq = stream.next_of("iq").await;
        let refs: Vec<String> = iq
            .get_optional_child("pair-device")
            .expect("pair-device")
            .get_children_by_tag("ref")
            .map(|node| String::from_utf8(content(node)).unwrap())
            .collect();
        assert_eq!(refs.len(), 6);
        stream.send(&result(&text(&iq, "id"), None)).await;
        (stream, refs)
    }

    /// The text of the QR code for a ref.
    pub(crate) fn qr(&self, reference: &str) -> String {
        let key = |bytes: [u8; 32]| BASE64_STANDARD.encode(bytes);
        let (noise, identity) = (key(public(&self.noise)), key(public(&self.identity)));
        format!("{reference},{noise},{identity},{},1", key(self.adv_secret))
    }

    /// Waits for `pair-success`, checks it and returns its id and the countersigned identity.
    pub(crate) async fn countersign(&mut self, stream: &mut Stream) -> Countersigned {
        let iq = stream.next_of("iq").await;
        let success = iq.get_optional_child("pair-success").expect("pair-success");
        let container = content(success.get_optional_child("device-identity").unwrap());
        let container = ADVSignedDeviceIdentityHMAC::decode_from_slice(&container).unwrap();
        let signed = container.details.unwrap();
        assert_eq!(hmac(&self.adv_secret, &signed).to_vec(), container.hmac.unwrap());
        let mut identity = adv_signed_device_identity_decode(&signed).unwrap();
        let details = identity.details.clone().unwrap();
        let account = identity.account_signature_key.clone().unwrap();
        let companion = public(&self.identity);
        let message = [&[6, 0], &details[..], &companion].concat();
        assert!(verify(&account, &message, identity.account_signature.as_deref().unwrap()));
        let message = [&[6, 1], &details[..], &companion, &account].concat();
        let signature = self.identity.calculate_signature(&message, &mut self.rng).unwrap();
        identity.device_signature = Some(signature.to_vec());
        let device = success.get_optional_child("device").unwrap();
        let jid = device.attrs.get("jid").unwrap().to_jid().unwrap();
        self.linked = Some((jid.user.to_string(), jid.device));
        let key_index = ADVDeviceIdentity::decode_from_slice(&details).unwrap().key_index.unwrap();
        let signed = adv_signed_device_identity_to_vec(&identity);
        self.signed_identity.clone_from(&signed);
        Countersigned { id: text(&iq, "id"), key_index, signed }
    }

    /// Links by QR and sees the stream restarted.
    pub(crate) async fn link(&mut self, sim: &Sim, phone: &Phone) -> LinkedDevice {
        let (mut stream, refs) = self.register(sim).await;
        let qr = self.qr(&refs[0]);
        let (linked, ()) = tokio::join!(phone.scan(&qr), async {
            let signed = self.countersign(&mut stream).await;
            stream.send(&signed.answer()).await;
        });
        let error = stream.next_of("stream:error").await;
        assert_eq!(text(&error, "code"), "515");
        stream.assert_closed().await;
        linked.unwrap()
    }

    /// Logs in by XX and sees `success`.
    pub(crate) async fn log_in(&mut self, sim: &Sim) -> Stream {
        let payload = self.login();
        let mut stream = self.connect(sim, &payload).await;
        assert_eq!(stream.next().await.expect("a stanza").tag, "success");
        stream
    }

    /// An upload of all prekeys.
    pub(crate) fn upload(&self) -> Vec<Node> {
        let keys = self.prekeys.iter().zip(1_u8..).map(|(pair, id)| {
            NodeBuilder::new("key")
                .children([leaf("id", &[0, 0, id]), leaf("value", &public(pair))])
                .build()
        });
        vec![
            leaf("registration", &REGISTRATION_ID),
            leaf("type", &[5]),
            leaf("identity", &public(&self.identity)),
            NodeBuilder::new("list").children(keys).build(),
            self.skey(),
        ]
    }

    pub(crate) fn skey(&self) -> Node {
        NodeBuilder::new("skey")
            .children([
                leaf("id", &[0, 0, 1]),
                leaf("value", &public(&self.signed_prekey)),
                leaf("signature", &self.signed_prekey_signature),
            ])
            .build()
    }
}

/// A countersigned identity, ready to be sent.
pub(crate) struct Countersigned {
    pub(crate) id: String,
    pub(crate) key_index: u32,
    pub(crate) signed: Vec<u8>,
}

impl Countersigned {
    pub(crate) fn answer(&self) -> Node {
        let identity = NodeBuilder::new("device-identity")
            .attr("key-index", self.key_index)
            .bytes(self.signed.clone())
            .build();
        let sign = NodeBuilder::new("pair-device-sign").children([identity]).build();
        result(&self.id, Some(sign))
    }
}

/// The answer to a request of the server.
pub(crate) fn result(id: &str, child: Option<Node>) -> Node {
    NodeBuilder::new("iq")
        .attr("to", "s.whatsapp.net")
        .attr("id", id)
        .attr("type", "result")
        .children(child)
        .build()
}
