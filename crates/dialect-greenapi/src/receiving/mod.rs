//! Notifications, as a client fetches them, or as they are pushed.

pub(crate) mod clear_webhooks_queue;
pub(crate) mod delete_notification;
pub(crate) mod download_file;
pub(crate) mod get_webhooks_count;
mod notification;
pub(crate) mod push;
pub(crate) mod receive_notification;
