//! The body of a refusal.

use serde_json::json;

use crate::openapi::refusals;
use crate::openapi::schema::{Schema, always};
use crate::problem::Code;

pub(super) fn problem() -> Schema {
    let codes = refusals::ALL.map(Code::as_str);
    let statuses = Schema::number(400, 599).says("The same as the answer's.");
    Schema::object([
        always("type", Schema::text().says("Always `about:blank`: the code says what it is.")),
        always("title", Schema::text().says("What the status is called.")),
        always("status", statuses),
        always("code", Schema::word(&codes).says("For programs. It does not change.")),
        always("detail", Schema::text().says("For people. It may change.")),
    ])
    .says("Why a request was not carried out (RFC 9457).")
    .example(json!({
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "code": "not_found",
        "detail": "there is no such instance"
    }))
}
