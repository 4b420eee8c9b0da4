//! `POST /tokens`: a new token. Only this answer shows it.

use std::time::Duration;

use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;
use waygate_core::error::Error;
use waygate_core::scope::Scopes;
use waygate_core::token::TokenKind;
use waygate_engine::accounts::{IssuedToken, NewToken};

use crate::call::AccountCall;
use crate::fields::{Fields, unusable};
use crate::idempotency::{Told, keeping};
use crate::problem::Problem;
use crate::wire::token::TokenBody;

const SCOPES: &str = "scopes";
const EXPIRES_IN: &str = "expires_in";
const EXPIRES_AT: &str = "expires_at";

/// The longest life that a token is given by its length, in seconds: ten years.
pub(crate) const EXPIRES_IN_MAX: u64 = 10 * 365 * 24 * 60 * 60;

#[derive(Serialize)]
struct Answer<'a> {
    #[serde(flatten)]
    token: TokenBody,
    #[serde(rename = "token")]
    text: &'a str,
}

pub(crate) async fn issue(mut call: AccountCall) -> Result<Response, Problem> {
    let fields = &mut call.said.fields;
    let kind = kind(fields)?;
    let name = fields.text("name")?.unwrap_or_default();
    let scopes = scopes(fields, kind)?;
    let expires_at = end(fields, call.gateway.now())?;
    call.may_give(scopes)?;
    let account = call.owner().await?;
    let new = NewToken { name, scopes, expires_at, ..NewToken::new(kind, account) };
    let keeping = keeping(call.said.once.as_ref(), told);
    let issued = call.gateway.issue_token_keeping(new, keeping).await?;
    Ok(told(&issued)?.into_response())
}

fn told(issued: &IssuedToken) -> Result<Told, Error> {
    let path = format!("/api/v1/tokens/{}", issued.token.id());
    let (token, text) = (TokenBody::of(&issued.token), issued.text.expose());
    Told::created(Some(path), &Answer { token, text })
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

/// What it may do: all of the account, unless less is asked for. The vendors' contracts know no
/// lesser rights.
fn scopes(fields: &mut Fields, kind: TokenKind) -> Result<Scopes, Problem> {
    let Some(named) = fields.texts(SCOPES)? else { return Ok(Scopes::of_account()) };
    if kind != TokenKind::Native {
        return Err(Problem::invalid("`scopes` goes with the kind `native` only"));
    }
    let scopes = named.iter().map(|name| name.parse()).collect::<Result<Scopes, _>>();
    let scopes = scopes.map_err(|error| unusable(SCOPES, error))?;
    if scopes.is_empty() { Err(Problem::invalid("`scopes` names none")) } else { Ok(scopes) }
}

/// From when on it is worth nothing.
fn end(fields: &mut Fields, now: Timestamp) -> Result<Option<Timestamp>, Problem> {
    let lives = fields.number(EXPIRES_IN, 1..=EXPIRES_IN_MAX)?.map(Duration::from_secs);
    match (lives, fields.time(EXPIRES_AT)?) {
        (None, None) => Ok(None),
        (Some(lives), None) => Ok(Some(now + lives)),
        (None, Some(end)) if end > now => Ok(Some(end)),
        (None, Some(_over)) => Err(Problem::invalid("`expires_at` must be ahead")),
        (Some(_), Some(_)) => {
            Err(Problem::invalid("`expires_in` and `expires_at` exclude each other"))
        }
    }
}
