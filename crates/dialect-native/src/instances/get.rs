//! `GET /instances/{instance}`: one instance, with what lets GREEN-API's clients in.

use axum::response::Response;
use waygate_core::token::TokenKind;

use crate::answer;
use crate::call::InstanceCall;
use crate::problem::Problem;
use crate::wire::instance::InstanceBody;

pub(crate) async fn get(call: InstanceCall) -> Result<Response, Problem> {
    let record = call.instance.record();
    let token = if call.shows_tokens() {
        call.gateway.instance_token_text(record, TokenKind::Instance).await?
    } else {
        None
    };
    let body = InstanceBody::of(record, &call.gateway);
    answer::json(&body.with_token(record.number, token.as_ref()))
}
