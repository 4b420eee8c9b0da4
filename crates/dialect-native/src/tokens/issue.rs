//! `POST /tokens`: a new token. Only this answer shows it.

use axum::response::Response;
use serde::Serialize;
use waygate_core::token::TokenKind;
use waygate_engine::accounts::NewToken;

use crate::answer;
use crate::call::AccountCall;
use crate::fields::Fields;
use crate::problem::Problem;
use crate::wire::time::rfc3339;

#[derive(Serialize)]
struct Answer<'a> {
    id: String,
    kind: &'static str,
    token: &'a str,
    issued_at: String,
}

pub(crate) async fn issue(mut call: AccountCall) -> Result<Response, Problem> {
    let kind = kind(&mut call.said.fields)?;
    let account = call.owner().await?;
    let issued = call.gateway.issue_token(NewToken::new(kind, account)).await?;
    answer::created(&Answer {
        id: issued.token.id().to_string(),
        kind: kind.as_str(),
        token: issued.text.expose(),
        issued_at: rfc3339(issued.token.issued_at),
    })
}

fn kind(fields: &mut Fields) -> Result<TokenKind, Problem> {
    let kind = fields.text("kind")?.and_then(|kind| kind.parse().ok());
    match kind {
        Some(kind @ (TokenKind::Native | TokenKind::Partner | TokenKind::Hypersender)) => Ok(kind),
        // One comes with each instance.
        Some(TokenKind::Instance) | None => {
            Err(Problem::invalid("`kind` must be `native`, `partner` or `hypersender`"))
        }
    }
}
