//! `GET /tokens`: the tokens that open all of an account, without their texts.

use axum::response::Response;
use serde::Serialize;

use crate::answer;
use crate::call::AccountCall;
use crate::problem::Problem;
use crate::wire::token::TokenBody;

#[derive(Serialize)]
struct Answer {
    data: Vec<TokenBody>,
}

pub(crate) async fn list(call: AccountCall) -> Result<Response, Problem> {
    let mut data = Vec::new();
    for account in call.asked().await?.accounts(&call.gateway).await? {
        data.extend(call.gateway.list_tokens(account).await?.iter().map(TokenBody::of));
    }
    answer::json(&Answer { data })
}
