//! An instance's settings: one file per route.

pub(crate) mod change;
pub(crate) mod get;
