//! `updateApiToken`: a new token; the old one is worth nothing from then on.

use axum::response::Response;
use serde::Serialize;

use crate::answer;
use crate::call::AccountCall;
use crate::refusal::Refusal;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    api_token_instance: &'a str,
}

pub(crate) async fn update_api_token(call: AccountCall) -> Result<Response, Refusal> {
    let token = call.gateway().renew_instance_token(call.instance.id).await?;
    answer::json(&Answer { api_token_instance: token.expose() })
}
