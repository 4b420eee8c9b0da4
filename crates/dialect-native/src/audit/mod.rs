//! The record of who did what.

pub(crate) mod list;
