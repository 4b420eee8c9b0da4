//! A token, as it is told: all but its text.

use serde::Serialize;
use waygate_core::scope::Scope;
use waygate_core::token::ApiToken;

use super::time::rfc3339;

/// A token.
#[derive(Serialize)]
pub(crate) struct TokenBody {
    id: String,
    kind: &'static str,
    name: String,
    scopes: Vec<&'static str>,
    account_id: String,
    issued_at: String,
    expires_at: Option<String>,
    revoked_at: Option<String>,
}

impl TokenBody {
    pub(crate) fn of(token: &ApiToken) -> Self {
        Self {
            id: token.id().to_string(),
            kind: token.kind.as_str(),
            name: token.name.clone(),
            scopes: token.scopes.iter().map(Scope::as_str).collect(),
            account_id: token.account.to_string(),
            issued_at: rfc3339(token.issued_at),
            expires_at: token.expires_at.map(rfc3339),
            revoked_at: token.revoked_at.map(rfc3339),
        }
    }
}
