//! The token that a request is about.

use waygate_core::token::ApiToken;

use crate::call::AccountCall;
use crate::problem::Problem;

/// The token in the path, where the caller sees it.
pub(super) async fn own_token(call: &AccountCall) -> Result<ApiToken, Problem> {
    let id = call.said.token()?;
    for account in call.reach.accounts(&call.gateway).await? {
        let tokens = call.gateway.list_tokens(account).await?;
        if let Some(token) = tokens.into_iter().find(|token| token.id() == id) {
            return Ok(token);
        }
    }
    Err(Problem::no_such_token())
}
