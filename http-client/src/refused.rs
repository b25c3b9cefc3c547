//! Why something was not taken: the one error of all that can be said without a connection.

use std::error::Error;
use std::fmt;

/// Why a URL, a header field, a method, a file of certificates or the framing of a body was not taken, in one line. It
/// never repeats what may be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused(String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Refused {}

/// Nothing, and why.
pub(crate) fn refuse<T>(why: impl Into<String>) -> Result<T, Refused> {
    Err(Refused(why.into()))
}
