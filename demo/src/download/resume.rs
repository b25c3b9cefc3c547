//! The part of a file that waits for the next run (`--continue`).
//!
//! For a file `NAME` two hidden files stand beside it:
//! - `.NAME.part`: its first bytes, as they came;
//! - `.NAME.resume`: the [`Ticket`], a line of JSON that says which version of what the bytes are of.
//!
//! ```json
//! {"roundabout":1,"url":"http://host/NAME","redirected":null,"validator":"\"v1\"","total":1000000}
//! ```
//!
//! Two files can come to disagree, so they are written in an order that rules it out: a ticket is there, whole (by a
//! rename), before the first byte goes into its part, and a part is thrown away together with its ticket. Wherever the
//! process is killed in between, there is a ticket with its own bytes, a ticket without bytes, or bytes without a
//! ticket, which are nobody's. How many bytes there are the file's own length says, so that nothing has to be written
//! while they come. (A header within the part would have to be cut off at the end, which means to copy the file; the
//! version in the part's name would not always fit into a name.)
//!
//! One process at a time may write to a part: it holds a lock on it (`flock`), which ends with the process.
//!
//! Nothing is synced, as in [`save`](crate::save): after a power failure the end of a part can be zeros. `--sha256`
//! finds that.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::validator::Validator;
use crate::save::{Partial, Remove, SaveError};
use crate::{names, text};

/// The longest ticket that is read.
const TICKET: u64 = 64 * 1024;

/// Which version of what the bytes of a part are of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// The form of the ticket: 1.
    pub roundabout: u32,
    /// The URL that was asked for, without a password.
    pub url: String,
    /// The URL that it led to, without its query, if it was redirected. (Queries of such URLs hold signatures and dates,
    /// and differ each time.)
    pub redirected: Option<String>,
    /// What the server has to confirm.
    pub validator: Validator,
    /// How many bytes the whole file has, if the server said so.
    pub total: Option<u64>,
}

/// Where the part of a file and its ticket are kept.
#[derive(Clone, Debug)]
pub struct Place {
    path: PathBuf,
    part: PathBuf,
    ticket: PathBuf,
}

/// A part that is being written to, and locked.
#[derive(Debug)]
pub struct Kept {
    /// The ticket's file. Dropped first: see above.
    pub(super) stub: Remove,
    /// The bytes. They are appended to.
    pub(super) file: Partial,
    /// How many there are.
    pub(super) len: u64,
    /// What they are of.
    pub(super) ticket: Ticket,
}

impl Place {
    /// The place for the file `name` in the folder `dir`; `None` if the name is so long that it leaves no room for an
    /// ending. Such a file is downloaded, but not kept in parts.
    pub fn of(dir: &Path, name: &str) -> Option<Place> {
        let hidden = |ending: &str| dir.join(format!(".{name}.{ending}"));
        let has_room = name.len() + "..resume".len() <= names::MAX_BYTES;
        has_room.then(|| Place { path: dir.join(name), part: hidden("part"), ticket: hidden("resume") })
    }

    /// The part that is kept for this URL, if there is one that can be continued. One that is of no
    /// use to anybody is removed.
    ///
    /// # Errors
    /// [`SaveError`] if another process is writing to it, it cannot be opened, or it is another URL's: that may be the
    /// work of hours.
    pub fn find(&self, url: &str) -> Result<Option<Kept>, SaveError> {
        match fs::symlink_metadata(&self.part) {
            Ok(found) if found.is_file() => {}
            // A link that somebody laid out would lead to a file that is not ours to change.
            Ok(_) => return Err(self.error(io::Error::other("its .part is no file; remove that"))),
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(self.error(e)),
        }
        let open = File::options().read(true).write(true).open(&self.part);
        let mut file = open.map_err(|e| self.error(e))?;
        lock(&file, &self.part).map_err(|e| self.error(e))?;
        // Nobody but us touches the two from here on.
        let ticket = self.read_ticket();
        let whole = ticket.as_ref().and_then(|ticket| ticket.total);
        let there = file.metadata().map_err(|e| self.error(e))?.len();
        // A part that has all the bytes gives its last one back: it is asked for again, so that the server says once
        // more that they are the file's.
        let len = there.min(whole.map_or(u64::MAX, |whole| whole.saturating_sub(1)));
        match ticket.filter(|_| len > 0 && whole.is_none_or(|whole| there <= whole)) {
            None => {
                self.forget(file);
                Ok(None)
            }
            Some(ticket) if ticket.url != url => {
                let part = text::one_line(&self.part.to_string_lossy());
                let why = format!(
                    "{part} is of {}; finish that, remove it, or choose another place with -o",
                    ticket.url
                );
                Err(self.error(io::Error::other(text::one_line(&why))))
            }
            Some(ticket) => {
                file.set_len(len)
                    .and_then(|()| file.seek(SeekFrom::Start(len)))
                    .map_err(|e| self.error(e))?;
                let mut kept = self.kept(file, ticket, len);
                kept.keep();
                Ok(Some(kept))
            }
        }
    }

