//! Signatures of Standard Webhooks 1.0.0.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use sha2::Sha256;
use waygate_core::error::{Error, Kind};
use waygate_core::webhook::SigningSecret;
use zeroize::Zeroizing;

use crate::webhook_endpoints::SECRET_PREFIX;

/// The value of `webhook-signature` for a body that is sent at this time: one signature by each secret
/// that is valid then, the newest first, so that a receiver may change its secret when it likes.
pub(super) fn sign(
    secrets: &[SigningSecret],
    id: &str,
    at: Timestamp,
    body: &[u8],
) -> Result<String, Error> {
    let valid = secrets.iter().filter(|secret| secret.signs_at(at));
    let signatures = valid.map(|secret| signature(secret, id, at, body));
    Ok(signatures.collect::<Result<Vec<String>, Error>>()?.join(" "))
}

fn signature(
    secret: &SigningSecret,
    id: &str,
    at: Timestamp,
    body: &[u8],
) -> Result<String, Error> {
    let unusable = || Error::new(Kind::Internal, "a webhook endpoint's secret cannot be used");
    let coded = secret.text.strip_prefix(SECRET_PREFIX).ok_or_else(unusable)?;
    let key = STANDARD.decode(coded).map_err(|error| unusable().because(error))?;
    let key = Zeroizing::new(key);
    let mac = Hmac::<Sha256>::new_from_slice(&key);
    let mut mac = mac.map_err(|error| unusable().because(error))?;
    mac.update(id.as_bytes());
    mac.update(format!(".{}.", at.as_second()).as_bytes());
    mac.update(body);
    Ok(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example in the documentation of Standard Webhooks' libraries.
    #[test]
    fn the_published_example_is_signed_as_published() {
        let text = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned();
        let at = Timestamp::from_second(1_614_265_330).unwrap();
        let secrets = [SigningSecret { text, until_s: None }];
        let body = br#"{"test": 2432232314}"#;
        let signed = sign(&secrets, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, body).unwrap();
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_signs_until_its_time_is_over() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let text = |byte| format!("whsec_{}", STANDARD.encode([byte; 32]));
        let new = SigningSecret { text: text(1), until_s: None };
        let old = SigningSecret { text: text(2), until_s: Some(100) };
        let signed = |second| sign(&[new.clone(), old.clone()], "a", at(second), b"{}").unwrap();
        assert_eq!(signed(99).split(' ').count(), 2);
        assert_eq!(signed(100).split(' ').count(), 1);
        assert_eq!(signed(100), sign(std::slice::from_ref(&new), "a", at(100), b"{}").unwrap());
    }

    #[test]
    fn a_secret_that_is_none_signs_nothing() {
        for text in ["", "whsec_", "whsec_%", "canary"] {
            let secrets = [SigningSecret { text: text.to_owned(), until_s: None }];
            let signed = sign(&secrets, "a", Timestamp::UNIX_EPOCH, b"");
            assert!(signed.is_err() || text == "whsec_", "{text}");
        }
    }
}
