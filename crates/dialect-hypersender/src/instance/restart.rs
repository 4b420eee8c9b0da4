//! `restart`: a new connection, with the same account.

use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use waygate_core::error::Kind;

use crate::answer;
use crate::call::InstanceCall;
use crate::refusal::Refusal;

#[derive(Debug, Serialize)]
struct Answer {
    message: &'static str,
}

pub(crate) async fn restart(call: InstanceCall) -> Result<Response, Refusal> {
    match call.gateway().restart_instance(call.instance.id).await {
        Ok(()) => {}
        // It is about to run, or about to go.
        Err(error) if error.kind() == Kind::NotFound => return Err(Refusal::NOT_RESTARTED),
        Err(error) => {
            tracing::error!(cause = error.with_causes(), "an instance could not be restarted");
            return Err(Refusal::NOT_RESTARTED);
        }
    }
    let message = "WhatsApp instance restarted successfully.";
    answer::json(StatusCode::OK, &Answer { message })
}
