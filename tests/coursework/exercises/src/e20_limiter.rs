//! 20 · A rate limiter for the downloader
//!
//! # The idea
//! Ten downloads at once take the whole line, and whoever else is in the house waits. A *token
//! bucket* limits them together. Tokens flow into it at a steady rate, one for each byte that
//! may be sent; it holds so many and no more (the *burst*), and what flows into a full one is
//! lost. To send n bytes, one takes n tokens; if there are too few, one waits until they have
//! come. So over a long time it is the rate, and after a rest a short burst may be faster.
//!
//! Nothing flows, of course. The bucket remembers how many there were, and when; how many there
//! are now is arithmetic, and so is *when* there will be enough. So one who waits sleeps once,
//! until that instant, and no timer ticks. And all who share the bucket wait in one line: only
//! the first sleeps for its tokens, the others wait until it is their turn.
//!
//! # What to write
//! [`Limiter`], which is cloned for each download: its clones are of one bucket.
//! [`take`](Limiter::take), [`try_take`](Limiter::try_take), and [`pour`](Limiter::pour), which
//! is what a download does. The rules:
//! - The bucket is full at the start. Tokens are there when they have flowed in, exactly: at 3
//!   a second, the third comes after a second.
//! - First come, first served. One who wants more than the bucket holds is served, too: while
//!   it is first in line, what flows in is kept for it, also above the burst. What flowed in
//!   before it came, while nobody waited, is no more than the burst.
//! - `take` takes its tokens when it is served, and nothing before that.
//!
//! Build on the runtime: `runtime::now()`, `runtime::sleep_until`, and from `runtime::sync`
//! what you need to wait in line.
//!
//! # What is checked
//! All in virtual time, to a millisecond: while all wait, the clock jumps to the next deadline,
//! so an hour takes no time. That clock is `runtime::now()`. `Instant::now()` is the real one,
//! and as good as stands still.
//! - `take`: at once from a full bucket (at its first poll), then at the rate; a thousand takes
//!   do not drift; time that the taker spends on other things counts; after an idle hour the
//!   bucket is full, and no more.
//! - More than the burst; a large one in front of a small one; one that is dropped while it
//!   waits leaves its turn to those behind, at once, and what has flowed in, up to the burst.
//!   (What was kept for it above that, you may keep for them or let go.)
//! - Few polls: one who waits 10 s is not polled a hundred times, and of a hundred in line not
//!   all are woken for each token.
//! - `try_take`: true if the tokens are there and nobody is in line; else it takes nothing.
//! - A take of 0 is ready; `u64::MAX` is no panic, as tokens or as a rate.
//! - `pour` copies a body in pieces of at most [`PIECE`] bytes: read, take the tokens for what
//!   was read, write. Two of them share the rate; one that is dropped leaves it to the other.
//!
//! # In the real thing
//! The downloader has no such limit (curl's is `--limit-rate`): `demo/src/download/body.rs` is
//! where it would be, in `fill`, which reads the body. `runtime/src/interval.rs` is the other
//! way to do something at a rate. And `timer.rs` is what you sleep in.
//!
//! # Traps (TRAPS.md)
//! - 16: a borrow of a `RefCell`, or a lock of the standard library, that is held over an
//!   `.await`: while you sleep, the others come, and find it taken. (`runtime::sync::Mutex` may
//!   be held over an `.await`: the others wait in its line. Is that what you want here?)
//! - 22: what is rounded at each take adds up. Count in units in which nothing is lost:
//!   nanoseconds times rate.
//! - 24: `Instant + Duration` and `u64 * u64` overflow.
//! - 37: one that is dropped while it waits takes its tokens, or the turn of the next, with it.
//! - 39: all in line are woken for each token.
//! - 40: small requests overtake a large one, which starves.

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};

use runtime::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// So many bytes are read at a time, at most.
pub const PIECE: usize = 1000;

/// A bucket of tokens. Clones are of the same bucket.
#[derive(Clone)]
pub struct Limiter {
    // What must all of them know?
}

impl Limiter {
    /// `rate` tokens a second flow into it, at least 1; it holds `burst`, and is full.
    pub fn new(rate: u64, burst: u64) -> Limiter {
        todo!("Limiter::new")
    }

    /// Waits for its turn, and until so many tokens are there, and takes them.
    pub async fn take(&self, n: u64) {
        todo!("Limiter::take")
    }

    /// Takes so many, if they are there and nobody waits.
    pub fn try_take(&self, n: u64) -> bool {
        todo!("Limiter::try_take")
    }

    /// Copies all that `from` gives to `to`, a token for each byte, and gives how many they were.
    pub async fn pour<R: AsyncRead, W: AsyncWrite>(&self, from: &mut R, to: &mut W) -> io::Result<u64> {
        todo!("Limiter::pour")
    }
}
