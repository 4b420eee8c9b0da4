//! `deleteNotification`: the client has done its work with what it received.

use axum::response::Response;
use serde::Serialize;
use serde_json::Value;
use waygate_core::event::Receipt;

use crate::answer;
use crate::call::{AccountCall, Said};
use crate::refusal::Refusal;
use crate::wire::json;

const RECEIPT: &str = "receiptId";

#[derive(Serialize)]
struct Answer {
    result: bool,
    reason: &'static str,
}

pub(crate) async fn delete_notification(call: AccountCall) -> Result<Response, Refusal> {
    // One that is below zero, or was never given, is nobody's.
    let settled = match u64::try_from(receipt(&call.said)?) {
        Ok(receipt) => {
            call.gateway().settle_notification(call.instance.id, Receipt(receipt)).await?
        }
        Err(_negative) => false,
    };
    answer::json(&Answer { result: settled, reason: "" })
}

/// At the end of the path; some clients write it into a body, as an object or as a bare number.
fn receipt(said: &Said) -> Result<i64, Refusal> {
    let number = match &said.receipt {
        Some(text) => text.parse().ok(),
        None => match serde_json::from_slice::<i64>(&said.body) {
            Ok(number) => Some(number),
            Err(_no_number) => json::object(&said.body)?.get(RECEIPT).and_then(integer),
        },
    };
    number.ok_or_else(|| Refusal::bad_request("Parameter receiptId must be a Number!"))
}

fn integer(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}
