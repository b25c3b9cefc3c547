//! One time limit over all parts of a request.

use std::time::Instant;

use crate::error::{Error, Kind, Result};
use crate::url::Url;

/// Gives a part of the request the time that the whole has left.
pub(crate) async fn within<T>(
    deadline: Option<Instant>,
    url: &Url,
    part: impl Future<Output = Result<T>>,
) -> Result<T> {
    match deadline {
        None => part.await,
        Some(deadline) => match runtime::timeout_at(deadline, part).await {
            Ok(done) => done,
            Err(elapsed) => Err(Error::new(Kind::Timeout, url, elapsed)),
        },
    }
}
