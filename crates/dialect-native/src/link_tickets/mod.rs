//! Link tickets: one file per route, and what is said of the page.

pub(crate) mod issue;
pub(crate) mod list;
mod logo;
pub(crate) mod revoke;
mod terms;
