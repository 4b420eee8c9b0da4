//! Accounts, which only the operator sees.

pub(crate) mod list;
