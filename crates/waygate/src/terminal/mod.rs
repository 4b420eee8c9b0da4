//! What people see in a terminal.

pub(crate) mod linking;
pub(crate) mod qr;
pub(crate) mod screen;
pub(crate) mod table;
