//! The port to addresses that users name: one request, one answer, within bounds.

use std::fmt;
use std::time::Duration;

use super::link::Deed;

/// The most of an answer's body that is read, in bytes.
pub const REPLY_BYTES_MAX: usize = 16 * 1024;

/// A request to an address that a user named.
#[derive(Clone)]
pub struct Letter {
    /// Where to; it may hold a secret.
    pub url: String,
    /// What is said besides, name and value.
    pub headers: Vec<(&'static str, String)>,
    /// What is said.
    pub body: Vec<u8>,
    /// How long all of it may take, from the look-up of a name to the end of the answer.
    pub within: Duration,
}

/// What a receiver answered.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status, which counts even when the body after it breaks off or takes too long.
    pub status: u16,
    /// The header `Retry-After`, as it came.
    pub retry_after: Option<String>,
    /// The beginning of the body, [`REPLY_BYTES_MAX`] at most.
    pub body: Vec<u8>,
}

/// Why there is no answer. The words are for whoever named the address: they do not tell what else
/// there is in the network of this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Undelivered {
    /// The address, or what its name leads to, is not permitted. Nothing was connected to.
    #[error("the address is not permitted")]
    Refused,
    /// There is no such name, nobody listens there, or there is no agreement on encryption.
    #[error("the receiver could not be reached")]
    Unreached,
    /// There was no status in time.
    #[error("the receiver did not answer in time")]
    Late,
    /// What came is no HTTP, or ended before its status.
    #[error("the receiver gave no answer that could be read")]
    Garbled,
}

/// Sends to addresses that users name, and to no address that is not permitted.
pub trait Outbound: fmt::Debug + Send + Sync + 'static {
    /// Posts a letter. A redirect is an answer like any other; it is not followed.
    fn post(&self, letter: Letter) -> Deed<'_, Result<Reply, Undelivered>>;
}

impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Letter").field("within", &self.within).finish_non_exhaustive()
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply").field("status", &self.status).finish_non_exhaustive()
    }
}
