//! Linking attempts.

use serde_json::json;
use waygate_core::instance::passkey::PasskeyFailure;

use crate::openapi::schema::{Schema, always, maybe};
use crate::wire::passkey;

const STEPS: [&str; 10] = [
    "preparing",
    "waiting",
    "qr_code",
    "pairing_code",
    "pairing_code_typed",
    "passkey_challenge",
    "passkey_confirmation",
    "finishing",
    "linked",
    "failed",
];

const FAILURES: [&str; 8] = [
    "not_watched",
    "code_expired",
    "wrong_code",
    "wrong_phone",
    "code_lost",
    "given_up",
    "refused",
    "impossible",
];

/// Every word for why an attempt failed.
fn failures() -> Vec<&'static str> {
    FAILURES.into_iter().chain(PasskeyFailure::ALL.map(passkey::name)).collect()
}

pub(super) fn new() -> Schema {
    let fresh = Schema::flag().or_null().says("`true` for a QR code that was never shown before.");
    let phone =
        super::phone().says("The number of the phone that types the code, in international form.");
    Schema::either([
        Schema::body([always("method", Schema::exactly("qr")), maybe("fresh", fresh)])
            .says("By a QR code, which the phone scans."),
        Schema::body([always("method", Schema::exactly("code")), always("phone", phone)])
            .says("By a pairing code, which is typed on the phone."),
    ])
    .says("How to link.")
    .example(json!({"method": "qr"}))
    .example(json!({"method": "code", "phone": "15550001111"}))
}

pub(super) fn attempt() -> Schema {
    let left = Schema::count().or_null().says("The same, in milliseconds from now.");
    let failure = Schema::word(&failures()).or_null().says("Why it `failed`, for programs.");
    Schema::object([
        always("id", Schema::uuid()),
        always("instance_id", Schema::uuid()),
        always("method", Schema::word(&["qr", "code"])),
        always("begun_at", Schema::time()),
        always("version", Schema::count().says("Grows with every change.")),
        always("step", Schema::word(&STEPS).says(STEP)),
        always("qr_code", Schema::named("QrCode").or_null()),
        always("pairing_code", Schema::named("PairingCode").or_null()),
        always("passkey_challenge", Schema::named("PasskeyChallenge").or_null()),
        always("passkey_confirmation", Schema::named("PasskeyConfirmation").or_null()),
        always("not_before", Schema::time().or_null().says("There is no code before then.")),
        always("not_before_in_ms", left),
        always("failure", failure),
        always("reason", Schema::text().or_null().says("Why it waits or has failed, for people.")),
        always("whatsapp", super::linked().or_null().says("The account that was linked.")),
    ])
    .says("One effort to link an instance.")
    .example(json!({
        "id": "0f4b0d6e-6c0b-4f5c-9b0e-3f6a6a1f7f52",
        "instance_id": "67e55044-10b1-426f-9247-bb680e5fe0c8",
        "method": "qr",
        "begun_at": "2026-03-01T10:20:30.456Z",
        "version": 2,
        "step": "qr_code",
        "qr_code": {
            "text": "2@...",
            "round": 1,
            "issued_at": "2026-03-01T10:20:31.000Z",
            "expires_at": "2026-03-01T10:21:31.000Z",
            "expires_in_ms": 59_000
        },
        "pairing_code": null,
        "passkey_challenge": null,
        "passkey_confirmation": null,
        "not_before": null,
        "not_before_in_ms": null,
        "failure": null,
        "reason": null,
        "whatsapp": null
    }))
}

pub(super) fn list() -> Schema {
    Schema::object([always("data", Schema::list(Schema::named("LinkingAttempt")))])
        .says("Attempts, the newest first.")
}

const STEP: &str = "`preparing`: a code is on its way. `waiting`: there is none before \
    `not_before`. `qr_code`: scan it. `pairing_code`: type it on the phone, or scan the `qr_code` \
    while there is one too. `pairing_code_typed`: the phone has typed a code. \
    `passkey_challenge`: WhatsApp wants a passkey of the account. `passkey_confirmation`: the phone \
    shows a code too, which has to be compared. `finishing`: the phone has accepted. `linked`: done. \
    `failed`: over.";

pub(super) fn qr_code() -> Schema {
    Schema::object([
        always("text", Schema::text().says("What the QR code holds. A secret.")),
        always("round", Schema::count().says("How many codes this attempt has shown.")),
        always("issued_at", Schema::time()),
        always("expires_at", Schema::time()),
        always("expires_in_ms", Schema::count()),
    ])
    .says("The code to scan.")
}

pub(super) fn pairing_code() -> Schema {
    Schema::object([
        always("code", Schema::text().says("As it is typed on the phone. A secret.")),
        always("issued_at", Schema::time()),
        always("expires_at", Schema::time()),
        always("expires_in_ms", Schema::count()),
    ])
    .says("The code to type.")
}
