//! What is told, in the form of this API.

pub(crate) mod account;
pub(crate) mod attempt;
pub(crate) mod instance;
pub(crate) mod time;
pub(crate) mod token;
