//! What only the page that a link ticket opens calls.

pub(crate) mod get_instance;
