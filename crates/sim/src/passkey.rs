//! Passkeys, and what a browser at WhatsApp's page makes with them
//! (docs/internals/sim.md, "The passkey gate").

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use p256::ecdsa::{DerSignature, Signature, SigningKey, VerifyingKey, signature::Signer as _};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    PasskeyError,
    dice::Dice,
    digest::sha256,
    passkey_assertion::{ASSERTION_TYPE, CREDENTIAL_TYPE, ORIGIN, RP_ID},
};

/// Somebody touched the authenticator and was recognised; the passkey may be and is backed up, as
/// those that phones keep.
const FLAGS: u8 = 0x01 | 0x04 | 0x08 | 0x10;

/// The domain of the page itself, which is the site that is asked for when none is named.
const PAGE: &str = "web.whatsapp.com";

/// A passkey with its private key.
pub(crate) struct Passkey {
    known: KnownPasskey,
    key: SigningKey,
}

/// What the server keeps of a passkey.
#[derive(Clone)]
pub(crate) struct KnownPasskey {
    pub(crate) id: [u8; 16],
    pub(crate) user_handle: [u8; 32],
    pub(crate) key: VerifyingKey,
}

/// What a page asks a browser for. Browsers overlook what they do not know.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RequestOptions {
    challenge: String,
    #[serde(default)]
    rp_id: Option<String>,
    #[serde(default)]
    allow_credentials: Vec<Descriptor>,
}

#[derive(Deserialize)]
struct Descriptor {
    id: String,
    r#type: String,
}

impl Passkey {
    /// A fresh passkey of the account with this user handle.
    pub(crate) fn generate(user_handle: [u8; 32], dice: &mut Dice) -> Self {
        let key = loop {
            // Nearly all numbers are keys; one that is none is drawn again.
            if let Ok(key) = SigningKey::from_slice(&dice.bytes::<32>()) {
                break key;
            }
        };
        let known = KnownPasskey { id: dice.bytes(), user_handle, key: *key.verifying_key() };
        Self { known, key }
    }

    /// What the server keeps of it.
    pub(crate) fn known(&self) -> &KnownPasskey {
        &self.known
    }

    /// The answer to a challenge, as `PublicKeyCredential.toJSON()` writes it.
    fn assertion(&self, challenge: &str) -> Value {
        // The order is prescribed, and nothing in it needs an escape.
        let client_data = format!(
            r#"{{"type":"{ASSERTION_TYPE}","challenge":"{challenge}","origin":"{ORIGIN}","crossOrigin":false}}"#
        )
        .into_bytes();
        let counter = [0; 4];
        let authenticator_data = [&sha256(&[RP_ID.as_bytes()])[..], &[FLAGS], &counter].concat();
        let signed = [&authenticator_data[..], &sha256(&[&client_data])].concat();
        let signature: Signature = self.key.sign(&signed);
        let signature: DerSignature = signature.to_der();
        let id = text(&self.known.id);
        json!({
            "id": id,
            "rawId": id,
            "type": CREDENTIAL_TYPE,
            "authenticatorAttachment": "cross-platform",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": text(&client_data),
                "authenticatorData": text(&authenticator_data),
                "signature": text(signature.as_bytes()),
                "userHandle": text(&self.known.user_handle),
            }
        })
    }
}

impl std::fmt::Debug for Passkey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Passkey(..)")
    }
}

/// What a browser answers WhatsApp's page when it asks for one of these passkeys, and the user
/// agrees. The passkeys are of the site [`RP_ID`] alone.
pub(crate) fn answer(passkeys: &[Passkey], options: &str) -> Result<String, PasskeyError> {
    let options: RequestOptions =
        serde_json::from_str(options).map_err(|_other| PasskeyError::Malformed)?;
    let challenge = bytes(&options.challenge).filter(|challenge| !challenge.is_empty());
    let challenge = challenge.ok_or(PasskeyError::Malformed)?;
    let site = options.rp_id.as_deref().unwrap_or(PAGE);
    if ![RP_ID, PAGE].contains(&site) {
        return Err(PasskeyError::ForeignSite);
    }
    let mut allowed = Vec::new();
    for descriptor in &options.allow_credentials {
        let id = bytes(&descriptor.id).ok_or(PasskeyError::Malformed)?;
        if descriptor.r#type == CREDENTIAL_TYPE {
            allowed.push(id);
        }
    }
    let any = options.allow_credentials.is_empty();
    passkeys
        .iter()
        .filter(|_| site == RP_ID)
        .find(|passkey| any || allowed.iter().any(|id| id[..] == passkey.known.id))
        .map(|passkey| passkey.assertion(&text(&challenge)).to_string())
        .ok_or(PasskeyError::NoPasskey)
}

/// Bytes as browsers write them in JSON.
pub(crate) fn text(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// What a browser has written in JSON, as bytes.
pub(crate) fn bytes(text: &str) -> Option<Vec<u8>> {
    BASE64_URL_SAFE_NO_PAD.decode(text).ok()
}
