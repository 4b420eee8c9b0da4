//! What the application needs from the outside, as traits that the outside implements.

pub mod audit;
pub mod journal;
pub mod kept_answers;
pub mod link;
pub mod link_tickets;
pub mod notifications;
pub mod outbound;
pub mod outbox;
pub mod records;
pub mod registry;
pub mod webhooks;
