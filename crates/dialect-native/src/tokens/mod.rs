//! Tokens: one file per route.

mod own;

pub(crate) mod get;
pub(crate) mod issue;
pub(crate) mod list;
pub(crate) mod revoke;
