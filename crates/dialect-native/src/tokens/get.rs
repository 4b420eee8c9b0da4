//! `GET /tokens/{token}`: one token, without its text.

use axum::response::Response;

use super::own::own_token;
use crate::answer;
use crate::call::AccountCall;
use crate::problem::Problem;
use crate::wire::token::TokenBody;

pub(crate) async fn get(call: AccountCall) -> Result<Response, Problem> {
    answer::json(&TokenBody::of(&own_token(&call).await?))
}
