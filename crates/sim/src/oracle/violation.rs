//! What a client did wrong, in words that a program can sort.

use serde::Serialize;

use crate::world::DeviceKey;

/// The characters of a stanza's name that are kept; clients make names up.
const CHARS_MAX: usize = 120;

/// Something that no well-behaved client does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// What it is.
    #[serde(rename = "violation")]
    pub kind: ViolationKind,
    /// The device that did it (`number:device`); empty when it is not known.
    pub device: String,
    /// The stanza that shows it, by its id; empty when no single one does.
    pub stanza: String,
    /// What happened, in words.
    pub detail: String,
}

/// The kinds of violations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ViolationKind {
    /// A device went on using a connection after it had come by another.
    TwoStreams,
    /// A counter of one ratchet key was used for two messages to one device.
    CounterReused,
    /// An id was used for two messages.
    IdReused,
    /// A message was acknowledged, and its receipt never came.
    AckedAndDropped,
    /// The keys of a device that is linked are gone, and neither side had logged it out.
    CredentialsDeleted,
    /// A rule of the protocol was broken; see [`crate::Refusal`].
    Refused,
    /// A request that the simulator does not know.
    Unknown,
}

impl Violation {
    pub(crate) fn new(kind: ViolationKind, by: &DeviceKey, stanza: &str, detail: String) -> Self {
        let stanza = stanza.chars().take(CHARS_MAX).collect();
        Self { kind, device: by.to_string(), stanza, detail }
    }

    /// One that is told of everybody's stanzas and no single device's.
    pub(crate) fn of_nobody(kind: ViolationKind, detail: String) -> Self {
        Self { kind, device: String::new(), stanza: String::new(), detail }
    }
}

impl std::fmt::Display for Violation {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { device, stanza, detail, .. } = self;
        if !device.is_empty() {
            write!(formatter, "{device} ")?;
        }
        formatter.write_str(detail)?;
        if !stanza.is_empty() {
            write!(formatter, " ({stanza})")?;
        }
        Ok(())
    }
}
