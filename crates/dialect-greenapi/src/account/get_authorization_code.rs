//! `getAuthorizationCode`: a code to type on the phone, a fresh one with each call.

use axum::response::Response;
use serde::Serialize;
use serde_json::{Map, Value};
use waygate_core::error::Kind;
use waygate_core::phone::PhoneNumber;

use crate::answer;
use crate::call::AccountCall;
use crate::refusal::Refusal;
use crate::wire::json;

const PHONE_NUMBER: &str = "phoneNumber";

/// Always these two fields. Without a code it is empty: clients read it as a text.
#[derive(Serialize)]
struct Answer<'a> {
    status: bool,
    code: &'a str,
}

pub(crate) async fn get_authorization_code(call: AccountCall) -> Result<Response, Refusal> {
    let phone = phone_number(&json::object(&call.said.body)?)?;
    let within = call.desk.settings.code_within;
    match call.gateway().request_pairing_code(call.instance.id, phone, within).await {
        Ok(code) => answer::json(&Answer { status: true, code: code.text.expose() }),
        Err(error) => match error.kind() {
            Kind::WrongState | Kind::Invalid | Kind::Conflict | Kind::Unreachable => {
                tracing::debug!(%error, "there is no code to type");
                answer::json(&Answer { status: false, code: "" })
            }
            Kind::NotFound | Kind::Limited { .. } | Kind::Internal => Err(error.into()),
        },
    }
}

/// The number, also as a text and as people write it.
fn phone_number(sent: &Map<String, Value>) -> Result<PhoneNumber, Refusal> {
    let refused = |rule: &str| Refusal::invalid(format_args!("'{PHONE_NUMBER}' {rule}"));
    let text = match sent.get(PHONE_NUMBER) {
        None | Some(Value::Null) => return Err(refused("is required")),
        Some(Value::String(text)) if text.trim().is_empty() => {
            return Err(refused("is not allowed to be empty"));
        }
        Some(Value::String(text)) => text.clone(),
        // Empty for what is negative, broken or too large: nobody's number either.
        Some(Value::Number(number)) => number.as_u64().map(|it| it.to_string()).unwrap_or_default(),
        Some(Value::Bool(_) | Value::Array(_) | Value::Object(_)) => {
            return Err(refused("must be a number"));
        }
    };
    let invalid =
        |_source| Refusal::invalid(format_args!("'{PHONE_NUMBER}': invalid phone number"));
    text.parse().map_err(invalid)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(sent: &Value) -> String {
        match phone_number(sent.as_object().unwrap()) {
            Ok(phone) => phone.digits().to_owned(),
            Err(Refusal::Told { message, .. }) => {
                message.strip_prefix("Validation failed. Details: ").unwrap().to_owned()
            }
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_phone_number_comes_as_a_number_and_as_people_write_it() {
        for sent in [
            json!({"phoneNumber": 15_550_001_111_u64}),
            json!({"phoneNumber": "15550001111"}),
            json!({"phoneNumber": " +1 (555) 000-1111 "}),
            json!({"phoneNumber": "15550001111", "other": 1}),
        ] {
            assert_eq!(read(&sent), "15550001111", "{sent}");
        }
    }

    #[test]
    fn what_is_no_phone_number_is_refused_in_the_words_of_the_vendors_validation() {
        let invalid = "'phoneNumber': invalid phone number";
        for (sent, said) in [
            (json!({}), "'phoneNumber' is required"),
            (json!({"phoneNumber": null}), "'phoneNumber' is required"),
            (json!({"phonenumber": 15_550_001_111_u64}), "'phoneNumber' is required"),
            (json!({"phoneNumber": ""}), "'phoneNumber' is not allowed to be empty"),
            (json!({"phoneNumber": "  "}), "'phoneNumber' is not allowed to be empty"),
            (json!({"phoneNumber": true}), "'phoneNumber' must be a number"),
            (json!({"phoneNumber": [15_550_001_111_u64]}), "'phoneNumber' must be a number"),
            (json!({"phoneNumber": {}}), "'phoneNumber' must be a number"),
            (json!({"phoneNumber": "15550001111@c.us"}), invalid),
            (json!({"phoneNumber": "0015550001111"}), invalid),
            (json!({"phoneNumber": 0}), invalid),
            (json!({"phoneNumber": -15_550_001_111_i64}), invalid),
            (json!({"phoneNumber": 1_555_000.5}), invalid),
            (json!({"phoneNumber": 1.555e10}), invalid),
            (json!({"phoneNumber": 1e300}), invalid),
            (json!({"phoneNumber": u64::MAX}), invalid),
        ] {
            assert_eq!(read(&sent), said, "{sent}");
        }
    }
}
