//! The settings of Waygate: what may be set, where it may be set, and whether it makes sense.
//!
//! The binary calls [`Settings::load`] once, at the start, and hands the parts on; no other crate
//! reads the environment. Defaults are overruled by the file, the file by the environment, the
//! environment by flags. Nothing is guessed: a key that is not known and a value that cannot be
//! used are problems wherever they stand, even where a stronger source overrules them, and all of
//! them are told at once. What comes out is valid, so that nobody has to check it again.
//!
//! Each key is declared once, beside the struct that it fills ([`Log`], [`WhatsApp`]): name, kind,
//! default, description, check. The known names and the [`reference`](reference()) come from
//! reading, so a key that is read is known and described, and one that is not read does not exist.
//!
//! What must not be here: anything that runs, connects or creates, and a message that repeats a
//! value, since what was pasted into the wrong place may be a secret.

mod events;
mod file;
mod greenapi;
mod http;
mod hypersender;
mod input;
mod key;
mod listen;
mod log;
mod media;
mod native;
mod outbound;
mod problem;
mod reader;
mod reference;
mod secrets;
mod settings;
mod sources;
mod suggestion;
mod terminal;
mod variable;
mod whatsapp;

pub use crate::events::Events;
pub use crate::greenapi::{GreenApi, RateLimits};
pub use crate::http::Http;
pub use crate::hypersender::Hypersender;
pub use crate::log::{Log, LogFormat, LogLevel};
pub use crate::media::Media;
pub use crate::native::Native;
pub use crate::outbound::Outbound;
pub use crate::problem::{Origin, Problem, Problems};
pub use crate::reference::reference;
pub use crate::secrets::Secrets;
pub use crate::settings::Settings;
pub use crate::sources::{Override, Sources};
pub use crate::terminal::terminal_is_dumb;
pub use crate::whatsapp::{VersionSource, WhatsApp};
