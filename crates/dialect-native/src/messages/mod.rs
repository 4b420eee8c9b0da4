//! Messages that are sent: one file per route.

pub(crate) mod clear_queue;
pub(crate) mod get;
pub(crate) mod list_queue;
pub(crate) mod send;
