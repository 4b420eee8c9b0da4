//! What people see in a terminal.

pub(crate) mod qr;
pub(crate) mod screen;
