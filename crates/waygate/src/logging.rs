//! The log: on standard error, as text or JSON.
//!
//! Standard output belongs to what a command was asked for. The library's own lines come through
//! [`waygate_link::library_log`], which withholds what may be personal.

use std::io::{self, IsTerminal as _, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use waygate_config::{Log, LogFormat, LogLevel};

/// The most that is kept while the log waits; what comes then is written at once.
const HELD_BYTES_MAX: usize = 256 * 1024;

/// What the log has to say while a drawing is in the way; nothing is kept while none is.
static HELD: Mutex<Option<Vec<u8>>> = Mutex::new(None);

/// Starts the log, for the rest of the process.
pub(crate) fn start(settings: Log) -> anyhow::Result<()> {
    begin(settings.format, level(settings.level))
}

/// The same for a command that says in words what came of it, and was not asked for a log: warnings
/// alone.
pub(crate) fn start_for_command(format: LogFormat) -> anyhow::Result<()> {
    begin(format, LevelFilter::WARN)
}

fn begin(format: LogFormat, wanted: LevelFilter) -> anyhow::Result<()> {
    let wanted = Targets::new().with_default(wanted);
    let log =
        tracing_subscriber::fmt().with_max_level(LevelFilter::TRACE).with_writer(|| StandardError);
    let started = match format {
        LogFormat::Text => log.with_ansi(false).finish().with(wanted).try_init(),
        LogFormat::Json => log.json().finish().with(wanted).try_init(),
    };
    started?;
    waygate_link::library_log::route();
    Ok(())
}

fn level(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
    }
}

/// While it lives, the log waits, if it goes to a terminal at all. One at a time.
#[derive(Debug)]
pub(crate) struct Held;

/// Has the log wait.
pub(crate) fn hold() -> Held {
    if io::stderr().is_terminal() {
        held().get_or_insert_default();
    }
    Held
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(lines) = held().take() {
            // Nowhere left to tell that standard error is closed.
            drop(io::stderr().write_all(&lines));
        }
    }
}

fn held() -> MutexGuard<'static, Option<Vec<u8>>> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where the log goes; each write is a whole line.
struct StandardError;

impl Write for StandardError {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        keep(&mut held(), line).map_or_else(|| io::stderr().write(line), Ok)
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// Keeps a line while the log waits and there is room; tells how much was kept.
fn keep(held: &mut Option<Vec<u8>>, line: &[u8]) -> Option<usize> {
    let lines = held.as_mut().filter(|lines| lines.len() + line.len() <= HELD_BYTES_MAX)?;
    lines.extend_from_slice(line);
    Some(line.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_kept_while_the_log_waits_and_there_is_room() {
        let mut held = None;
        assert_eq!(keep(&mut held, b"at once\n"), None);
        held = Some(vec![]);
        assert_eq!(keep(&mut held, b"later\n"), Some(6));
        assert_eq!(keep(&mut held, &vec![b'x'; HELD_BYTES_MAX]), None, "there is no room");
        assert_eq!(held.unwrap(), b"later\n");
    }
}
