//! Why keys are not to be had. Names instance and kind, never what is inside.

use waygate_core::error::Error;
use waygate_core::id::InstanceId;
use waygate_core::port::records::RecordKind;
use whatsapp_rust::store::error::StoreError;

/// Keys could not be read or written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Closed {
    #[error("a record of instance {0} was changed, or sealed with another key: {1}")]
    Damaged(InstanceId, RecordKind),
    #[error("the keys of instance {0} were destroyed")]
    Destroyed(InstanceId),
}

/// Why the vault does not give, or take, the keys of an instance.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// A record does not open: somebody changed it, or it was sealed with another key. Nothing of this
    /// instance is read or written any more; others are not concerned.
    #[error("a record of instance {instance} was changed, or sealed with another key: {kind}")]
    Damaged {
        /// Whose it is.
        instance: InstanceId,
        /// What it is of.
        kind: RecordKind,
    },
    /// The instance's keys were destroyed while somebody still had them.
    #[error("the keys of instance {instance} were destroyed")]
    Destroyed {
        /// Whose they were.
        instance: InstanceId,
    },
    /// A record opens and is of no form that this version knows.
    #[error("a record of instance {instance} has an unknown form: {kind}")]
    UnknownForm {
        /// Whose it is.
        instance: InstanceId,
        /// What it is of.
        kind: RecordKind,
    },
    /// A value is too long to be sealed.
    #[error("a record of instance {instance} is too long: {kind}")]
    TooLong {
        /// Whose it is.
        instance: InstanceId,
        /// What it is of.
        kind: RecordKind,
    },
    /// The store failed.
    #[error("the records cannot be read or written")]
    Store(#[from] Error),
}

impl From<Closed> for VaultError {
    fn from(closed: Closed) -> Self {
        match closed {
            Closed::Damaged(instance, kind) => Self::Damaged { instance, kind },
            Closed::Destroyed(instance) => Self::Destroyed { instance },
        }
    }
}

impl From<VaultError> for StoreError {
    fn from(error: VaultError) -> Self {
        Self::Database(error.into())
    }
}
