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
    /// Another process uses the data directory, and does not answer.
    InUse = 3,
    /// There is no such thing.
    NotFound = 4,
    /// WhatsApp refused.
    Refused = 5,
    /// It took longer than was asked for.
    TimedOut = 6,
    /// Ctrl-C ended it; what a shell says of that signal.
    Interrupted = 130,
    /// The same for SIGTERM.
    Terminated = 143,
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

    /// One with its causes, which are told too.
    pub(crate) fn of(exit: Exit, error: anyhow::Error) -> Self {
        Self { exit, error }
    }

    /// The code that it ends with.
    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    /// The same end, told with more words behind the others.
    #[must_use]
    pub(crate) fn and(self, words: &str) -> Self {
        let sentence = format!("{}{words}", self.sentence());
        Self::new(self.exit, sentence)
    }

    /// What happened and why; what a cause only repeats is told once.
    pub(crate) fn sentence(&self) -> String {
        let mut causes = self.error.chain().map(ToString::to_string);
        let mut told = causes.next().unwrap_or_default();
        for cause in causes {
            if !told.contains(&cause) {
                told.push_str(": ");
                told.push_str(&cause);
            }
        }
        told
    }

    /// Tells it on standard error, each line of it as ours.
    pub(crate) fn report(self) -> ExitCode {
        let mut screen = std::io::stderr();
        for line in self.sentence().lines() {
            // Nowhere left to tell that standard error is closed.
            drop(writeln!(screen, "waygate: {line}"));
        }
        ExitCode::from(self.exit as u8)
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self { exit: Exit::Internal, error: error.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_told_unless_it_was_told_before() {
        let disk = anyhow::Error::msg("the disk is full");
        let error = disk.context("cannot write: the disk is full").context("cannot begin");
        let failure = Failure::from(error);
        assert_eq!(failure.sentence(), "cannot begin: cannot write: the disk is full");
        assert_eq!(failure.and("; free some").sentence().matches("full").count(), 1);
    }
}
