//! Files that only their owner reads.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// The files that SQLite keeps beside a database while it is open.
pub(crate) const LOG: &str = "-wal";
const INDEX_OF_LOG: &str = "-shm";

/// The path of a file beside the database, named after it.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

/// Makes the file when it is missing, for its owner alone. SQLite gives the files beside it the
/// same mode.
///
/// Not while this process has the database open: closing the file would drop SQLite's locks.
pub(crate) fn make_private(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.sync_all()?;
    sync_folder(path)?;
    for file in [path.to_owned(), beside(path, LOG), beside(path, INDEX_OF_LOG)] {
        if file.try_exists()? {
            restrict(&file)?;
        }
    }
    Ok(())
}

/// Makes a change of the folder's entries last.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

#[cfg(unix)]
fn restrict(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
fn restrict(_path: &Path) -> io::Result<()> {
    Ok(())
}
