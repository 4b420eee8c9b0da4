//! What several methods read and write, as the vendor spells it.

pub(crate) mod chat_id;
pub(crate) mod form;
pub(crate) mod json;
pub(crate) mod messenger;
pub(crate) mod settings;
pub(crate) mod state;
pub(crate) mod value;
pub(crate) mod wid;
