//! `[log]`: what the gateway tells about itself.

use crate::key::{Absent, Choice, Key, Kind};
use crate::reader::{Reader, Reported};

/// How and how much is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Log {
    /// How a line looks.
    pub format: LogFormat,
    /// Which lines are written.
    pub level: LogLevel,
}

/// How a line of the log looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs: one JSON object per line.
    Json,
}

/// The least important lines that are written. There is no `trace`: the WhatsApp library writes
/// personal data at that level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogLevel {
    /// What needs a person.
    Error,
    /// And what may soon.
    Warn,
    /// And what happened.
    Info,
    /// And how.
    Debug,
}

impl Choice for LogFormat {
    const ALL: &'static [(&'static str, Self)] = &[("text", Self::Text), ("json", Self::Json)];
}

impl Choice for LogLevel {
    const ALL: &'static [(&'static str, Self)] = &[
        ("error", Self::Error),
        ("warn", Self::Warn),
        ("info", Self::Info),
        ("debug", Self::Debug),
    ];
}

const FORMAT: Key<LogFormat> = Key {
    name: "log.format",
    kind: Kind::OneOf(LogFormat::words),
    absent: Absent::Default("text"),
    description: "How a line of the log looks: `text` for people, `json` for programs. With `json`, \
                  each line is one object.",
    check: LogFormat::choose,
};

const LEVEL: Key<LogLevel> = Key {
    name: "log.level",
    kind: Kind::OneOf(LogLevel::words),
    absent: Absent::Default("info"),
    description: "The least important lines that are written. There is no `trace`: at that level \
                  the log would hold personal data.",
    check: LogLevel::choose,
};

impl Log {
    pub(crate) fn read(reader: &mut Reader) -> Result<Self, Reported> {
        let format = reader.value(&FORMAT);
        let level = reader.value(&LEVEL);
        Ok(Self { format: format?.value, level: level?.value })
    }
}
