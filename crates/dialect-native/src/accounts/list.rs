//! `GET /accounts`: all accounts.

use axum::response::Response;
use serde::Serialize;

use crate::answer;
use crate::call::AccountCall;
use crate::problem::Problem;
use crate::wire::time::rfc3339;

#[derive(Serialize)]
struct Answer {
    data: Vec<AccountBody>,
}

#[derive(Serialize)]
struct AccountBody {
    id: String,
    name: String,
    opened_at: String,
}

pub(crate) async fn list(call: AccountCall) -> Result<Response, Problem> {
    let accounts = call.gateway.accounts().await?.into_iter();
    let told = accounts.map(|account| AccountBody {
        id: account.id.to_string(),
        name: account.name,
        opened_at: rfc3339(account.opened_at),
    });
    answer::json(&Answer { data: told.collect() })
}
