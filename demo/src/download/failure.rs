//! Why a file did not come, and whether another attempt makes sense.

use std::fmt;
use std::time::Duration;

use runtime::JoinError;

use super::retry;
use crate::save::SaveError;

/// An attempt that failed, and whether another makes sense.
pub(super) struct Failed {
    pub(super) error: FetchError,
    pub(super) is_transient: bool,
    /// How long the server asked to wait.
    pub(super) asked: Option<Duration>,
}

impl<E: Into<FetchError>> From<E> for Failed {
    fn from(error: E) -> Failed {
        let error = error.into();
        let is_transient = matches!(&error, FetchError::Http(e) if retry::is_transient(e));
        Failed { error, is_transient, asked: None }
    }
}

/// Why a file did not come.
#[derive(Debug)]
pub(super) enum FetchError {
    /// The answer was neither an error nor a file, such as a redirect to nowhere: which, and from where.
    NoFile(String),
    /// A file came, and is not what it should be.
    Wrong(String),
    Http(http_client::Error),
    Save(SaveError),
    Job(JoinError),
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FetchError::NoFile(why) | FetchError::Wrong(why) => f.write_str(why),
            FetchError::Http(e) => e.fmt(f),
            FetchError::Save(e) => e.fmt(f),
            FetchError::Job(e) => e.fmt(f),
        }
    }
}

impl From<http_client::Error> for FetchError {
    fn from(e: http_client::Error) -> Self {
        FetchError::Http(e)
    }
}

impl From<SaveError> for FetchError {
    fn from(e: SaveError) -> Self {
        FetchError::Save(e)
    }
}

impl From<JoinError> for FetchError {
    fn from(e: JoinError) -> Self {
        FetchError::Job(e)
    }
}
