//! The log: on standard error, as text or JSON.
//!
//! Standard output belongs to what a command was asked for. The library's own lines come through
//! [`waygate_link::library_log`], which withholds what may be personal.

use tracing_subscriber::filter::LevelFilter;
use waygate_config::{Log, LogFormat, LogLevel};

/// Starts the log, for the rest of the process.
pub(crate) fn start(settings: Log) -> anyhow::Result<()> {
    let level = match settings.level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
    };
    let log = tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::stderr);
    let started = match settings.format {
        LogFormat::Text => log.with_ansi(false).try_init(),
        LogFormat::Json => log.json().try_init(),
    };
    started.map_err(anyhow::Error::from_boxed)?;
    waygate_link::library_log::route();
    Ok(())
}
