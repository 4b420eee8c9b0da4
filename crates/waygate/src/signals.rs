//! How a process is told to end.

use std::io;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Which signal came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Ctrl-C.
    Interrupt,
    /// SIGTERM, on Unix only.
    #[cfg_attr(not(unix), expect(dead_code, reason = "nobody sends it there"))]
    Terminate,
}

/// Ctrl-C, and on Unix also SIGTERM, which service managers send.
#[derive(Debug)]
pub(crate) struct Signals {
    #[cfg(unix)]
    interrupt: Signal,
    #[cfg(unix)]
    terminate: Signal,
}

impl Signals {
    /// Listens from now on. Before, a signal ends the process at once; while it starts, that is
    /// the right thing: nothing waits for an answer, and what was written is whole.
    #[cfg(unix)]
    pub(crate) fn listen() -> io::Result<Self> {
        let interrupt = signal(SignalKind::interrupt())?;
        let terminate = signal(SignalKind::terminate())?;
        Ok(Self { interrupt, terminate })
    }

    /// Listens once somebody waits.
    #[cfg(not(unix))]
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self {})
    }

    /// Waits for the next one. A wait that is given up loses none.
    pub(crate) async fn next(&mut self) -> End {
        #[cfg(unix)]
        tokio::select! {
            _ = self.interrupt.recv() => End::Interrupt,
            _ = self.terminate.recv() => End::Terminate,
        }
        #[cfg(not(unix))]
        {
            if let Err(error) = tokio::signal::ctrl_c().await {
                tracing::error!(%error, "Ctrl-C cannot be heard");
            }
            End::Interrupt
        }
    }
}
