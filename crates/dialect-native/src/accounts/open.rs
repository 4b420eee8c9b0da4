//! `POST /accounts`: a new account, without instances and tokens.

use axum::response::Response;
use waygate_core::error::Error;
use waygate_core::tenant::Account;

use crate::call::AccountCall;
use crate::idempotency::{Told, keeping};
use crate::problem::Problem;
use crate::wire::account::AccountBody;

pub(crate) async fn open(mut call: AccountCall) -> Result<Response, Problem> {
    let name = call.said.fields.needed_text("name")?;
    let keeping = keeping(call.said.once.as_ref(), told);
    let account = call.gateway.open_account_keeping(name, keeping).await?;
    Ok(told(&account)?.into_response())
}

fn told(account: &Account) -> Result<Told, Error> {
    let path = format!("/api/v1/accounts/{}", account.id);
    Told::created(Some(path), &AccountBody::of(account.clone()))
}
