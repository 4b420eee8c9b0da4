//! `POST .../linking-attempts`: begins an effort to link the instance.

use axum::response::Response;
use waygate_engine::attempts::Method;

use crate::answer;
use crate::call::{InstanceCall, unless_running};
use crate::fields::Fields;
use crate::problem::Problem;
use crate::rate::new_codes;
use crate::wire::attempt::AttemptBody;

const PHONE: &str = "phone";

pub(crate) async fn begin(call: InstanceCall) -> Result<Response, Problem> {
    let (gateway, instance) = (call.gateway.clone(), call.instance.id());
    let mut response = begun(call).await.unwrap_or_else(Problem::into_response);
    if let Ok(left) = gateway.new_codes_left(instance) {
        new_codes(left, gateway.now()).tell(response.headers_mut());
    }
    Ok(response)
}

async fn begun(mut call: InstanceCall) -> Result<Response, Problem> {
    let (method, fresh) = method(&mut call.said.fields)?;
    let begun = match &call.visit {
        None => call.gateway.begin_attempt(call.instance.id(), method, fresh).await,
        Some(visit) => call.gateway.begin_visitors_attempt(visit, method, fresh).await,
    };
    let attempt = begun.map_err(unless_running)?;
    let body = AttemptBody::of(&attempt, call.view, call.gateway.now());
    answer::created_at(&format!("{}/{}", call.said.path, attempt.id), &body)
}

/// How to link, and whether by a code that nobody has seen.
fn method(fields: &mut Fields) -> Result<(Method, bool), Problem> {
    let method = fields.text("method")?;
    let (phone, fresh) = (fields.phone(PHONE)?, fields.flag("fresh")?);
    match (method.as_deref(), phone) {
        (Some("qr"), None) => Ok((Method::QrCode, fresh)),
        (Some("code"), Some(_)) if fresh => Err(Problem::invalid(
            "`fresh` goes with `qr` only: a pairing code is always a fresh one",
        )),
        (Some("code"), Some(phone)) => Ok((Method::PairingCode(phone), false)),
        (Some("qr"), Some(_)) => Err(Problem::invalid("`phone` goes with the method `code` only")),
        (Some("code"), None) => Err(Problem::invalid("`phone` is needed for the method `code`")),
        (Some(_) | None, _) => Err(Problem::invalid("`method` must be `qr` or `code`")),
    }
}
