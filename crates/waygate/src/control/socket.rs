//! The control socket: the native API with its operator's door, on `control.sock` in the data
//! directory.
//!
//! Who may connect is a matter of the file's mode, so it must never have another one than 0600, not
//! even for a moment: it is made in a directory of its own that nobody else can enter, gets its mode
//! there, and is then moved to its place. That also replaces what a killed process left behind.
//! Whoever serves holds the data directory's lock, so nobody else is in the way.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use tokio::net::{UnixListener, UnixStream};
use waygate_engine::tasks::Tasks;
use waygate_http::listener::{self, Limits};
use waygate_http::site::Site;

/// What commands connect to, in the data directory.
const NAME: &str = "control.sock";

/// Where it is made.
const MAKING: &str = "control.new";

/// The longest path of a socket in bytes: `sun_path` of the system's `sockaddr_un`, less its final
/// zero.
const PATH_BYTES_MAX: usize = if cfg!(target_os = "linux") { 107 } else { 103 };

/// What commands talk through.
pub(crate) type Stream = UnixStream;

/// Connects to the process that serves this data directory.
pub(crate) async fn connect(directory: &Path) -> io::Result<Stream> {
    let socket = Reachable::in_directory(directory, NAME)?;
    UnixStream::connect(&socket.path).await
}

/// Serves the site on the data directory's socket until `tasks` end; the file goes with it.
pub(crate) fn serve(directory: &Path, site: Site, tasks: &Tasks) -> io::Result<()> {
    let (listener, file) = bind(directory)?;
    let serving = tasks.clone();
    tasks.start("control socket", async move {
        listener::serve_unix(listener, site, Limits::default(), &serving).await;
        drop(file);
    });
    Ok(())
}

/// The file of a socket; dropping it removes it.
#[derive(Debug)]
struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.0) {
            tracing::warn!(file = %self.0.display(), %error, "the control socket cannot be removed");
        }
    }
}

fn bind(directory: &Path) -> io::Result<(UnixListener, SocketFile)> {
    let (making, place) = (directory.join(MAKING), directory.join(NAME));
    // A process that was killed just then leaves it behind.
    match fs::remove_dir_all(&making) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    DirBuilder::new().mode(0o700).create(&making)?;
    let bound = Reachable::in_directory(&making, NAME).and_then(|made| {
        let listener = UnixListener::bind(&made.path)?;
        fs::set_permissions(&made.path, Permissions::from_mode(0o600))?;
        fs::rename(making.join(NAME), &place)?;
        Ok((listener, SocketFile(place)))
    });
    // Whether it worked or not, nothing in there is worth keeping.
    fs::remove_dir_all(&making)?;
    bound
}

/// A path to a socket that is short enough for the system.
#[derive(Debug)]
struct Reachable {
    path: PathBuf,
    /// The directory, as long as the path begins with it.
    _open: Option<File>,
}

impl Reachable {
    fn in_directory(directory: &Path, name: &str) -> io::Result<Self> {
        let path = directory.join(name);
        if path.as_os_str().len() <= PATH_BYTES_MAX {
            return Ok(Self { path, _open: None });
        }
        Self::through_descriptor(directory, name)
    }

    /// Linux has a short path to every open file.
    #[cfg(target_os = "linux")]
    fn through_descriptor(directory: &Path, name: &str) -> io::Result<Self> {
        use std::os::fd::AsRawFd as _;
        let open = File::open(directory)?;
        let path = format!("/proc/self/fd/{}/{name}", open.as_raw_fd()).into();
        Ok(Self { path, _open: Some(open) })
    }

    #[cfg(not(target_os = "linux"))]
    fn through_descriptor(_directory: &Path, _name: &str) -> io::Result<Self> {
        let sentence = "this system takes no socket whose path is longer than 103 bytes";
        Err(io::Error::new(ErrorKind::InvalidInput, sentence))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    /// Whoever connects is accepted, and hears the same.
    async fn converses(directory: &Path, listener: &UnixListener) {
        let (connected, accepted) = tokio::join!(connect(directory), listener.accept());
        let (mut client, mut server) = (connected.unwrap(), accepted.unwrap().0);
        client.write_all(b"x").await.unwrap();
        assert_eq!(server.read_u8().await.unwrap(), b'x');
    }

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[tokio::test]
    async fn the_socket_is_its_owners_alone_and_goes_with_whoever_served_on_it() {
        let place = tempfile::tempdir().unwrap();
        // Others may enter: the file's own mode must keep them out.
        fs::set_permissions(place.path(), Permissions::from_mode(0o777)).unwrap();
        let (listener, file) = bind(place.path()).unwrap();
        let mode = fs::metadata(place.path().join(NAME)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(names(place.path()), [NAME], "where it was made is gone");
        converses(place.path(), &listener).await;
        drop(file);
        assert_eq!(names(place.path()), [""; 0]);
    }

    #[tokio::test]
    async fn what_a_killed_process_left_is_replaced() {
        let place = tempfile::tempdir().unwrap();
        // The standard library's listener leaves its file where it is.
        drop(std::os::unix::net::UnixListener::bind(place.path().join(NAME)).unwrap());
        fs::create_dir(place.path().join(MAKING)).unwrap();
        fs::write(place.path().join(MAKING).join(NAME), "").unwrap();
        assert_eq!(connect(place.path()).await.unwrap_err().kind(), ErrorKind::ConnectionRefused);
        let (listener, _file) = bind(place.path()).unwrap();
        converses(place.path(), &listener).await;
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_directory_may_have_a_longer_path_than_sockets_may() {
        let place = tempfile::tempdir().unwrap();
        for length in [PATH_BYTES_MAX - NAME.len() - 1, PATH_BYTES_MAX - NAME.len(), 255] {
            let taken = place.path().as_os_str().len() + 1;
            let directory = place.path().join("d".repeat(length - taken));
            fs::create_dir(&directory).unwrap();
            let (listener, file) = bind(&directory).unwrap();
            converses(&directory, &listener).await;
            drop(file);
            assert_eq!(names(&directory), [""; 0], "{length} bytes");
        }
    }
}
