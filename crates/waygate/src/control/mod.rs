//! How commands reach the application: through the control socket of the process that uses the
//! data directory, or, when none does, in this process. Either way they make the same calls of the
//! native API, with its operator's door.

mod answers;
mod api;
mod exchange;
mod refusal;
#[cfg_attr(not(unix), path = "no_socket.rs")]
pub(crate) mod socket;

pub(crate) use answers::{Attempt, Instance, Issued, Page, Step, Token};
pub(crate) use api::{Absent, Api};
pub(crate) use refusal::in_words;
