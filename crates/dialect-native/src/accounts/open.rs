//! `POST /accounts`: a new account, without instances and tokens.

use axum::response::Response;

use crate::answer;
use crate::call::AccountCall;
use crate::problem::Problem;
use crate::wire::account::AccountBody;

pub(crate) async fn open(mut call: AccountCall) -> Result<Response, Problem> {
    let name = call.said.fields.needed_text("name")?;
    let account = call.gateway.open_account(name).await?;
    answer::created_at(&format!("/api/v1/accounts/{}", account.id), &AccountBody::of(account))
}
