//! The log: on standard error, as text or JSON.
//!
//! Standard output belongs to what a command was asked for. The library's own lines come through
//! [`waygate_link::library_log`], which withholds what may be personal.

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use waygate_config::{Log, LogFormat, LogLevel};

/// Under which the library's lines come.
const LIBRARY: &str = "waygate_link::library";

/// Starts the log, for the rest of the process.
pub(crate) fn start(settings: Log) -> anyhow::Result<()> {
    let level = level(settings.level);
    begin(settings.format, Targets::new().with_default(level))
}

/// The same for a command that says in words what came of it, and was not asked for a log: warnings
/// of ours, but none of the library, which warns of every connection that ends soon.
pub(crate) fn start_for_command(format: LogFormat) -> anyhow::Result<()> {
    let wanted = Targets::new().with_default(LevelFilter::WARN);
    begin(format, wanted.with_target(LIBRARY, LevelFilter::ERROR))
}

fn begin(format: LogFormat, wanted: Targets) -> anyhow::Result<()> {
    let log =
        tracing_subscriber::fmt().with_max_level(LevelFilter::TRACE).with_writer(std::io::stderr);
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
