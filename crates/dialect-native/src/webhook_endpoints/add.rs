//! `POST /webhook-endpoints`: a new endpoint. Only this answer and that of a rotation show its secret.

use axum::response::Response;
use waygate_engine::webhook_endpoints::NewWebhookEndpoint;

use super::wanted;
use crate::answer;
use crate::call::AccountCall;
use crate::problem::Problem;
use crate::wire::webhook_endpoint::{EndpointBody, WithSecret};

pub(crate) async fn add(mut call: AccountCall) -> Result<Response, Problem> {
    let url = call.said.fields.needed_text("url")?;
    wanted::check_url(&call.outbound, &url)?;
    let description = call.said.fields.text("description")?.unwrap_or_default();
    let filter = wanted::filter(&mut call.said.fields)?;
    let account = call.owner().await?;
    let new = NewWebhookEndpoint { account, url, description, filter };
    let own = call.gateway.add_webhook_endpoint(new).await?;
    let path = format!("/api/v1/webhook-endpoints/{}", own.record.id);
    answer::created_at(&path, &WithSecret::of(&own, EndpointBody::of(&own)))
}
