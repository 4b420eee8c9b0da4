//! Accounts, which only the operator sees: one file per route.

pub(crate) mod close;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod open;
pub(crate) mod rename;
