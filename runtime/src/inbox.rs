//! The way in for wakes from other threads: a list under a lock, and one bell.
//!
//! The loop's thread sleeps in the OS. Another thread that wakes a task pushes the task's id here and, only if
//! the loop is asleep, rings the bell (a `mio::Waker`, which makes the OS return). Wakes that arrive while the
//! loop is awake, or after the bell was rung, cost no system call: 100,000 wakes ring it a few thousand times.
//!
//! Invariants:
//! - While the inbox is open, an item is in the list, or the loop has it, or it was never pushed: none is lost. While it
//!   is closed, which is when no loop runs, an item is given back to whoever pushed it, and the list is empty.
//! - The loop goes to sleep only with the list empty and `asleep` set, and both were seen under one lock.
//! - The bell is rung at most once a sleep, by whoever finds `asleep` set and clears it.
//!
//! The bell and the primitives come from outside ([`crate::prim`]), so that a model checker can run this file.

use crate::prim::{AtomicBool, Mutex, Ordering, lock};

/// What gets the loop's thread out of its sleep.
pub(crate) trait Bell {
    /// Makes the current sleep, or else the next one, end at once.
    fn ring(&self);
}

/// Items from other threads for one loop.
pub(crate) struct Inbox<T, B> {
    mail: Mutex<Mail<T>>,
    /// A hint, so that the loop can pass an empty inbox on every turn without taking the lock. Whether it may
    /// sleep is never decided by the hint, only under the lock.
    some: AtomicBool,
    bell: B,
}

struct Mail<T> {
    items: Vec<T>,
    /// A loop runs and will take them.
    open: bool,
    /// The loop is in the OS, or is about to be, and nobody has rung yet.
    asleep: bool,
}

impl<T, B: Bell> Inbox<T, B> {
    pub(crate) fn new(bell: B) -> Self {
        Inbox {
            mail: Mutex::new(Mail { items: Vec::new(), open: false, asleep: false }),
            some: AtomicBool::new(false),
            bell,
        }
    }

    /// Any thread: hands an item to the loop and wakes it if it sleeps. Gives the item back if there is no loop.
    pub(crate) fn push(&self, item: T) -> Result<(), T> {
        let ring = {
            let mut mail = lock(&self.mail);
            if !mail.open {
                return Err(item); // trap 10: a late wake finds nobody, and that is all
            }
            mail.items.push(item); // trap 3: the list grows; a wake never blocks or fails on a full queue
            self.some.store(true, Ordering::Release);
            std::mem::take(&mut mail.asleep) // trap 9: the first that finds it asleep rings, and no other
        };
        // Outside the lock: ringing is a system call, and the loop wants the lock as soon as it is awake.
        if ring {
            self.bell.ring();
        }
        Ok(())
    }

    /// The loop begins to take items.
    pub(crate) fn open(&self) {
        lock(&self.mail).open = true;
    }

    /// The loop has ended: gives what nobody will take any more.
    pub(crate) fn close(&self) -> Vec<T> {
        let mut mail = lock(&self.mail);
        mail.open = false;
        mail.asleep = false;
        self.some.store(false, Ordering::Relaxed);
        std::mem::take(&mut mail.items)
    }

    /// The loop: moves what has come into `into`, which must be empty. (The two lists change places, so neither
    /// is ever allocated anew.)
    pub(crate) fn take(&self, into: &mut Vec<T>) {
        if self.some.load(Ordering::Acquire) {
            let mut mail = lock(&self.mail);
            self.some.store(false, Ordering::Relaxed);
            std::mem::swap(&mut mail.items, into);
        }
    }

    /// The loop: announces that it goes to sleep. `false` if it must not, as something has come.
    ///
    /// trap 8: looking first and sleeping after loses what comes in between. Here the look and the announcement
    /// are one step under the lock: a push before this step is seen by it, and a push after it rings the bell.
    #[must_use]
    pub(crate) fn fall_asleep(&self) -> bool {
        let mut mail = lock(&self.mail);
        mail.asleep = mail.items.is_empty();
        mail.asleep
    }

    /// Any thread: nothing is handed over, but the loop shall look round.
    pub(crate) fn nudge(&self) {
        let ring = std::mem::take(&mut lock(&self.mail).asleep);
        if ring {
            self.bell.ring();
        }
    }

    /// The loop: it is awake again, for whatever reason; the bell need not be rung.
    pub(crate) fn awake(&self) {
        lock(&self.mail).asleep = false;
    }
}
