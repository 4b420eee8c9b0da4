//! `DELETE /instances/{instance}/link-tickets/{link_ticket}`: takes a ticket back. The page that it
//! opened ends, and a code that it shows is worth nothing.

use axum::response::Response;

use crate::answer;
use crate::call::InstanceCall;
use crate::problem::Problem;

pub(crate) async fn revoke(call: InstanceCall) -> Result<Response, Problem> {
    let ticket = call.said.link_ticket()?;
    call.gateway.revoke_link_ticket(call.instance.id(), ticket).await?;
    Ok(answer::nothing())
}
