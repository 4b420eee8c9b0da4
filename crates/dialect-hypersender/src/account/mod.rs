//! Routes of an account. A file is named after its route.

pub(crate) mod create_instance;
pub(crate) mod filter;
pub(crate) mod list_instances;
