//! The library's storage: five traits, one file each.

mod app_sync;
mod brought;
mod device;
mod message_secrets;
mod protocol;
mod signal;

use std::fmt;
use std::sync::Arc;

pub(crate) use self::brought::{Brought, Row};
use crate::chest::Chest;
use crate::error::VaultError;

/// The keys of one instance, as the library wants them. Clones are the same keys.
#[derive(Clone)]
pub struct SealedKeys {
    chest: Arc<Chest>,
}

impl SealedKeys {
    pub(crate) fn of(chest: Arc<Chest>) -> Self {
        Self { chest }
    }

    /// Waits until one of them turns out to be damaged, and tells which. Then all are refused.
    pub async fn damaged(&self) -> VaultError {
        self.chest.damaged().await
    }
}

impl fmt::Debug for SealedKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedKeys").field("chest", &self.chest).finish()
    }
}
