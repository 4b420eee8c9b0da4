//! What stands in for the control socket where the system has none: commands work while no other
//! process uses the data directory.

use std::io::{self, ErrorKind};
use std::path::Path;

use waygate_engine::tasks::Tasks;
use waygate_http::site::Site;

/// There is none; the type only has to be a stream.
pub(crate) type Stream = tokio::net::TcpStream;

/// There is nothing to connect to.
#[expect(clippy::unused_async, reason = "the same shape as the real one")]
pub(crate) async fn connect(_directory: &Path) -> io::Result<Stream> {
    Err(ErrorKind::Unsupported.into())
}

/// Nobody could connect.
#[expect(clippy::unnecessary_wraps, reason = "the same shape as the real one")]
pub(crate) fn serve(_directory: &Path, _site: Site, _tasks: &Tasks) -> io::Result<()> {
    Ok(())
}
