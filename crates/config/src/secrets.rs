//! `[secrets]`: with what stored secrets are sealed.

use std::path::PathBuf;

use crate::key::{Absent, Key, Kind};
use crate::reader::{Reader, Reported};
use crate::settings::path;

/// Where the key is that seals what is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secrets {
    /// The file with the master key; one in the data directory, made on first start, when there
    /// is none.
    pub master_key_file: Option<PathBuf>,
}

pub(crate) const MASTER_KEY_FILE: Key<PathBuf> = Key {
    name: "secrets.master_key_file",
    kind: Kind::Text("a path"),
    absent: Absent::Nothing { example: "/run/secrets/waygate-master-key" },
    description: "The file with the master key: 64 hexadecimal digits, readable by its owner \
                  alone. Tokens are hashed and stored secrets are sealed with it; without it they \
                  are lost. When it is not set, Waygate makes one in the data directory on its \
                  first start, where it protects copies of the database but not of the directory.",
    check: path,
};

impl Secrets {
    pub(crate) fn read(reader: &mut Reader) -> Result<Self, Reported> {
        let master_key_file = reader.optional(&MASTER_KEY_FILE)?.map(|found| found.value);
        Ok(Self { master_key_file })
    }
}
