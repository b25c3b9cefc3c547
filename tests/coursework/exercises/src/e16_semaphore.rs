//! 16 · A semaphore
//!
//! # The idea
//! Ten files are to be downloaded, three at a time. A *semaphore* holds three permits; each
//! download takes one and gives it back at its end, and who finds none left waits in line.
//! Here tasks wait for each other, not for a time or a socket, and so the runtime has no part
//! in it: a future that keeps a waker, for another task to call, is all it takes.
//!
//! On one thread no lock is needed; the state is in an `Rc`, with a `Cell` or a `RefCell`. What
//! is hard is something else: a future can be dropped at any moment. That is what cancelling
//! means: a timeout, an abort, the end of a `race`.
//! - Dropped while it waits, it must leave the line. And if it was a large request at the
//!   front, those behind it may now go on.
//! - Dropped after it was woken, before its next poll: then a permit is on its way to a future
//!   that is gone.
//!
//! For the second, do not just wake the first in line and let it try again: between the wake
//! and its turn anybody may take the permit, and nobody would know whose it was. *Grant* it:
//! take the permit out of the count, mark the place in line as granted, then wake. The future
//! finds the mark at its next poll; or its destructor does, and gives the permit back.
//!
//! # What to write
//! [`Semaphore`], a handle whose clones are of the same semaphore; [`Acquire`], the future;
//! [`Permit`], which gives back what it holds when it is dropped. `acquire` may ask for several
//! permits, which come all at once.
//!
//! # What is checked
//! - Permits that are there, while nobody waits, are had at the first poll. A future that was
//!   not polled has done nothing.
//! - First come, first served, whatever is asked for: a small request does not overtake a large
//!   one, though there would be enough for it. `try_acquire` does not overtake either. What
//!   comes back is kept until it is enough for the first in line.
//! - A permit that comes back wakes who can go on with it, and nobody else. Who was woken has
//!   its permits: they do not count as `available` any more, and nobody else gets them.
//! - Dropped while it waits: it leaves the line, and those behind it who can go on are woken.
//!   Dropped after it was woken: its permits go to the next.
//! - A future that is polled again stands in line once, and wakes the waker of its latest poll.
//! - A waker may use the semaphore when it is called, and when it is dropped.
//! - A thousand random steps: the count of permits stays right.
//!
//! Asking for 0 permits, or for more than there are, is not checked.
//!
//! # In the real thing
//! `runtime/src/sync/semaphore.rs`, and `waiters.rs` beside it: the line. The same checks are
//! run on them.
//!
//! # Traps (TRAPS.md)
//! - 6: a future that keeps the waker of an earlier poll.
//! - 16, 17: waking, or dropping a waker, while a `RefCell` is borrowed. Both may run anybody's
//!   code. Take the waker out in a statement of its own, and use it in the next.
//! - 37: a waiter that is cancelled takes the permit with it.
//! - 40: a large request starves behind small ones.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// A number of permits. Clones are of the same ones.
#[derive(Clone)]
pub struct Semaphore {
    // An Rc of what they share: how many permits are free, and the line.
}

impl Semaphore {
    /// With so many permits.
    pub fn new(permits: usize) -> Semaphore {
        todo!("Semaphore::new")
    }

    /// Waits for `n` permits, all at once.
    pub fn acquire(&self, n: usize) -> Acquire {
        todo!("Semaphore::acquire")
    }

    /// `n` permits, if they are there and nobody waits.
    pub fn try_acquire(&self, n: usize) -> Option<Permit> {
        todo!("Semaphore::try_acquire")
    }

    /// How many are in nobody's hands, and granted to nobody.
    pub fn available(&self) -> usize {
        todo!("Semaphore::available")
    }
}

/// The future of [`Semaphore::acquire`].
pub struct Acquire {
    // The semaphore, how many, and its place in line, if it has one.
}

impl Future for Acquire {
    type Output = Permit;

    // `let this = &mut *self;` gives the fields, as an Acquire can be moved (it is `Unpin`).
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Permit> {
        todo!("Acquire::poll")
    }
}

// impl Drop for Acquire { … }

/// Permits that somebody has. Dropping it gives them back.
pub struct Permit {
    // The semaphore, and how many.
}

// impl Drop for Permit { … }
