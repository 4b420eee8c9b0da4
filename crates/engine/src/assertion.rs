//! The answer of a passkey, as a browser gives it: `PublicKeyCredential.toJSON()` (Web Authentication,
//! level 3, 5.1.6).
//!
//! Whether the signature is right only WhatsApp can tell. What a person gets wrong is told here, since
//! a challenge is answered once: a text that is no answer, one to another challenge, one that was
//! made on another page than WhatsApp's.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value};
use waygate_core::error::{Error, Kind};
use waygate_core::instance::passkey::PasskeyAssertion;
use waygate_core::secret::PasskeyOptions;

/// The largest answer, in bytes of JSON. Real ones have about one thousand.
const ASSERTION_BYTES_MAX: usize = 16 * 1024;

/// The shortest authenticator data: the hash of a domain, flags and a counter.
const AUTHENTICATOR_DATA_MIN: usize = 37;

/// As browsers write bytes; a padding, which other encoders add, is no fault.
const BASE64URL: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Reads an answer to the challenge with these options.
pub(crate) fn read(
    credential: &Value,
    options: &PasskeyOptions,
) -> Result<PasskeyAssertion, Error> {
    let Value::Object(fields) = credential else {
        return refused("the assertion must be an object");
    };
    let json = credential.to_string().into_bytes();
    if json.len() > ASSERTION_BYTES_MAX {
        return refused("the assertion is larger than 16 KiB");
    }
    if text(fields, "type")? != "public-key" {
        return refused("`type` of the assertion must be `public-key`");
    }
    let credential_id = bytes(fields, "rawId")?;
    if bytes(fields, "id")? != credential_id {
        return refused("`id` and `rawId` of the assertion must be the same");
    }
    let Some(Value::Object(response)) = fields.get("response") else {
        return refused("`response` of the assertion must be an object");
    };
    bytes(response, "signature")?;
    if bytes(response, "authenticatorData")?.len() < AUTHENTICATOR_DATA_MIN {
        return refused("`authenticatorData` of the assertion is too short");
    }
    if response.get("userHandle").is_some_and(|handle| !handle.is_null()) {
        bytes(response, "userHandle")?;
    }
    check_client_data(&bytes(response, "clientDataJSON")?, options)?;
    Ok(PasskeyAssertion { credential_id: credential_id.into(), json: json.into() })
}

/// What the browser says it was asked, and where.
fn check_client_data(client_data: &[u8], options: &PasskeyOptions) -> Result<(), Error> {
    let Ok(Value::Object(said)) = serde_json::from_slice(client_data) else {
        return refused("`clientDataJSON` of the assertion must hold an object");
    };
    if said.get("type").and_then(Value::as_str) != Some("webauthn.get") {
        return refused(
            "the passkey was not asked to sign in: `clientDataJSON` has another `type`",
        );
    }
    // The link has read it before; what is not there is nothing that an answer could be to.
    let asked: Value = serde_json::from_str(options.expose()).unwrap_or_default();
    let challenge = |value: Option<&Value>| value.and_then(Value::as_str).and_then(decoded);
    let expected = challenge(asked.get("challenge"));
    if expected.is_none() || challenge(said.get("challenge")) != expected {
        return refused("the assertion answers another challenge than the one that is shown");
    }
    let domain = asked.get("rpId").and_then(Value::as_str).unwrap_or("whatsapp.com");
    let origin = said.get("origin").and_then(Value::as_str).unwrap_or_default();
    if !is_on(origin, domain) {
        return refused("the passkey was not asked on https://web.whatsapp.com");
    }
    Ok(())
}

/// Whether an origin belongs to this domain. Apps have origins of their own, which are none of a
/// page.
fn is_on(origin: &str, domain: &str) -> bool {
    if origin.starts_with("android:") || origin.starts_with("ios:") {
        return true;
    }
    let Some(host) = origin.strip_prefix("https://") else { return false };
    host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}

fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Result<&'a str, Error> {
    let found = fields.get(name).and_then(Value::as_str);
    found.map_or_else(|| refused(format!("`{name}` of the assertion must be a string")), Ok)
}

/// Bytes that are there, and some.
fn bytes(fields: &Map<String, Value>, name: &str) -> Result<Vec<u8>, Error> {
    let decoded = decoded(text(fields, name)?).filter(|bytes| !bytes.is_empty());
    decoded.map_or_else(|| refused(format!("`{name}` of the assertion must be base64url")), Ok)
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    BASE64URL.decode(text).ok()
}

