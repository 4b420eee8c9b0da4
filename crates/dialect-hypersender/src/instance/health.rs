//! `health`: where an instance stands, and since when it is or was connected.

use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;

use crate::answer;
use crate::call::InstanceCall;
use crate::refusal::Refusal;
use crate::wire::status::Status;
use crate::wire::time::time;

#[derive(Serialize)]
struct Answer {
    instance_id: String,
    connected_at: Option<String>,
    status: Status,
}

pub(crate) async fn health(call: InstanceCall) -> Result<Response, Refusal> {
    let instance = call.instance.id;
    let connected_at = call.gateway().last_connected(instance).await?;
    let body = Answer {
        instance_id: instance.to_string(),
        connected_at: connected_at.map(time),
        status: Status::of_instance(call.gateway(), instance),
    };
    answer::json(StatusCode::OK, &body)
}
