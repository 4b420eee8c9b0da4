//! The keys of linked accounts, sealed.
//!
//! The WhatsApp library asks its storage for some eighty methods in five traits. They are implemented
//! here once, over the narrow port [`Records`](waygate_core::port::records::Records), and each answers as
//! the library's own memory does; where it must not, `docs/internals/vault.md` says why. Every value is
//! sealed before a store sees it, and no name of a record tells whom it is about.
//!
//! The files in which earlier versions kept keys are read here too, for the last time.
//!
//! What must never be here: SQL of our own store, a decision about what an instance does next.

mod backend;
mod chest;
mod error;
mod old_files;
mod seal;
mod vault;

pub use crate::backend::SealedKeys;
pub use crate::error::VaultError;
pub use crate::old_files::{OldFileError, OldKeyFiles};
pub use crate::vault::{Randomness, Vault};
