//! The body of a reply, on its way to the disk.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http_client::Response;
use runtime::{now, spawn_blocking, timeout_at};

use super::checksum;
use super::failure::{Failed, FetchError};
use super::fetch::Fetch;
use super::goal::Goal;
use super::part::Part;
use super::resume::{Place, Ticket};
use super::validator::Validator;
use crate::save::{Partial, SaveError};

/// How much of a file is written at once: a quarter of what is there, but not less than the first of these, nor more than the
/// second. So a lane needs little memory until its file has become large.
///
/// Each write is a hop to another thread and back: 1 GiB takes 840 ms of CPU time in pieces of 256 KiB, and 720 in those of
/// 1 MiB.
const PIECE: [usize; 2] = [256 * 1024, 1024 * 1024];

/// How long bytes that are to be kept may wait in memory, where they would be lost with the process.
const FLUSH: Duration = Duration::from_millis(250);

/// The part and the memory again; or an error, and how much is kept in spite of it.
pub(super) type Written = Result<(Option<Part>, Piece), (FetchError, u64)>;

/// What has come, in memory that is used again as it is: to fill it with zeros before each read takes longer than some reads.
#[derive(Default)]
pub(super) struct Piece {
    memory: Vec<u8>,
    /// How much of it has come.
    filled: usize,
}

impl Piece {
    fn bytes(&self) -> &[u8] {
        &self.memory[..self.filled]
    }
}

impl Fetch {
    /// Writes the body behind what is there; at its end, the file gets its name.
    pub(super) async fn save(&mut self, mut response: Response, goal: Goal) -> Result<(), Failed> {
        let ticket = match Validator::of(response.headers()) {
            Some(validator) if self.part.is_none() => Some(Ticket {
                roundabout: 1,
                url: self.wanted.key.to_string(),
                redirected: self.redirected(&response),
                validator,
                total: goal.len,
            }),
            _ => None,
        };
        let (place, can_continue) = (self.place(), ticket.is_some() || self.part.is_some());
        let flush = (place.is_some() && can_continue).then_some(FLUSH);
        let begin = Arc::new(Begin { dir: self.plan.dir.clone(), place, ticket });
        let mut piece = Piece::default();
        loop {
            let there = self.part.as_ref().map_or(0, Part::len);
            let size = usize::try_from(there / 4).unwrap_or(usize::MAX).clamp(PIECE[0], PIECE[1]);
            let filled = self.fill(&mut response, &mut piece, size, flush).await;
            let ended = matches!(filled, Ok(true));
            // The client sees to it that a body has the length that its head promised. The rest of a file may come
            // without one, and then end too early.
            let got = there + piece.filled as u64;
            let cut = if ended { goal.lacks(got) } else { None };
            let at_end = ended && cut.is_none();
            // What came before an error is worth keeping if it can be gone on with.
            if filled.is_ok() || can_continue {
                // Writing blocks, so it is done on another thread. The part and the memory go along, and come back: who
                // has them owns them, and if this task is dropped meanwhile, that thread drops them.
                let (part, begin, goal) = (self.part.take(), begin.clone(), goal.clone());
                let is_whole = part.is_none() && at_end;
                let write = move || -> Written {
                    let mut part =
                        part.map_or_else(|| begin.part(&goal, at_end), Ok).map_err(|e| (e.into(), 0))?;
                    part.write(piece.bytes()).map_err(|e| (e.into(), part.kept()))?;
                    piece.filled = 0;
                    let kept = part.kept();
                    let part = goal.check(part, at_end).map_err(|e| match e {
                        FetchError::Wrong(_) => (e, 0),
                        e => (e, kept),
                    })?;
                    Ok((part, piece))
                };
                let written = match is_whole {
                    true => self.plan.together.run(write).await?,
                    false => spawn_blocking(write).await?,
                };
                (self.part, piece) = written.map_err(|(e, kept)| {
                    self.record.borrow_mut().kept = kept;
                    e
                })?;
                self.note_part();
            }
            if let Some(cut) = cut {
                return Err(cut);
            }
            match filled {
                Err(e) => return Err(e.into()),
                Ok(true) => {
                    self.record.borrow_mut().sha256 = goal.sum.as_ref().map(checksum::hex);
                    return Ok(());
                }
                Ok(false) => {}
            }
        }
    }

    /// Reads the body until `piece` has `size` bytes, or has waited to be written for the time of `flush`: whether that was
    /// the end.
    async fn fill(
        &self,
        response: &mut Response,
        piece: &mut Piece,
        size: usize,
        flush: Option<Duration>,
    ) -> Result<bool, http_client::Error> {
        // What the length says is a hint of how much room is needed, no more than a piece is given on its word.
        let hint = response.content_length().map_or(16 * 1024, |n| n.min(PIECE[0] as u64) as usize);
        let mut due = None;
        while piece.filled < size {
            let Piece { memory, filled } = piece;
            if memory.len() == *filled {
                // One byte more than expected, so that the end is seen without more room.
                memory.resize((*filled + hint.max(*filled).max(1024) + 1).min(size), 0);
            }
            let reading = response.read(&mut memory[*filled..]);
            let read = match due {
                Some(due) => timeout_at(due, reading).await,
                None => Ok(reading.await),
            };
            match read {
                Err(_) => return Ok(false),
                Ok(Err(e)) => return Err(e),
                Ok(Ok(0)) => return Ok(true),
                Ok(Ok(n)) => {
                    *filled += n;
                    self.bar.advanced(n as u64);
                    self.record.borrow_mut().bytes += n as u64;
                    due = due.or_else(|| now().checked_add(flush?));
                }
            }
        }
        Ok(false)
    }
}

/// A part that is yet to be begun.
struct Begin {
    dir: Arc<Path>,
    place: Option<Place>,
    ticket: Option<Ticket>,
}

impl Begin {
    fn part(&self, goal: &Goal, is_whole: bool) -> Result<Part, SaveError> {
        if goal.is_new {
            // Told before all of it has come; and once more at the end.
            Partial::check_new(&self.dir.join(&goal.name))?;
        }
        let (place, ticket) = (self.place.as_ref(), self.ticket.clone());
        let part = Part::begin(&self.dir, &goal.name, place, ticket, is_whole)?;
        Ok(if goal.sum.is_some() { part.summing() } else { part })
    }
}
