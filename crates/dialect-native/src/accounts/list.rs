//! `GET /accounts`: all accounts, closed ones too.

use axum::response::Response;
use serde::Serialize;

use crate::answer;
use crate::call::AccountCall;
use crate::problem::Problem;
use crate::wire::account::AccountBody;

#[derive(Serialize)]
struct Answer {
    data: Vec<AccountBody>,
}

pub(crate) async fn list(call: AccountCall) -> Result<Response, Problem> {
    let accounts = call.gateway.accounts().await?;
    answer::json(&Answer { data: accounts.into_iter().map(AccountBody::of).collect() })
}
