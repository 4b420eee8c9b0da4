//! The endpoint that a request is about.

use waygate_engine::webhook_endpoints::OwnWebhookEndpoint;

use crate::call::AccountCall;
use crate::problem::Problem;

/// The endpoint in the path, where the caller sees it.
pub(super) async fn own_endpoint(call: &AccountCall) -> Result<OwnWebhookEndpoint, Problem> {
    let id = call.said.webhook_endpoint()?;
    for account in call.reach.accounts(&call.gateway).await? {
        let own = call.gateway.webhook_endpoints(account).await?;
        if let Some(endpoint) = own.into_iter().find(|it| it.record.id == id) {
            return Ok(endpoint);
        }
    }
    Err(Problem::no_such_webhook_endpoint())
}
