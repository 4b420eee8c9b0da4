//! The one error of the domain.
//!
//! Three readers: a program gets a kind from a short closed list, a caller gets a public sentence
//! that reveals nothing, an operator gets the chain of sources, logged once where it is handled.
//! Every dialect renders each kind in its own envelope, without a catch-all.

use std::borrow::Cow;
use std::time::Duration;

/// Why the gateway said no. Closed on purpose: a new kind must stop the build in every dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// There is no such thing, or it is not the caller's.
    NotFound,
    /// The request cannot mean anything.
    Invalid,
    /// It contradicts what is already there.
    Conflict,
    /// The instance is not in a state in which this can be done.
    WrongState,
    /// Too many, too soon.
    Limited {
        /// When it may be tried again.
        retry_after: Duration,
    },
    /// WhatsApp did not answer within the wait, or cannot be reached.
    Unreachable,
    /// Our own storage or machine failed us.
    Internal,
}

type Source = Box<dyn std::error::Error + Send + Sync>;

/// One failure: a kind for programs, a public sentence for the caller, a source for the log.
#[derive(Debug, thiserror::Error)]
#[error("{public}")]
pub struct Error {
    kind: Kind,
    public: Cow<'static, str>,
    source: Option<Source>,
}

impl Error {
    /// An error whose sentence may be shown to any caller.
    pub fn new(kind: Kind, public: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, public: public.into(), source: None }
    }

    /// The same, with what caused it. The source is for the log alone.
    #[must_use]
    pub fn because(self, source: impl Into<Source>) -> Self {
        Self { source: Some(source.into()), ..self }
    }

    /// What a program tests.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The sentence and everything that caused it, for the log: never for a caller.
    pub fn with_causes(&self) -> String {
        let mut text = self.public.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }

    /// What a caller may read.
    pub fn public(&self) -> &str {
        &self.public
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn the_log_tells_the_whole_chain_of_causes() {
        let disk = Error::new(Kind::Internal, "the disk is full").because("no space");
        let error = Error::new(Kind::Internal, "the store failed").because(disk);
        assert_eq!(error.with_causes(), "the store failed: the disk is full: no space");
        assert_eq!(Error::new(Kind::Invalid, "alone").with_causes(), "alone");
    }

    #[test]
    fn the_public_sentence_holds_nothing_of_the_source() {
        let error = Error::new(Kind::Internal, "the keys could not be read")
            .because(std::io::Error::other("/secret/path"));
        assert_eq!(error.to_string(), "the keys could not be read");
        assert_eq!(error.source().map(ToString::to_string).as_deref(), Some("/secret/path"));
    }
}
