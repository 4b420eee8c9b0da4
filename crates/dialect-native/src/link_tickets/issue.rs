//! `POST /instances/{instance}/link-tickets`: an address at which a person can link the instance.

use axum::response::Response;
use serde::Serialize;

use crate::answer;
use crate::call::{InstanceCall, unless_running};
use crate::problem::Problem;
use crate::wire::time::rfc3339;

#[derive(Serialize)]
struct Answer {
    path: String,
    expires_at: String,
}

pub(crate) async fn issue(call: InstanceCall) -> Result<Response, Problem> {
    let issued = call.gateway.issue_link_ticket(call.instance.id());
    let ticket = issued.map_err(unless_running)?;
    let path = format!("/link/{}", ticket.text.expose());
    answer::created(&Answer { path, expires_at: rfc3339(ticket.expires_at) })
}
