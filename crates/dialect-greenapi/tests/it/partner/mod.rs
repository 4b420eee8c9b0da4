mod create_instance;
mod delete_instance_account;
mod get_instances;
