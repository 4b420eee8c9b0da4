//! `DELETE /tokens/{token}`: makes a token worth nothing; the one that asks may be meant.

use axum::response::Response;

use crate::answer;
use crate::call::AccountCall;
use crate::problem::Problem;

pub(crate) async fn revoke(call: AccountCall) -> Result<Response, Problem> {
    let id = call.said.token()?;
    for account in call.scope.accounts(&call.gateway).await? {
        if call.gateway.list_tokens(account).await?.iter().any(|token| token.id() == id) {
            call.gateway.revoke_token(account, id).await?;
            return Ok(answer::nothing());
        }
    }
    Err(Problem::no_such_token())
}
