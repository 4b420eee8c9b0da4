//! Webhook endpoints, and what is sent to them.

pub(crate) mod add;
pub(crate) mod change;
pub(crate) mod deliveries;
pub(crate) mod envelope;
pub(crate) mod get;
pub(crate) mod list;
mod own;
pub(crate) mod remove;
pub(crate) mod replay;
pub(crate) mod rotate_secret;
mod wanted;
