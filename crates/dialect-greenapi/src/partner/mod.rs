//! Methods of an account, by a partner's token. A file is named after its method.

pub(crate) mod create_instance;
pub(crate) mod delete_instance_account;
pub(crate) mod get_instances;
