//! The one way to learn the time.

use std::fmt;

use jiff::Timestamp;

/// A wall clock. Everything that needs the time takes one, so that a test owns the time.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> Timestamp;
}
