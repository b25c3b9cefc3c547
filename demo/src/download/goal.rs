//! What has to be true of a file before it gets its name: its length and its sum, where they are known.

use super::checksum::{self, Sum};
use super::failure::{Failed, FetchError};
use super::part::Part;

/// What has to be true of a file before it gets its name.
#[derive(Clone)]
pub(super) struct Goal {
    pub(super) name: String,
    /// Whether nothing may have the name yet, as a server chose it.
    pub(super) is_new: bool,
    pub(super) len: Option<u64>,
    pub(super) sum: Option<Sum>,
}

impl Goal {
    /// How many bytes too few there are, if `got` are all that come.
    pub(super) fn lacks(&self, got: u64) -> Option<Failed> {
        let len = self.len.filter(|len| got < *len)?;
        let error = FetchError::NoFile(format!("the file has {len} bytes, but {got} came"));
        // They are right, only too few: cut off, as others are by the end of their connection.
        Some(Failed { error, is_transient: true, asked: None })
    }

    /// Looks whether all is well so far, and at the end gives the file its name. What cannot become right any more is
    /// thrown away.
    pub(super) fn check(&self, part: Part, at_end: bool) -> Result<Option<Part>, FetchError> {
        let wrong = |part: Part, why: String| {
            part.discard();
            Err(FetchError::Wrong(why))
        };
        // The client sees to it that a body has the length that was promised; but a part may come without one.
        let (len, got) = (self.len.unwrap_or(part.len()), part.len());
        if got > len {
            return wrong(
                part,
                format!("the file has {len} bytes, but {got} or more came; nothing was kept"),
            );
        }
        if !at_end {
            return Ok(Some(part));
        }
        if let (Some(wanted), Some(got)) = (self.sum, part.sum())
            && wanted != got
        {
            let (wanted, got) = (checksum::hex(&wanted), checksum::hex(&got));
            return wrong(part, format!("its SHA-256 is {got}, and should be {wanted}; nothing was kept"));
        }
        part.commit(&self.name, self.is_new)?;
        Ok(None)
    }
}
