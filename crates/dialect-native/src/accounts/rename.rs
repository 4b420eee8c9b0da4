//! `PATCH /accounts/{account}`: another name.

use axum::response::Response;
use waygate_core::tenant::Account;

use crate::answer;
use crate::call::AccountCall;
use crate::problem::Problem;
use crate::wire::account::AccountBody;

pub(crate) async fn rename(mut call: AccountCall) -> Result<Response, Problem> {
    let account = call.account().await?;
    let name = call.said.fields.needed_text("name")?;
    call.gateway.rename_account(account.id, name.clone()).await?;
    answer::json(&AccountBody::of(Account { name, ..account }))
}
