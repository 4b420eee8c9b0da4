//! What is told, in the form of this API.

pub(crate) mod account;
pub(crate) mod act;
pub(crate) mod attempt;
pub(crate) mod change;
pub(crate) mod event;
pub(crate) mod instance;
pub(crate) mod message;
pub(crate) mod message_record;
pub(crate) mod passkey;
pub(crate) mod settings;
pub(crate) mod time;
pub(crate) mod token;
pub(crate) mod webhook_endpoint;
