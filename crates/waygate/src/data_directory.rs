//! The data directory: who uses it, and for which world it was made.
//!
//! One process at a time uses a data directory; the operating system's lock says so and ends with
//! the process. A directory is stamped `real` or `sandbox` when it is made, and the other kind of
//! build refuses it: a sandbox build does not verify WhatsApp's certificate, and a login on known
//! keys verifies none at all.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Seek as _, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::exit::{Exit, Failure};

mod unusable;

pub(crate) use self::unusable::{unusable, unusable_by};

/// The file that tells the world for which a directory was made.
const STAMP: &str = "world";

/// The world a build belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum World {
    Real,
    Sandbox,
}

impl World {
    /// The world of this build.
    pub(crate) const OF_THIS_BUILD: Self =
        if cfg!(feature = "sandbox") { Self::Sandbox } else { Self::Real };

    fn word(self) -> &'static str {
        match self {
            Self::Real => "real",
            Self::Sandbox => "sandbox",
        }
    }
}

/// A directory that this process alone uses. Dropping it gives it free.
#[derive(Debug)]
pub(crate) struct DataDirectory {
    path: PathBuf,
    lock: File,
}

impl DataDirectory {
    /// Takes the directory for this process; makes and stamps it when it is new.
    pub(crate) fn take(path: &Path, world: World) -> Result<Self, Failure> {
        make_private(path)
            .map_err(|error| unusable("the data directory", path, "made or entered", &error))?;
        let lock = take_lock(path)?;
        warn_if_open(path);
        check_stamp(path, world)?;
        Ok(Self { path: path.to_owned(), lock })
    }

    /// Whether there is anything of ours in a directory.
    pub(crate) fn is_begun(path: &Path) -> Result<bool, Failure> {
        let begun = database(path).try_exists();
        begun.map_err(|error| unusable("the data directory", path, "entered", &error))
    }

    /// The same of this one.
    pub(crate) fn has_database(&self) -> Result<bool, Failure> {
        Self::is_begun(&self.path)
    }

    /// Whether a process of ours has used a directory before.
    pub(crate) fn is_stamped(path: &Path) -> bool {
        // What cannot be looked at is refused with a sentence when it is taken.
        path.join(STAMP).try_exists().unwrap_or(true)
    }

    /// Refuses a database that this process may not use, which SQLite would only call unable.
    pub(crate) fn check_database(&self) -> Result<(), Failure> {
        for beside in ["", "-wal", "-shm"] {
            let mut file = self.database().into_os_string();
            file.push(beside);
            match OpenOptions::new().read(true).write(true).open(&file) {
                Ok(_usable) => {}
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => {
                    return Err(unusable(
                        "the database",
                        file.as_ref(),
                        "read and written",
                        &error,
                    ));
                }
            }
        }
        Ok(())
    }

    /// Where the process that uses the directory serves its APIs, when it has said so. Whether it
    /// still runs is another question.
    pub(crate) fn served_at(path: &Path) -> Option<SocketAddr> {
        let noted = fs::read_to_string(path.join("lock")).ok()?;
        noted.lines().nth(1)?.parse().ok()
    }

    /// Notes beside our process's number where it serves its APIs.
    pub(crate) fn note_address(&self, address: SocketAddr) -> std::io::Result<()> {
        // Behind the number, which was written through the same handle.
        writeln!(&self.lock, "{address}")
    }

    /// The directory itself.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The database of everything but the instances' keys.
    pub(crate) fn database(&self) -> PathBuf {
        database(&self.path)
    }

    /// Where the master key is unless the settings say otherwise.
    pub(crate) fn master_key(&self) -> PathBuf {
        self.path.join("master.key")
    }

    /// Writes a file that its owner alone may read, so that it is there whole or not at all, also
    /// after a loss of power. One that was there is replaced.
    pub(crate) fn write_whole(&self, file: &Path, text: &str) -> std::io::Result<()> {
        write_whole(&self.path, file, text)
    }

    /// Where earlier versions kept the instances' keys.
    pub(crate) fn keys(&self) -> PathBuf {
        self.path.join("keys")
    }
}

fn database(path: &Path) -> PathBuf {
    path.join("waygate.sqlite")
}

fn make_private(path: &Path) -> std::io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// A directory that was there before may be anybody's to read; that is its owner's choice, but not a
/// quiet one.
fn warn_if_open(path: &Path) {
    #[cfg(unix)]
    if let Ok(found) = fs::metadata(path) {
        let mode = std::os::unix::fs::PermissionsExt::mode(&found.permissions()) & 0o777;
        if mode & 0o077 != 0 {
            tracing::warn!(
                directory = %path.display(),
                mode = format_args!("{mode:04o}"),
                "the data directory is open to others than its owner; `chmod 700` keeps them out"
            );
        }
    }
}

