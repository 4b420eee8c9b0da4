//! What WhatsApp and a browser say of a passkey.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL;
use serde_json::{Value, json};
use waygate_core::instance::passkey::PasskeyFailure;
use waygate_core::port::link::LinkEvent;
use waygate_core::secret::{PasskeyCodeText, PasskeyOptions};

use crate::link::JUST_NOW;

/// What WhatsApp challenges a passkey with, when a test does not say.
pub const CHALLENGE: &str = "Y2hhbGxlbmdl";

/// What a browser has to be asked.
pub fn options(challenge: &str) -> Value {
    json!({
        "challenge": challenge,
        "timeout": 600_000,
        "rpId": "whatsapp.com",
        "allowCredentials": [{"id": "aWQ", "type": "public-key"}],
        "userVerification": "required"
    })
}

/// WhatsApp wants a passkey, and waits for it as long as it does.
pub fn challenge() -> LinkEvent {
    challenge_of(CHALLENGE)
}

/// The same, with this challenge.
pub fn challenge_of(challenge: &str) -> LinkEvent {
    LinkEvent::PasskeyChallenged {
        options: PasskeyOptions::new(options(challenge).to_string()),
        issued_at: JUST_NOW,
        valid_for: Duration::from_secs(600),
    }
}

/// What a browser that was asked on WhatsApp's page makes of [`challenge`].
pub fn answer() -> Value {
    answer_to(CHALLENGE)
}

/// The same, to this challenge.
pub fn answer_to(challenge: &str) -> Value {
    let origin = "https://web.whatsapp.com";
    let said = json!({"type": "webauthn.get", "challenge": challenge, "origin": origin});
    json!({
        "id": "aWQ",
        "rawId": "aWQ",
        "type": "public-key",
        "authenticatorAttachment": "platform",
        "clientExtensionResults": {},
        "response": {
            "clientDataJSON": BASE64URL.encode(said.to_string()),
            "authenticatorData": BASE64URL.encode([0; 37]),
            "signature": "c2lnbmF0dXJl",
            "userHandle": null
        }
    })
}

/// Phone and gateway have this code in common, which a person has to compare.
pub fn passkey_code(text: &str) -> LinkEvent {
    LinkEvent::PasskeyCodeIssued { text: PasskeyCodeText::new(text), to_compare: true }
}

/// Nothing comes of the passkey.
pub fn failed(failure: PasskeyFailure) -> LinkEvent {
    LinkEvent::PasskeyFailed(failure)
}
