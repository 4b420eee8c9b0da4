//! The port to the record of who did what.

use std::fmt;

use jiff::Timestamp;

use super::link::Deed;
use crate::audit::{Act, Entry};
use crate::error::Error;
use crate::id::AccountId;

/// Keeps what was done through the APIs. Errors are `Internal` for every failure of the storage.
pub trait Audit: fmt::Debug + Send + Sync + 'static {
    /// Writes an act down, behind all others. When this returns it is committed and survives a loss of
    /// power.
    fn record(&self, act: Act) -> Deed<'_, Result<(), Error>>;

    /// Acts, newest first, at most `limit`: of all accounts or about this one's things; those before the
    /// entry with this number, where one is named.
    fn acts(
        &self,
        account: Option<AccountId>,
        before: Option<u64>,
        limit: u32,
    ) -> Deed<'_, Result<Vec<Entry>, Error>>;

    /// Forgets acts that began before `cutoff`; tells how many.
    fn forget_acts(&self, cutoff: Timestamp) -> Deed<'_, Result<u64, Error>>;
}
