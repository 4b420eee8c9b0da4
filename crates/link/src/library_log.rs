//! The library's log, without what must not be in a log.
//!
//! What it takes for a warning or an error is often none: it warns of connections that we end, and
//! announces to try again, which is not its business here. What matters of a connection is told by
//! its end, in our words. So its lines are for whoever looks for a fault: they come as `debug`.
//!
//! The library writes whole stanzas into its log lines: numbers, names, codes. So a line of it
//! passes only as a warning or error, and its text only when it is fixed in the source or begins
//! like one of the few that are known to hold nothing personal. Of the others the place in the
//! library's source is shown, which is enough to find out more in a sandbox.

use log::{Level, LevelFilter, Log, Metadata, Record};

/// Lines that hold nothing but what the network or the handshake said.
const HARMLESS: &[&str] = &["Failed to connect: ", "Got 429 stream error"];

/// Makes the library's log part of ours, for the rest of the process. A second call does nothing.
pub fn route() {
    if log::set_logger(&LibraryLog).is_ok() {
        log::set_max_level(LevelFilter::Warn);
    }
}

struct LibraryLog;

impl Log for LibraryLog {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= Level::Warn
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let text = safe_text(record);
        let place = record.module_path().unwrap_or("?");
        let line = record.line().unwrap_or(0);
        let severity = record.level().as_str();
        tracing::debug!(target: "waygate_link::library", severity, place, line, "{text}");
    }

    fn flush(&self) {}
}

/// The text of a line when it can be shown, else a word in its place.
fn safe_text(record: &Record<'_>) -> String {
    if let Some(fixed) = record.args().as_str() {
        return fixed.to_owned();
    }
    let text = record.args().to_string();
    if HARMLESS.iter().any(|beginning| text.starts_with(beginning)) {
        text
    } else {
        "(text withheld: it may hold personal data)".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(args: std::fmt::Arguments<'_>) -> String {
        safe_text(&Record::builder().args(args).level(Level::Warn).build())
    }

    #[test]
    fn a_line_with_values_in_it_shows_only_its_place() {
        let number = "15550001111";
        assert!(!text_of(format_args!("unknown node from {number}")).contains("1555"));
    }

    #[test]
    fn a_fixed_line_and_a_failed_connection_are_shown() {
        assert_eq!(text_of(format_args!("Retrying")), "Retrying");
        let cause = "certificate";
        assert!(text_of(format_args!("Failed to connect: {cause}")).contains("certificate"));
    }
}
