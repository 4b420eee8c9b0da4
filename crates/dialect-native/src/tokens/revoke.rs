//! `DELETE /tokens/{token}`: makes a token worth nothing; the one that asks may be meant.

use axum::response::Response;

use super::own::own_token;
use crate::answer;
use crate::call::AccountCall;
use crate::problem::Problem;

pub(crate) async fn revoke(call: AccountCall) -> Result<Response, Problem> {
    let token = own_token(&call).await?;
    call.gateway.revoke_token(token.account, token.id()).await?;
    Ok(answer::nothing())
}
