mod get_authorization_code;
mod get_device_info;
mod get_settings;
mod get_state_instance;
mod get_state_instance_history;
mod get_status_instance;
mod get_wa_settings;
mod logout;
mod qr;
mod reboot;
mod scanqrcode;
mod set_profile_picture;
mod set_settings;
mod update_api_token;

pub(crate) mod picture;
