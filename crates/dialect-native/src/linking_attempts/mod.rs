//! Linking attempts: one file per route, for their owners and for the page alike.

pub(crate) mod answer_passkey;
pub(crate) mod begin;
pub(crate) mod confirm_passkey;
pub(crate) mod get;
pub(crate) mod give_up;
pub(crate) mod list;
pub(crate) mod qr;
