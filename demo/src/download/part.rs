//! What is there of a file so far: bytes on the disk, the version they are of, and their sum as it grows.
//!
//! All of it blocks, so it moves to a job of the blocking pool and back: who has it owns it. A job that nobody waits
//! for any more drops it, and then a part stays if it is [kept](super::resume) and has bytes, and else goes.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::checksum::Sum;
use super::resume::{Kept, Place, Ticket};
use crate::save::{Partial, Remove, SaveError};

/// How much is read at once of what is there already.
const PIECE: usize = 1 << 20;

/// How many such pieces are read in one job: a job cannot be stopped, and Ctrl-C waits for it.
const PIECES: usize = 8;

/// The bytes of a file that is on its way.
pub(super) struct Part {
    /// The ticket's file, if both are to be kept for the next run. Dropped first: see `resume`.
    stub: Option<Remove>,
    file: Partial,
    len: u64,
    /// What they are of, if that can be known: only then can they be continued.
    ticket: Option<Ticket>,
    /// Of the first `summed` bytes.
    sum: Option<Sha256>,
    summed: u64,
}

impl Part {
    /// A new one, for the file `name` in the folder `dir`. With a place and a ticket it is kept there, but not if it
    /// `is_whole` with its first piece: a ticket would be one file more to write and to remove.
    pub(super) fn begin(
        dir: &Path,
        name: &str,
        place: Option<&Place>,
        ticket: Option<Ticket>,
        is_whole: bool,
    ) -> Result<Part, SaveError> {
        match (place, ticket) {
            (Some(place), Some(ticket)) if !is_whole => place.begin(ticket).map(Part::from),
            (_, ticket) => {
                // What is whole is renamed next, and that tells of a folder in its place.
                let file =
                    if is_whole { Partial::beside(dir.join(name)) } else { Partial::create(dir, name) }?;
                Ok(Part { file, len: 0, ticket, stub: None, sum: None, summed: 0 })
            }
        }
    }

    /// From now on the sum is made, of what is there too: [`sum_up`](Self::sum_up) is to be called.
    pub(super) fn summing(mut self) -> Part {
        self.sum = Some(Sha256::new());
        self
    }

    /// Reads a stretch of what is there into the sum: whether it has all of it now.
    pub(super) fn sum_up(&mut self) -> Result<bool, SaveError> {
        let Some(sum) = &mut self.sum else { return Ok(true) };
        let mut piece = vec![0; PIECE];
        for _ in 0..PIECES {
            let wanted = PIECE.min((self.len - self.summed) as usize);
            if wanted == 0 {
                return Ok(true);
            }
            self.file.read_exact_at(self.summed, &mut piece[..wanted])?;
            sum.update(&piece[..wanted]);
            self.summed += wanted as u64;
        }
        Ok(self.summed == self.len)
    }

    /// How many bytes are there.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// What they are of. `None`: nobody knows, so they cannot be continued.
    pub(super) fn ticket(&self) -> Option<&Ticket> {
        self.ticket.as_ref()
    }

    /// How many of them stay for the next run: all or none.
    pub(super) fn kept(&self) -> u64 {
        if self.stub.is_some() { self.len } else { 0 }
    }

    /// Adds bytes at the end.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), SaveError> {
        if let Err(e) = self.file.write_all(bytes) {
            // What a full disk took of them is nobody's.
            self.file.cut(self.len);
            return Err(e);
        }
        self.len += bytes.len() as u64;
        if let Some(sum) = &mut self.sum {
            sum.update(bytes);
            self.summed = self.len;
        }
        if let Some(stub) = &mut self.stub
            && !bytes.is_empty()
        {
            self.file.keep();
            stub.armed = false;
        }
        Ok(())
    }

    /// The sum of all bytes, if it was made.
    pub(super) fn sum(&self) -> Option<Sum> {
        self.sum.clone().map(|sum| sum.finalize().into())
    }

    /// Gives the file, which is whole, its name; if that `is_new`, nothing may have it yet.
    pub(super) fn commit(mut self, name: &str, is_new: bool) -> Result<(), SaveError> {
        self.file.rename(name);
        let named = if is_new { self.file.commit_new() } else { self.file.commit() };
        named?;
        // Without its part it means nothing.
        if let Some(stub) = &mut self.stub {
            stub.armed = true;
        }
        Ok(())
    }

    /// Removes it, kept or not.
    pub(super) fn discard(self) {
        // The ticket first: see `resume`.
        if let Some(mut stub) = self.stub {
            stub.armed = true;
        }
        self.file.discard();
    }
}

impl From<Kept> for Part {
    fn from(kept: Kept) -> Part {
        let Kept { file, len, ticket, stub } = kept;
        Part { file, len, ticket: Some(ticket), stub: Some(stub), sum: None, summed: 0 }
    }
}
