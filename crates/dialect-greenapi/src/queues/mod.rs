//! The messages that wait to be sent. A file is named after its method.

pub(crate) mod clear_messages_queue;
pub(crate) mod get_messages_count;
pub(crate) mod show_messages_queue;
