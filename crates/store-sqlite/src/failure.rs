//! What a failure of the database means to a caller.

use sqlx::error::DatabaseError;
use waygate_core::error::{Error, Kind};

/// A failure that no caller can do anything about. What SQLite says of it names tables and
/// columns, never values.
pub(crate) fn internal(source: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(Kind::Internal, "the database failed").because(source)
}

/// For a row that must be the only one of its kind: `sentence` says what is taken.
pub(crate) fn or_taken(sentence: &'static str) -> impl FnOnce(sqlx::Error) -> Error {
    move |error| {
        let taken = error.as_database_error().is_some_and(DatabaseError::is_unique_violation);
        if taken { Error::new(Kind::Conflict, sentence) } else { internal(error) }
    }
}

/// The store was closed, or its writer is not running any more.
pub(crate) fn closed() -> Error {
    Error::new(Kind::Internal, "the database is closed")
}

pub(crate) fn no_account() -> Error {
    Error::new(Kind::NotFound, "there is no such account")
}

pub(crate) fn no_instance() -> Error {
    Error::new(Kind::NotFound, "there is no such instance")
}
