//! Routes of one instance. A file is named after its route.

pub(crate) mod health;
pub(crate) mod request_new_qr_code;
pub(crate) mod restart;
