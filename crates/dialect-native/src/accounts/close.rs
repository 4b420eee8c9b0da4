//! `DELETE /accounts/{account}`: closes an account that has no instances any more. Its tokens are worth
//! nothing from then on.

use axum::response::Response;

use crate::answer;
use crate::call::AccountCall;
use crate::problem::Problem;

pub(crate) async fn close(call: AccountCall) -> Result<Response, Problem> {
    let account = call.account().await?;
    call.gateway.close_account(account.id).await?;
    Ok(answer::nothing())
}
