//! The master key: read from where the settings say, or made on the first start.
//!
//! It is kept beside the database and not in it, so that a copy of the database alone is worth
//! nothing. Whoever wants it elsewhere moves the file and names it in the settings.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::Path;

use waygate_config::Secrets;
use waygate_engine::dice::Dice;
use zeroize::Zeroizing;

use crate::data_directory::DataDirectory;
use crate::exit::{Exit, Failure};

/// A master key: 32 bytes, written as 64 hexadecimal digits.
pub(crate) type MasterKey = Zeroizing<[u8; 32]>;

/// A longer file is no key.
const FILE_BYTES_MAX: u64 = 1024;

/// The master key of this data directory.
pub(crate) fn load(
    secrets: &Secrets,
    directory: &DataDirectory,
    dice: &Dice,
) -> Result<MasterKey, Failure> {
    if let Some(file) = &secrets.master_key_file {
        return read(file).map_err(|problem| unusable(file, &problem));
    }
    let file = directory.master_key();
    match read(&file) {
        Ok(key) => Ok(key),
        Err(Problem::Missing) if !directory.has_database()? => make(&file, directory, dice),
        // What was sealed with the lost one stays sealed, so another one would be of no use.
        Err(Problem::Missing) => Err(lost(&file, directory)),
        Err(problem) => Err(unusable(&file, &problem)),
    }
}

/// Whether the settings name a key that can be used; without a word on a key that is still to be
/// made.
pub(crate) fn check(secrets: &Secrets) -> Result<(), Failure> {
    let Some(file) = &secrets.master_key_file else { return Ok(()) };
    read(file).map(drop).map_err(|problem| unusable(file, &problem))
}

/// Why a file gives no key.
#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error("there is no such file")]
    Missing,
    #[error("{0}")]
    Unreadable(#[source] std::io::Error),
    #[error("it must hold 64 hexadecimal digits and nothing else")]
    NotAKey,
}

fn unusable(file: &Path, problem: &Problem) -> Failure {
    Failure::new(Exit::Usage, format!("cannot use the master key {}: {problem}", file.display()))
}

fn lost(file: &Path, directory: &DataDirectory) -> Failure {
    let sentence = format!(
        "the master key {} is missing, without which nobody reads {}: put the file back, or name \
         where it is in `secrets.master_key_file`",
        file.display(),
        directory.database().display()
    );
    Failure::new(Exit::Usage, sentence)
}

fn read(path: &Path) -> Result<MasterKey, Problem> {
    let file = File::open(path).map_err(|error| {
        let missing = error.kind() == ErrorKind::NotFound;
        if missing { Problem::Missing } else { Problem::Unreadable(error) }
    })?;
    warn_if_shared(path, &file);
    let mut text = Zeroizing::new(String::new());
    file.take(FILE_BYTES_MAX).read_to_string(&mut text).map_err(|error| {
        let no_text = error.kind() == ErrorKind::InvalidData;
        if no_text { Problem::NotAKey } else { Problem::Unreadable(error) }
    })?;
    let mut key = Zeroizing::new([0; 32]);
    hex::decode_to_slice(text.trim(), key.as_mut()).map_err(|_quotes| Problem::NotAKey)?;
    Ok(key)
}

/// Secrets of containers are often readable by a group; that is their owner's choice, but not a
/// quiet one.
fn warn_if_shared(path: &Path, file: &File) {
    #[cfg(unix)]
    if let Ok(found) = file.metadata()
        && std::os::unix::fs::PermissionsExt::mode(&found.permissions()) & 0o077 != 0
    {
        tracing::warn!(file = %path.display(), "the master key can be read by others than its owner");
    }
}

fn make(path: &Path, directory: &DataDirectory, dice: &Dice) -> Result<MasterKey, Failure> {
    let key: MasterKey = Zeroizing::new(dice.bytes());
    let text = Zeroizing::new(format!("{}\n", hex::encode(*key)));
    // Half a key would be a key that is refused at every start.
    let written = directory.write_whole(path, &text);
    written.map_err(|error| unusable(path, &Problem::Unreadable(error)))?;
    tracing::info!(
        file = %path.display(),
        "a master key was made; to protect the data directory too, move it elsewhere and name it \
         in `secrets.master_key_file`"
    );
    Ok(key)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::data_directory::World;

    fn nowhere() -> Secrets {
        Secrets { master_key_file: None }
    }

    #[test]
    fn a_key_is_made_once_and_is_its_owners_alone() {
        let place = tempfile::tempdir().unwrap();
        let directory = DataDirectory::take(place.path(), World::Real).unwrap();
        let dice = Dice::from_seed(1);
        let made = load(&nowhere(), &directory, &dice).unwrap();
        assert_ne!(*made, [0; 32]);
        assert_eq!(load(&nowhere(), &directory, &dice).unwrap(), made);
        assert!(!place.path().join("master.key.new").try_exists().unwrap());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(directory.master_key()).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_lost_key_is_not_replaced_where_there_is_a_database() {
        let place = tempfile::tempdir().unwrap();
        let directory = DataDirectory::take(place.path(), World::Real).unwrap();
        let dice = Dice::from_seed(1);
        fs::write(directory.database(), "sealed").unwrap();
        let refused = load(&nowhere(), &directory, &dice).unwrap_err();
        assert_eq!(refused.exit(), Exit::Usage);
        assert!(format!("{refused:?}").contains("is missing"), "{refused:?}");
        assert!(!directory.master_key().try_exists().unwrap(), "none is made");
        fs::remove_file(directory.database()).unwrap();
        load(&nowhere(), &directory, &dice).unwrap();
    }

    #[test]
    fn a_key_elsewhere_is_read_and_one_that_is_none_is_refused_without_telling_it() {
        let place = tempfile::tempdir().unwrap();
        let directory = DataDirectory::take(place.path(), World::Real).unwrap();
        let dice = Dice::from_seed(1);
        let file = place.path().join("elsewhere");
        let named = Secrets { master_key_file: Some(file.clone()) };
        check(&nowhere()).unwrap();
        let missing = load(&named, &directory, &dice).unwrap_err();
        assert_eq!(missing.sentence(), check(&named).unwrap_err().sentence());
        assert!(format!("{missing:?}").contains("no such file"), "none is made in a named place");
        fs::write(&file, format!("  {}\n", "0A".repeat(32))).unwrap();
        assert_eq!(*load(&named, &directory, &dice).unwrap(), [10; 32]);
        check(&named).unwrap();
        for bad in ["", "canary", &"0a".repeat(31), &"0a".repeat(33), &"zz".repeat(32)] {
            fs::write(&file, bad).unwrap();
            let refused = load(&named, &directory, &dice).unwrap_err().sentence();
            assert_eq!(refused, check(&named).unwrap_err().sentence());
            assert!(refused.contains("64 hexadecimal digits"), "{refused}");
            assert!(!refused.contains("canary") && !refused.contains("zz"), "{refused}");
        }
    }
}
