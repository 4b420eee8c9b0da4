//! Methods of one instance, by its own token. A file is named after its method.

pub(crate) mod get_authorization_code;
pub(crate) mod get_device_info;
pub(crate) mod get_settings;
pub(crate) mod get_state_instance;
pub(crate) mod get_state_instance_history;
pub(crate) mod get_status_instance;
pub(crate) mod get_wa_settings;
pub(crate) mod logout;
pub(crate) mod qr;
pub(crate) mod reboot;
pub(crate) mod scanqrcode;
pub(crate) mod set_profile_picture;
pub(crate) mod set_settings;
pub(crate) mod update_api_token;

mod avatar;
mod notice;
