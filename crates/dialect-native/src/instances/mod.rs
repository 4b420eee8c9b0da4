//! Instances: one file per route.

pub(crate) mod change;
pub(crate) mod create;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod log_out;
pub(crate) mod notification_queue;
pub(crate) mod remove;
pub(crate) mod restart;
pub(crate) mod start;
pub(crate) mod state_history;
pub(crate) mod stop;
mod wanted;
