//! `GET /webhook-endpoints/{webhook_endpoint}`: one endpoint, without its secret.

use axum::response::Response;

use super::own::own_endpoint;
use crate::answer;
use crate::call::AccountCall;
use crate::problem::Problem;
use crate::wire::webhook_endpoint::EndpointBody;

pub(crate) async fn get(call: AccountCall) -> Result<Response, Problem> {
    answer::json(&EndpointBody::of(&own_endpoint(&call).await?))
}
