//! What the server makes of a browser's answer to its challenge: the rules of Web
//! Authentication for the one who relies on it (docs/internals/sim.md, "The passkey gate").

use p256::ecdsa::{DerSignature, signature::Verifier as _};
use serde::Deserialize;

use crate::{
    digest::{same, sha256},
    passkey::{KnownPasskey, bytes},
};

/// The site that the passkeys are of.
pub(crate) const RP_ID: &str = "whatsapp.com";

/// Where the page is that may ask for them.
pub(crate) const ORIGIN: &str = "https://web.whatsapp.com";

/// The type of the client data of an answer to a challenge.
pub(crate) const ASSERTION_TYPE: &str = "webauthn.get";

/// The only type of a credential.
pub(crate) const CREDENTIAL_TYPE: &str = "public-key";

const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const BACKUP_ELIGIBLE: u8 = 0x08;
const BACKED_UP: u8 = 0x10;

/// Announce what the answer to this challenge has no reason to hold.
const MORE_FOLLOWS: u8 = 0x40 | 0x80;

/// The hash of the site, the flags and the counter.
const AUTHENTICATOR_BYTES: usize = 37;

/// Why an answer does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AssertionError {
    /// It is not one.
    Malformed(&'static str),
    /// It is one, and proves nothing.
    Unproven(&'static str),
}

use AssertionError::{Malformed, Unproven};

/// `PublicKeyCredential.toJSON()`. Members that say nothing here are overlooked.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Credential {
    id: String,
    raw_id: String,
    r#type: String,
    response: Response,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    #[serde(rename = "clientDataJSON")]
    client_data_json: String,
    authenticator_data: String,
    signature: String,
    #[serde(default)]
    user_handle: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    r#type: String,
    challenge: String,
    origin: String,
    #[serde(default)]
    cross_origin: bool,
}

/// Checks that one of these passkeys has answered this challenge, at WhatsApp's page.
pub(crate) fn check(
    passkeys: &[KnownPasskey],
    challenge: &[u8],
    (credential_id, assertion): (&[u8], &[u8]),
) -> Result<(), AssertionError> {
    let credential: Credential =
        serde_json::from_slice(assertion).map_err(|_other| Malformed("no credential in JSON"))?;
    if credential.r#type != CREDENTIAL_TYPE {
        return Err(Malformed("the credential is of another type"));
    }
    if credential.id != credential.raw_id
        || bytes(&credential.raw_id).as_deref() != Some(credential_id)
    {
        return Err(Malformed("id, rawId and credential_id are not the same"));
    }
    let response = &credential.response;
    let client_data =
        bytes(&response.client_data_json).ok_or(Malformed("clientDataJSON is no base64url"))?;
    let authenticator_data = bytes(&response.authenticator_data)
        .ok_or(Malformed("authenticatorData is no base64url"))?;
    let signature = bytes(&response.signature)
        .and_then(|signature| DerSignature::from_bytes(&signature).ok())
        .ok_or(Malformed("the signature is no ES256 signature in DER"))?;

    check_client_data(&client_data, challenge)?;
    check_authenticator_data(&authenticator_data)?;
    let passkey = passkeys
        .iter()
        .find(|passkey| passkey.id[..] == *credential_id)
        .ok_or(Unproven("the credential is none of the account's"))?;
    let handle = response.user_handle.as_deref().map(bytes);
    if handle.is_some_and(|handle| handle.as_deref() != Some(&passkey.user_handle)) {
        return Err(Unproven("the user handle is not the account's"));
    }
    let signed = [&authenticator_data[..], &sha256(&[&client_data])].concat();
    passkey
        .key
        .verify(&signed, &signature)
        .map_err(|_wrong| Unproven("the signature does not verify"))
}

fn check_client_data(client_data: &[u8], challenge: &[u8]) -> Result<(), AssertionError> {
    let said: ClientData = serde_json::from_slice(client_data)
        .map_err(|_other| Malformed("clientDataJSON is no client data"))?;
    if said.r#type != ASSERTION_TYPE {
        return Err(Unproven("the client data are of another type"));
    }
    if bytes(&said.challenge).is_none_or(|said| !same(&said, challenge)) {
        return Err(Unproven("the challenge is another one"));
    }
    if said.origin != ORIGIN || said.cross_origin {
        return Err(Unproven("the origin is another one"));
    }
    Ok(())
}

