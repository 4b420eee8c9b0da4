//! Waygate's store on SQLite: one file, nothing to install.
//!
//! One connection writes and a few read. Whatever is queued while a commit is on its way to the
//! disk goes into the next commit together, so many callers share one sync; each of them is told
//! only after it. The writer is a future that the caller runs as a task of its own:
//!
//! ```no_run
//! # async fn run(path: &std::path::Path) -> Result<(), Box<dyn std::error::Error>> {
//! let (store, writer) = waygate_store_sqlite::SqliteStore::open(path).await?;
//! let work = async {
//!     // Use the store.
//!     store.close().await;
//! };
//! let (ended, ()) = tokio::join!(writer.run(), work);
//! ended?;
//! # Ok(())
//! # }
//! ```
//!
//! Every statement stands in the module of its topic, next to what its failure means. What must
//! never be here: rules, and a caller's transaction; what belongs together is one method of a port.

mod accounts;
mod acts;
mod connect;
mod events;
mod failure;
mod instances;
mod kept_answers;
mod link_tickets;
mod migrate;
mod notifications;
mod open;
mod outbox;
mod permissions;
mod properties;
mod pushes;
mod readers;
mod records;
mod seen_messages;
mod store;
mod times;
mod tokens;
mod webhooks;
mod writer;

pub use crate::open::OpenError;
pub use crate::store::SqliteStore;
pub use crate::writer::Writer;
