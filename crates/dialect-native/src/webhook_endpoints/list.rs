//! `GET /webhook-endpoints`: the caller's endpoints, without their secrets.

use axum::response::Response;
use serde::Serialize;
use waygate_engine::webhook_endpoints::OwnWebhookEndpoint;

use crate::answer;
use crate::call::AccountCall;
use crate::problem::Problem;
use crate::wire::webhook_endpoint::EndpointBody;

#[derive(Serialize)]
struct Answer<'a> {
    data: Vec<EndpointBody<'a>>,
}

pub(crate) async fn list(call: AccountCall) -> Result<Response, Problem> {
    let mut endpoints: Vec<OwnWebhookEndpoint> = Vec::new();
    for account in call.asked().await?.accounts(&call.gateway).await? {
        endpoints.extend(call.gateway.webhook_endpoints(account).await?);
    }
    answer::json(&Answer { data: endpoints.iter().map(EndpointBody::of).collect() })
}
