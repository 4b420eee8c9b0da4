//! How commands reach the application: through the control socket of the process that uses the
//! data directory, or, when none does, in this process; or over the network, at a server that the
//! command names. They make the same calls of the native API by every way: by the first two as its
//! operator, by the third as whoever has the token.

mod answers;
mod api;
mod exchange;
mod refusal;
mod remote;
#[cfg_attr(not(unix), path = "no_socket.rs")]
pub(crate) mod socket;

pub(crate) use answers::{Account, Attempt, Instance, Issued, LinkTicket, Page, Step, Token};
pub(crate) use api::{Absent, Api};
pub(crate) use refusal::in_words;
pub(crate) use remote::Remote;
