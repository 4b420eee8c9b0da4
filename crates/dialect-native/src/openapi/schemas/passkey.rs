//! A passkey's part of a linking attempt.

use serde_json::json;

use crate::openapi::schema::{Schema, always, maybe};
use crate::wire::passkey::{CHALLENGE_STAGES, CONFIRMATION_STAGES};

pub(super) fn challenge() -> Schema {
    let stage = Schema::word(&CHALLENGE_STAGES).says(
        "`options_given`: a passkey is waited for. `assertion_taken`: WhatsApp and the phone check \
         it.",
    );
    let options = Schema::anything().says(
        "`PublicKeyCredentialRequestOptions` in their JSON form, for `navigator.credentials.get` on \
         https://web.whatsapp.com; `null` when they have been answered. A secret.",
    );
    Schema::object([
        always("stage", stage),
        always("options", options),
        always("expires_at", Schema::time()),
        always("expires_in_ms", Schema::count()),
    ])
    .says("What WhatsApp wants a passkey of the account to answer.")
}

pub(super) fn confirmation() -> Schema {
    let stage = Schema::word(&CONFIRMATION_STAGES).says(
        "`code_shown`: somebody has to say that the phone shows the same one. `confirmed`: the \
         phone has to agree.",
    );
    Schema::object([
        always("stage", stage),
        always("code", Schema::text().says("As the phone shows it. A secret.")),
        always("expires_at", Schema::time()),
        always("expires_in_ms", Schema::count()),
    ])
    .says("The code that the gateway has in common with the phone.")
}

pub(super) fn new_assertion() -> Schema {
    let assertion = Schema::named("PasskeyCredential").says("As the browser gave it.");
    Schema::body([always("assertion", assertion)]).says("The answer of a passkey.")
}

pub(super) fn credential() -> Schema {
    let bytes = || Schema::text().shortest(1).like("^[A-Za-z0-9_-]+=*$");
    let response = Schema::object([
        always("clientDataJSON", bytes()),
        always("authenticatorData", bytes()),
        always("signature", bytes()),
        maybe("userHandle", bytes().or_null()),
    ]);
    Schema::object([
        always("id", bytes()),
        always("rawId", bytes().says("The same as `id`.")),
        always("type", Schema::exactly("public-key")),
        always("response", response),
    ])
    .says(
        "What `PublicKeyCredential.toJSON()` gives in the browser that was asked on \
         https://web.whatsapp.com, up to 16 KiB; other fields are handed on. A secret.",
    )
    .example(json!({
        "id": "aWQ",
        "rawId": "aWQ",
        "type": "public-key",
        "response": {
            "clientDataJSON": "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0In0",
            "authenticatorData": "AAAA",
            "signature": "c2lnbmF0dXJl",
            "userHandle": null
        }
    }))
}
