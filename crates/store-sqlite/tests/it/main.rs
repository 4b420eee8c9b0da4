//! The SQLite store, as a caller sees it.

mod contract;
mod durability;
mod everything;
mod file;
mod journal_of_a_newer_version;
mod same_answers;
mod same_outbox;
mod sharing;