fn check_authenticator_data(data: &[u8]) -> Result<(), AssertionError> {
    let &[ref site @ .., flags, _, _, _, _] = data else {
        return Err(Malformed("authenticatorData is too short"));
    };
    if data.len() != AUTHENTICATOR_BYTES || flags & MORE_FOLLOWS != 0 {
        return Err(Malformed("authenticatorData is not 37 bytes"));
    }
    if *site != sha256(&[RP_ID.as_bytes()]) {
        return Err(Unproven("the site is another one"));
    }
    if flags & USER_PRESENT == 0 || flags & USER_VERIFIED == 0 {
        return Err(Unproven("the user was not there, or not recognised"));
    }
    if flags & BACKED_UP != 0 && flags & BACKUP_ELIGIBLE == 0 {
        return Err(Malformed("backed up, and may not be"));
    }
    // Counters stay at 0 with passkeys that are on several devices.
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        PasskeyError,
        dice::Dice,
        passkey::{Passkey, answer, text},
    };

    const CHALLENGE: &[u8] = b"a challenge of the server's own";

    fn passkeys() -> [Passkey; 2] {
        let mut dice = Dice::derive(1, "test", 0);
        std::array::from_fn(|_| Passkey::generate([7; 32], &mut dice))
    }

    fn options(more: &Value) -> String {
        let mut options = json!({
            "challenge": text(CHALLENGE),
            "timeout": 600_000,
            "rpId": RP_ID,
            "userVerification": "required",
        });
        for (name, value) in more.as_object().unwrap() {
            options[name] = value.clone();
        }
        options.to_string()
    }

    fn judge(passkeys: &[Passkey], credential: &str) -> Result<(), AssertionError> {
        let known: Vec<KnownPasskey> = passkeys.iter().map(|it| it.known().clone()).collect();
        let json: Value =
            serde_json::from_str(credential).map_err(|_other| Malformed("no JSON at all"))?;
        let id = json["rawId"].as_str().and_then(bytes).ok_or(Malformed("no id"))?;
        check(&known, CHALLENGE, (&id, credential.as_bytes()))
    }

    #[test]
    fn the_answer_of_each_passkey_is_accepted_once_it_is_asked_for() {
        let passkeys = passkeys();
        for passkey in &passkeys {
            let id = text(&passkey.known().id);
            let wanted = options(&json!({
                "allowCredentials": [{ "type": "public-key", "id": id, "transports": ["hybrid"] }],
            }));
            let credential = answer(&passkeys, &wanted).unwrap();
            let json: Value = serde_json::from_str(&credential).unwrap();
            assert_eq!(json["id"], id);
            assert_eq!(judge(&passkeys, &credential), Ok(()));
        }
        let any = answer(&passkeys, &options(&json!({}))).unwrap();
        assert_eq!(judge(&passkeys, &any), Ok(()));
    }

    #[test]
    fn the_same_challenge_is_answered_to_the_byte_the_same() {
        let wanted = options(&json!({}));
        assert_eq!(answer(&passkeys(), &wanted).unwrap(), answer(&passkeys(), &wanted).unwrap());
    }

    #[test]
    fn a_browser_gives_no_answer_to_what_its_page_may_not_ask_for() {
        let other = json!([{ "type": "public-key", "id": text(b"another") }]);
        let strange = json!([{ "type": "secret", "id": text(&passkeys()[0].known().id) }]);
        let rows = [
            (options(&json!({ "rpId": "example.org" })), PasskeyError::ForeignSite),
            (options(&json!({ "rpId": "com" })), PasskeyError::ForeignSite),
            (options(&json!({ "rpId": "web.whatsapp.com" })), PasskeyError::NoPasskey),
            (options(&json!({ "rpId": null })), PasskeyError::NoPasskey),
            (options(&json!({ "allowCredentials": other })), PasskeyError::NoPasskey),
            (options(&json!({ "allowCredentials": strange })), PasskeyError::NoPasskey),
            (options(&json!({ "challenge": "" })), PasskeyError::Malformed),
            (options(&json!({ "challenge": "a+/=" })), PasskeyError::Malformed),
            ("[]".to_owned(), PasskeyError::Malformed),
        ];
        for (wanted, expected) in rows {
            assert_eq!(answer(&passkeys(), &wanted), Err(expected), "{wanted}");
        }
        assert_eq!(answer(&[], &options(&json!({}))), Err(PasskeyError::NoPasskey));
    }

    /// What was signed, changed in one place, with the signature that it then has or had before.
    #[test]
    fn an_answer_with_a_changed_part_proves_nothing() {
        let passkeys = passkeys();
        let credential = answer(&passkeys, &options(&json!({}))).unwrap();
        let whole: Value = serde_json::from_str(&credential).unwrap();
        let data = bytes(whole["response"]["authenticatorData"].as_str().unwrap()).unwrap();
        let flags = |flags: u8| {
            let mut data = data.clone();
            data[32] = flags;
            text(&data)
        };
        let said = |kind: &str, challenge: &str, origin: &str, cross: bool| {
            text(
                json!({
                    "type": kind, "challenge": challenge, "origin": origin, "crossOrigin": cross
                })
                .to_string()
                .as_bytes(),
            )
        };
        let right = text(CHALLENGE);
        let mut site = data.clone();
        site[0] ^= 1;
        let rows = [
            ("clientDataJSON", said("webauthn.create", &right, ORIGIN, false), "another type"),
            ("clientDataJSON", said(ASSERTION_TYPE, &text(b"x"), ORIGIN, false), "challenge"),
            ("clientDataJSON", said(ASSERTION_TYPE, &right, "https://a.org", false), "origin"),
            ("clientDataJSON", said(ASSERTION_TYPE, &right, ORIGIN, true), "origin"),
            ("clientDataJSON", said(ASSERTION_TYPE, &right, ORIGIN, false), "signature"),
            ("clientDataJSON", text(b"{}"), "clientDataJSON"),
            ("clientDataJSON", "=".to_owned(), "clientDataJSON"),
            ("authenticatorData", flags(0x1c), "not there"),
            ("authenticatorData", flags(0x19), "not there"),
            ("authenticatorData", flags(0x15), "may not be"),
            ("authenticatorData", flags(0x5d), "37 bytes"),
            ("authenticatorData", flags(0x05), "signature"),
            ("authenticatorData", text(&site), "site"),
            ("authenticatorData", text(&data[..36]), "37 bytes"),
            ("authenticatorData", text(&data[..3]), "too short"),
            ("signature", text(&[7; 64]), "DER"),
            ("userHandle", text(&[8; 32]), "user handle"),
            ("userHandle", "=".to_owned(), "user handle"),
        ];
        for (part, value, expected) in rows {
            let mut changed = whole.clone();
            // Another order of members is another text, with the same meaning.
            changed["response"][part] = json!(value);
            let judged = judge(&passkeys, &changed.to_string());
            let detail = match judged {
                Err(Malformed(detail) | Unproven(detail)) => detail,
                Ok(()) => "nothing",
            };
            assert!(detail.contains(expected), "{part}: {detail}, not {expected}");
        }
    }

    #[test]
    fn an_answer_may_come_without_a_user_handle_and_not_from_a_strangers_passkey() {
        let passkeys = passkeys();
        let credential = answer(&passkeys, &options(&json!({}))).unwrap();
        let mut bare: Value = serde_json::from_str(&credential).unwrap();
        bare["response"]["userHandle"] = Value::Null;
        assert_eq!(judge(&passkeys, &bare.to_string()), Ok(()));
        let judged = judge(&passkeys[1..], &credential);
        assert_eq!(judged, Err(Unproven("the credential is none of the account's")));

        let mut stolen = bare.clone();
        stolen["id"] = json!(text(&passkeys[1].known().id));
        let judged = judge(&passkeys, &stolen.to_string());
        assert!(matches!(judged, Err(Malformed(_))), "{judged:?}");
        stolen["rawId"] = stolen["id"].clone();
        let judged = judge(&passkeys, &stolen.to_string());
        assert_eq!(judged, Err(Unproven("the signature does not verify")));
        stolen["type"] = json!("password");
        let judged = judge(&passkeys, &stolen.to_string());
        assert_eq!(judged, Err(Malformed("the credential is of another type")));
        let judged = check(&[], CHALLENGE, (b"", b"nonsense"));
        assert_eq!(judged, Err(Malformed("no credential in JSON")));
    }
}
