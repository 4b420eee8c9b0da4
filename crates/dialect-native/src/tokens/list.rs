//! `GET /tokens`: the tokens that open all of an account, without their texts.

use axum::response::Response;
use serde::Serialize;
use waygate_core::token::ApiToken;

use crate::answer;
use crate::call::AccountCall;
use crate::problem::Problem;
use crate::wire::time::rfc3339;

#[derive(Serialize)]
struct Answer {
    data: Vec<TokenBody>,
}

#[derive(Serialize)]
struct TokenBody {
    id: String,
    kind: &'static str,
    account_id: String,
    issued_at: String,
    revoked_at: Option<String>,
}

impl TokenBody {
    fn of(token: &ApiToken) -> Self {
        Self {
            id: token.id().to_string(),
            kind: token.kind.as_str(),
            account_id: token.account.to_string(),
            issued_at: rfc3339(token.issued_at),
            revoked_at: token.revoked_at.map(rfc3339),
        }
    }
}

pub(crate) async fn list(call: AccountCall) -> Result<Response, Problem> {
    let mut data = Vec::new();
    for account in call.scope.accounts(&call.gateway).await? {
        data.extend(call.gateway.list_tokens(account).await?.iter().map(TokenBody::of));
    }
    answer::json(&Answer { data })
}
