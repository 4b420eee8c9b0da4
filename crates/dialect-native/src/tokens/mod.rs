//! Tokens: one file per route.

pub(crate) mod issue;
pub(crate) mod list;
pub(crate) mod revoke;
