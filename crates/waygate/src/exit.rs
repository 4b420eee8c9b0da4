//! How a command ends when it does not end well.

use std::fmt;
use std::io::Write as _;
use std::process::ExitCode;

/// The exit codes; README has the same table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Something that should not happen.
    Internal = 1,
    /// Bad usage or configuration.
    Usage = 2,
    /// Another process uses the data directory.
    InUse = 3,
    /// There is no such thing.
    NotFound = 4,
    /// WhatsApp refused.
    Refused = 5,
    /// It took longer than was asked for.
    TimedOut = 6,
    /// A signal ended it; what a shell says of Ctrl-C.
    Interrupted = 130,
}

/// A command's end: a code for programs, a sentence for people.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    error: anyhow::Error,
}

impl Failure {
    pub(crate) fn new(
        exit: Exit,
        sentence: impl fmt::Display + fmt::Debug + Send + Sync + 'static,
    ) -> Self {
        Self { exit, error: anyhow::Error::msg(sentence) }
    }

    /// The code that it ends with.
    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    /// The same end, told with more words behind the others.
    #[must_use]
    pub(crate) fn and(self, words: &str) -> Self {
        let Self { exit, error } = self;
        Self { exit, error: anyhow::Error::msg(format!("{error:#}{words}")) }
    }

    /// Tells it on standard error.
    pub(crate) fn report(self) -> ExitCode {
        // Nowhere left to tell that standard error is closed.
        drop(writeln!(std::io::stderr(), "waygate: {:#}", self.error));
        ExitCode::from(self.exit as u8)
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self { exit: Exit::Internal, error: error.into() }
    }
}
