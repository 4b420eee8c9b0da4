//! An account, as it is told.

use serde::Serialize;
use waygate_core::tenant::Account;

use super::time::rfc3339;

/// An account.
#[derive(Serialize)]
pub(crate) struct AccountBody {
    id: String,
    name: String,
    opened_at: String,
    closed_at: Option<String>,
}

impl AccountBody {
    pub(crate) fn of(account: Account) -> Self {
        Self {
            id: account.id.to_string(),
            name: account.name,
            opened_at: rfc3339(account.opened_at),
            closed_at: account.closed_at.map(rfc3339),
        }
    }
}
