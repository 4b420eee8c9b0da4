//! `[media]`: the files in messages.

use crate::key::{Absent, Key, Kind, Refusal};
use crate::reader::{Reader, Reported};

const MEGABYTE: u64 = 1024 * 1024;

/// WhatsApp's own limit of a document.
const MEGABYTES_MAX: u64 = 2048;

/// The files in messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Media {
    /// The largest file that is handed out, in bytes.
    pub bytes_max: u64,
}

const MAX_MB: Key<u64> = Key {
    name: "media.max_mb",
    kind: Kind::Text("a whole number from 1 to 2048"),
    absent: Absent::Default("100"),
    description: "The largest file of a message that is handed out, in megabytes. Up to four files are \
                  fetched from WhatsApp at a time, and each is in memory as a whole until it was sent \
                  on.",
    check: megabytes,
};

impl Media {
    pub(crate) fn read(reader: &mut Reader) -> Result<Self, Reported> {
        Ok(Self { bytes_max: reader.value(&MAX_MB)?.value })
    }
}

fn megabytes(text: &str) -> Result<u64, Refusal> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse::<u64>().ok();
    let number = number.filter(|number| digits && (1..=MEGABYTES_MAX).contains(number));
    number.map(|number| number * MEGABYTE).ok_or(Refusal::NotThat)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_whole_number_of_megabytes() {
        for (text, bytes) in [
            ("1", Some(1_048_576)),
            ("2048", Some(2_147_483_648)),
            ("0", None),
            ("2049", None),
            ("+1", None),
            ("1.5", None),
            ("", None),
        ] {
            assert_eq!(megabytes(text).ok(), bytes, "{text}");
        }
    }
}