fn refused<T>(words: impl Into<Cow<'static, str>>) -> Result<T, Error> {
    Err(Error::new(Kind::Invalid, words))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const CHALLENGE: &str = "Y2FuYXJ5";

    fn options() -> PasskeyOptions {
        PasskeyOptions::new(json!({"challenge": CHALLENGE, "rpId": "whatsapp.com"}).to_string())
    }

    fn client_data(kind: &str, challenge: &str, origin: &str) -> String {
        let said = json!({"type": kind, "challenge": challenge, "origin": origin});
        BASE64URL.encode(said.to_string())
    }

    fn asked_on(origin: &str) -> String {
        client_data("webauthn.get", CHALLENGE, origin)
    }

    fn answer() -> Value {
        json!({
            "id": "aWQ",
            "rawId": "aWQ",
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": asked_on("https://web.whatsapp.com"),
                "authenticatorData": BASE64URL.encode([0; AUTHENTICATOR_DATA_MIN]),
                "signature": "c2ln",
                "userHandle": null
            }
        })
    }

    /// What is said of an answer in which this stands at that place.
    fn complaint(pointer: &str, value: Value) -> Option<String> {
        let mut answer = answer();
        match pointer.rsplit_once('/') {
            Some((parent, name)) => {
                let Some(place) = answer.pointer_mut(parent) else { panic!("no place {pointer}") };
                place[name] = value;
            }
            None => answer = value,
        }
        read(&answer, &options()).err().map(|error| {
            assert_eq!(error.kind(), Kind::Invalid);
            error.public().to_owned()
        })
    }

    #[test]
    fn an_answer_is_handed_on_as_the_browser_gave_it() {
        let read = read(&answer(), &options()).unwrap();
        assert_eq!(&*read.credential_id, b"id");
        assert_eq!(serde_json::from_slice::<Value>(&read.json).unwrap(), answer());
    }

    #[test]
    fn what_browsers_differ_in_is_no_fault() {
        for (pointer, value) in [
            ("/rawId", json!("aWQ=")),
            ("/response/userHandle", json!("dXNlcg")),
            ("/more", json!({"news": 1})),
            ("/response/more", json!([1])),
            ("/response/clientDataJSON", json!(asked_on("https://whatsapp.com"))),
            ("/response/clientDataJSON", json!(asked_on("android:apk-key-hash:canary"))),
        ] {
            assert_eq!(complaint(pointer, value), None, "{pointer}");
        }
    }

    #[test]
    fn what_is_no_answer_is_refused_by_the_name_of_what_is_wrong() {
        for (pointer, value, named) in [
            ("", json!("canary"), "an object"),
            ("/type", json!("canary"), "`type`"),
            ("/type", Value::Null, "`type`"),
            ("/id", json!("Y2FuYXJ5"), "`id` and `rawId`"),
            ("/rawId", json!("c_a+n"), "`rawId`"),
            ("/rawId", json!(""), "`rawId`"),
            ("/rawId", json!(7), "`rawId`"),
            ("/response", json!([]), "`response`"),
            ("/response/signature", json!(""), "`signature`"),
            ("/response/signature", Value::Null, "`signature`"),
            ("/response/authenticatorData", json!("AAAA"), "`authenticatorData`"),
            ("/response/userHandle", json!("!"), "`userHandle`"),
            ("/response/clientDataJSON", json!("W10"), "`clientDataJSON`"),
            ("/more", json!("c".repeat(ASSERTION_BYTES_MAX)), "16 KiB"),
        ] {
            let complaint = complaint(pointer, value).unwrap();
            assert!(complaint.contains(named), "{pointer}: {complaint}");
            assert!(!complaint.contains("canary"), "{complaint}");
        }
    }

    #[test]
    fn an_answer_to_something_else_is_refused() {
        let web = "https://web.whatsapp.com";
        for (client_data, named) in [
            (client_data("webauthn.create", CHALLENGE, web), "sign in"),
            (client_data("webauthn.get", "b3RoZXI", web), "another challenge"),
            (client_data("webauthn.get", "", web), "another challenge"),
            (client_data("webauthn.get", "!", web), "another challenge"),
            (asked_on("https://gate.example"), "https://web.whatsapp.com"),
            (asked_on("https://evilwhatsapp.com"), "https://web.whatsapp.com"),
            (asked_on("http://web.whatsapp.com"), "https://web.whatsapp.com"),
            (asked_on(""), "https://web.whatsapp.com"),
        ] {
            let complaint = complaint("/response/clientDataJSON", json!(client_data)).unwrap();
            assert!(complaint.contains(named), "{complaint}");
        }
    }

    #[test]
    fn nothing_answers_a_challenge_that_cannot_be_read() {
        for options in ["", "{}", r#"{"challenge":"!"}"#] {
            let error = read(&answer(), &PasskeyOptions::new(options)).unwrap_err();
            assert!(error.public().contains("another challenge"), "{options}");
        }
    }
}
