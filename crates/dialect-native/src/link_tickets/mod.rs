//! Link tickets: one file per route.

pub(crate) mod issue;
