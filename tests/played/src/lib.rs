//! An application over a link that a test plays, on the memory store: for tests of use cases, dialects
//! and pages, which need WhatsApp to say something but not WhatsApp's wire. Also a log that is captured,
//! and the addresses to which nothing may go, for every field that takes one.

pub mod application;
pub mod captured;
pub mod clock;
pub mod deadline;
pub mod forbidden;
pub mod link;
pub mod passkey;
