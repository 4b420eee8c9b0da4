//! What the commands on a data directory have in common: they talk to whoever serves it, and else
//! use it themselves; or they talk to a server elsewhere.

use std::io::{ErrorKind, Write as _};

use serde_json::Value;

use crate::commands::cli::{Common, Reach};
use crate::commands::config;
use crate::control::{Absent, Api};
use crate::exit::Failure;
use crate::logging;

/// Does something with the API of a data directory, or of a server elsewhere.
pub(super) async fn operate<T>(
    common: &Common,
    reach: &Reach,
    absent: Absent,
    deed: impl AsyncFnOnce(&Api) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let remote = reach.remote(&common.sources(vec![]), common.data_dir.is_some())?;
    let settings = config::load(common, vec![])?;
    if common.asks_for_a_log_level() {
        logging::start(settings.log)?;
    } else {
        logging::start_for_command(settings.log.format)?;
    }
    let api = match remote {
        Some(remote) => Api::Remote(remote),
        None => Api::open(&settings, absent).await?,
    };
    let done = deed(&api).await;
    api.close().await;
    done
}

/// Prints what was asked for. Who has read enough of it and goes, as `head` does, is no trouble.
pub(super) fn print(text: &str) -> std::io::Result<()> {
    match print_for_sure(text) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        printed => printed,
    }
}

/// Prints what is worth nothing when nobody reads it.
pub(super) fn print_for_sure(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Prints it for programs.
pub(super) fn print_json(value: &Value) -> Result<(), Failure> {
    print(&format!("{}\n", serde_json::to_string_pretty(value)?))?;
    Ok(())
}
