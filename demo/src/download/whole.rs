//! A file that an earlier run has brought: with `--continue`, one whose sum is that of the list does not come again.
//!
//! Without a sum nothing tells it from an older version, or from a file of that name that somebody else has put there.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use runtime::spawn_blocking;
use sha2::{Digest, Sha256};

use super::checksum::{self, Sum};
use super::failure::FetchError;
use super::fetch::Fetch;
use super::naming::Naming;
use super::part::Part;

/// How much is read at once.
const PIECE: usize = 1 << 20;

/// How many such pieces are read in one job: a job cannot be stopped, and Ctrl-C waits for it.
const PIECES: usize = 8;

impl Fetch {
    /// Whether the file is there already, and is right.
    pub(super) async fn is_whole(&self) -> Result<bool, FetchError> {
        let (true, Some(sums), Naming::Urls) = (self.plan.keeps, &self.plan.sums, &self.plan.naming) else {
            return Ok(false); // a server's name for it is not known yet
        };
        let sum = sums.of(&self.wanted.name).map_err(FetchError::NoFile)?;
        let path = self.plan.dir.join(&self.wanted.name);
        let Some(mut found) = spawn_blocking(move || Found::open(&path)).await? else { return Ok(false) };
        while !found.is_read {
            let read_on = move || found.read_on().map(|()| found);
            // What cannot be read is not whole: it comes again.
            let Ok(read) = spawn_blocking(read_on).await? else { return Ok(false) };
            found = read;
        }
        if Sum::from(found.sum.finalize()) != sum {
            return Ok(false);
        }
        // A part of it is of no use any more.
        let (place, key) = (self.place(), self.wanted.key.clone());
        spawn_blocking(move || {
            if let Some(Ok(Some(kept))) = place.map(|place| place.find(&key)) {
                Part::from(kept).discard();
            }
        })
        .await?;
        let mut record = self.record.borrow_mut();
        record.continued = found.len;
        record.sha256 = Some(checksum::hex(&sum));
        Ok(true)
    }
}

/// A file that is there, and its sum as far as it was read.
struct Found {
    file: File,
    sum: Sha256,
    len: u64,
    is_read: bool,
}

impl Found {
    fn open(path: &Path) -> Option<Found> {
        // Looked at before it is opened: to open a pipe waits for its other end.
        fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
        Some(Found { file: File::open(path).ok()?, sum: Sha256::new(), len: 0, is_read: false })
    }

    fn read_on(&mut self) -> io::Result<()> {
        let mut piece = vec![0; PIECE];
        for _ in 0..PIECES {
            let n = self.file.read(&mut piece)?;
            self.sum.update(&piece[..n]);
            self.len += n as u64;
            self.is_read = n == 0;
            if self.is_read {
                break;
            }
        }
        Ok(())
    }
}