fn take_lock(path: &Path) -> Result<File, Failure> {
    let file = path.join("lock");
    let unusable =
        |error: std::io::Error| unusable_by(&file, "the data directory", path, "written", &error);
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut lock = options.open(&file).map_err(unusable)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let holder = fs::read_to_string(&file).map_err(unusable)?;
            let sentence = format!(
                "the data directory {} is used by another waygate (process {})",
                path.display(),
                holder.lines().next().unwrap_or_default()
            );
            return Err(Failure::new(Exit::InUse, sentence));
        }
        Err(TryLockError::Error(error)) => return Err(unusable(error)),
    }
    let written = lock
        .set_len(0)
        .and_then(|()| lock.rewind())
        .and_then(|()| writeln!(lock, "{}", std::process::id()))
        .and_then(|()| lock.sync_all());
    written.map_err(unusable)?;
    Ok(lock)
}

fn check_stamp(path: &Path, world: World) -> Result<(), Failure> {
    let file = path.join(STAMP);
    match fs::read_to_string(&file) {
        Ok(stamp) if stamp.trim() == world.word() => Ok(()),
        Ok(stamp) => {
            let (made, this) = (stamp.trim(), world.word());
            let sentence = format!(
                "the data directory {} was made by a {made} build and this is a {this} build; \
                 give each a directory of its own",
                path.display()
            );
            Err(Failure::new(Exit::Usage, sentence))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => stamp(path, &file, world),
        Err(error) => Err(unusable("the file", &file, "read", &error)),
    }
}

fn stamp(path: &Path, file: &Path, world: World) -> Result<(), Failure> {
    write_whole(path, file, &format!("{}\n", world.word()))
        .map_err(|error| unusable("the data directory", path, "written", &error))
}

/// A name appears on the disk only behind the content it stands for, and the directory's own
/// entry is on the disk before this returns.
fn write_whole(directory: &Path, file: &Path, text: &str) -> std::io::Result<()> {
    let draft = file.with_added_extension("new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut opened = options.open(&draft)?;
    opened.write_all(text.as_bytes())?;
    opened.sync_all()?;
    fs::rename(&draft, file)?;
    File::open(directory)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(taken: Result<DataDirectory, Failure>) -> String {
        format!("{:?}", taken.unwrap_err())
    }

    #[test]
    fn a_directory_is_used_by_one_at_a_time_and_free_again_afterwards() {
        let place = tempfile::tempdir().unwrap();
        let held = DataDirectory::take(place.path(), World::Real).unwrap();
        let refused = refusal(DataDirectory::take(place.path(), World::Real));
        assert!(refused.contains("InUse"), "{refused}");
        assert!(
            refused.contains(&std::process::id().to_string()),
            "it names the holder: {refused}"
        );
        drop(held);
        DataDirectory::take(place.path(), World::Real).unwrap();
    }

    #[test]
    fn where_the_holder_serves_is_told_once_it_has_said_so() {
        let place = tempfile::tempdir().unwrap();
        assert_eq!(DataDirectory::served_at(place.path()), None);
        let held = DataDirectory::take(place.path(), World::Real).unwrap();
        assert_eq!(DataDirectory::served_at(place.path()), None);
        let address = "127.0.0.1:8080".parse().unwrap();
        held.note_address(address).unwrap();
        assert_eq!(DataDirectory::served_at(place.path()), Some(address));
        let refused = refusal(DataDirectory::take(place.path(), World::Real));
        assert!(!refused.contains("8080"), "the process is named, and nothing else: {refused}");
        drop(held);
        let _next = DataDirectory::take(place.path(), World::Real).unwrap();
        assert_eq!(DataDirectory::served_at(place.path()), None, "the next one has not said it");
    }

    #[test]
    fn each_kind_of_build_refuses_the_others_directory_whether_sandbox_or_real() {
        for (made, other) in [(World::Real, World::Sandbox), (World::Sandbox, World::Real)] {
            let place = tempfile::tempdir().unwrap();
            drop(DataDirectory::take(place.path(), made).unwrap());
            let refused = refusal(DataDirectory::take(place.path(), other));
            assert!(
                refused.contains("Usage") && refused.contains("world") || refused.contains("build"),
                "{refused}"
            );
            DataDirectory::take(place.path(), made).unwrap();
        }
    }

    #[test]
    fn a_file_is_written_whole_or_not_at_all() {
        let place = tempfile::tempdir().unwrap();
        let directory = DataDirectory::take(place.path(), World::Real).unwrap();
        let (file, draft) = (place.path().join("file"), place.path().join("file.new"));
        fs::write(&draft, "half of a te").unwrap();
        directory.write_whole(&file, "a text\n").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "a text\n");
        assert!(!draft.try_exists().unwrap(), "what a loss of power left is used up");

        fs::create_dir(&draft).unwrap();
        directory.write_whole(&file, "another\n").unwrap_err();
        assert_eq!(fs::read_to_string(&file).unwrap(), "a text\n", "the old one stays");
    }

    #[cfg(unix)]
    #[test]
    fn a_new_directory_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("deep").join("data");
        assert!(!DataDirectory::is_stamped(&path));
        let _held = DataDirectory::take(&path, World::Real).unwrap();
        assert!(DataDirectory::is_stamped(&path));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        for file in ["lock", "world"] {
            let mode = fs::metadata(path.join(file)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{file}");
        }
    }
}
