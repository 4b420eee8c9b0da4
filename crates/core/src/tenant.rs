//! A tenant: whoever owns instances and API tokens.

use jiff::Timestamp;

use crate::id::AccountId;

/// The account that a fresh data directory begins with.
pub const FIRST_ACCOUNT: &str = "main";

/// The longest name of an account, in characters.
pub const NAME_LENGTH_MAX: usize = 100;

/// A tenant. (The WhatsApp account of an instance is [`crate::account::LinkedAccount`].)
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Its name, which no other account has; 1 to [`NAME_LENGTH_MAX`] characters.
    pub name: String,
    /// When it was opened, to the millisecond.
    pub opened_at: Timestamp,
    /// When it was closed, to the millisecond. It has no instances and no valid tokens from then on,
    /// and its name stays taken.
    pub closed_at: Option<Timestamp>,
}