    /// Begins a part, in place of any other. It and its ticket are removed when it is dropped, until
    /// [`keep`](Kept::keep).
    ///
    /// # Errors
    /// [`SaveError`] if one of the files cannot be written, or another process has begun the same.
    pub fn begin(&self, ticket: Ticket) -> Result<Kept, SaveError> {
        if self.path.is_dir() {
            return Err(self.error(ErrorKind::IsADirectory.into()));
        }
        // Never emptied and used again, always new: somebody may hold the old one under its final name by now.
        let file = File::options().read(true).write(true).create_new(true).open(&self.part);
        let file = file.map_err(|e| match e.kind() {
            ErrorKind::AlreadyExists => self.error(ErrorKind::WouldBlock.into()),
            _ => self.error(e),
        })?;
        lock(&file, &self.part).map_err(|e| self.error(e))?;
        let kept = self.kept(file, ticket, 0);
        let mut stub = Partial::beside(self.ticket.clone())?;
        // A struct of texts and numbers always becomes JSON.
        stub.write_all(&serde_json::to_vec(&kept.ticket).unwrap_or_default())?;
        stub.commit()?;
        Ok(kept)
    }

    fn kept(&self, file: File, ticket: Ticket, len: u64) -> Kept {
        let stub = Remove::armed(self.ticket.clone());
        Kept { file: Partial::at(file, self.part.clone(), self.path.clone()), len, ticket, stub }
    }

    /// `None` also if it is no ticket: then the part is nobody's.
    fn read_ticket(&self) -> Option<Ticket> {
        let mut json = Vec::new();
        File::open(&self.ticket).ok()?.take(TICKET).read_to_end(&mut json).ok()?;
        let ticket = serde_json::from_slice::<Ticket>(&json).ok()?;
        (ticket.roundabout == 1 && ticket.validator.is_sound()).then_some(ticket)
    }

    /// Removes both, the ticket first.
    fn forget(&self, part: File) {
        // What cannot be removed is met again when a new one is begun, and told there.
        let _ = fs::remove_file(&self.ticket);
        drop(Partial::at(part, self.part.clone(), self.path.clone()));
    }

    fn error(&self, source: io::Error) -> SaveError {
        SaveError::new("keep a part of", &self.path, source)
    }
}

impl Kept {
    /// From now on the part and its ticket stay when this is dropped.
    pub(super) fn keep(&mut self) {
        self.file.keep();
        self.stub.armed = false;
    }

    /// How many bytes there are.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// What they are of.
    pub fn ticket(&self) -> &Ticket {
        &self.ticket
    }
}

/// Locks the file until it is closed, and makes sure that it is the one of this name: whoever had the lock before may
/// have renamed it meanwhile, and then it is somebody's whole file; and a link is no file at all.
#[cfg(unix)]
fn lock(file: &File, path: &Path) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;

    use rustix::fs::{FlockOperation, flock};

    // (std's own `File::try_lock` came with Rust 1.89.) A file system without locks takes part unlocked.
    if let Err(e) = flock(file, FlockOperation::NonBlockingLockExclusive)
        && e.kind() == ErrorKind::WouldBlock
    {
        return Err(e.into());
    }
    let (ours, named) = (file.metadata()?, fs::symlink_metadata(path));
    let is_same = named.is_ok_and(|named| (ours.dev(), ours.ino()) == (named.dev(), named.ino()));
    if is_same { Ok(()) } else { Err(ErrorKind::WouldBlock.into()) }
}

/// Elsewhere nothing keeps two processes apart.
#[cfg(not(unix))]
fn lock(_: &File, _: &Path) -> io::Result<()> {
    Ok(())
}
