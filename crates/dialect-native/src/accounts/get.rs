//! `GET /accounts/{account}`: one account, also when it was closed.

use axum::response::Response;

use crate::answer;
use crate::call::AccountCall;
use crate::problem::Problem;
use crate::wire::account::AccountBody;

pub(crate) async fn get(call: AccountCall) -> Result<Response, Problem> {
    answer::json(&AccountBody::of(call.account().await?))
}
