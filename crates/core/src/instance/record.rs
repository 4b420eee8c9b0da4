//! What is kept of an instance whether or not it runs.

use jiff::Timestamp;

use super::standing::Standing;
use crate::id::{AccountId, InstanceId, InstanceNumber};
use crate::phone::PhoneNumber;

/// The longest name of an instance, in characters.
pub const NAME_LENGTH_MAX: usize = 200;

/// One instance in the list of all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceRecord {
    /// Its id.
    pub id: InstanceId,
    /// Its short number, which no other instance has or ever had.
    pub number: InstanceNumber,
    /// The account that owns it.
    pub account: AccountId,
    /// Its name, for people; at most [`NAME_LENGTH_MAX`] characters, may be empty.
    pub name: String,
    /// The number that is meant to be linked, where somebody named one.
    pub phone: Option<PhoneNumber>,
    /// When it was created, to the millisecond.
    pub created_at: Timestamp,
    /// When it was removed. It stays listed for a while, without keys and settings.
    pub removed_at: Option<Timestamp>,
    /// Its state when it was last written down; `None` before it ran, and once it was removed.
    pub standing: Option<Standing>,
}
