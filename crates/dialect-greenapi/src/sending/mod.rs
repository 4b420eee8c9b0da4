//! Methods that send. A file is named after its method.

pub(crate) mod send_message;
