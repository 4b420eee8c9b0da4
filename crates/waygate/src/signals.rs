//! How a process is told to end.

use std::io;

/// Ctrl-C, and on Unix also SIGTERM, which service managers send.
#[derive(Debug)]
pub(crate) struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    /// Listens from now on, so that a signal during the start is not lost.
    #[cfg_attr(not(unix), expect(clippy::unnecessary_wraps, reason = "the same shape everywhere"))]
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self {
            #[cfg(unix)]
            terminate: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?,
        })
    }

    /// Waits for the next one. A wait that is given up loses none.
    pub(crate) async fn next(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            heard = tokio::signal::ctrl_c() => note(heard),
            _ = self.terminate.recv() => {}
        }
        #[cfg(not(unix))]
        note(tokio::signal::ctrl_c().await);
    }
}

fn note(heard: io::Result<()>) {
    if let Err(error) = heard {
        tracing::error!(%error, "Ctrl-C cannot be heard");
    }
}
