//! What is told, in the form of this API.

pub(crate) mod code;
pub(crate) mod instance;
pub(crate) mod status;
pub(crate) mod time;
