//! `DELETE /webhook-endpoints/{webhook_endpoint}`: nothing is sent to it any more, nor kept of it.

use axum::response::Response;

use super::own::own_endpoint;
use crate::answer;
use crate::call::AccountCall;
use crate::problem::Problem;

pub(crate) async fn remove(call: AccountCall) -> Result<Response, Problem> {
    let own = own_endpoint(&call).await?;
    call.gateway.remove_webhook_endpoint(own.record.account, own.record.id).await?;
    Ok(answer::nothing())
}
