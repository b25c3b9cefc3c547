//! A line of waiters: first come, first served, and each may leave at any time.
//!
//! A future that has to wait joins the line. Whoever sets free what it waits for *grants* it to the first in line, and
//! wakes that one. The grant lies in the future's entry until the future collects it.
//!
//! Why a grant, and not only a wake-up after which the future tries again? Two reasons. Until the woken task has its turn,
//! anybody may be quicker, and then no order holds. And a wake-up leaves no trace: if the future is dropped between the
//! wake and its poll, nobody knows that there was one, and it is lost (trap 37). A grant is found by the destructor
//! ([`leave`](Waiters::leave) gives it), which hands it on.
//!
//! Invariants:
//! - An entry belongs to one future, which alone takes it out: so a [`Place`] always has its entry, and the key of an
//!   entry is never used again under it.
//! - No waker is cloned, woken or dropped, and no value, while the line is borrowed (traps 16 and 17).
//!
//! The entries are a list linked by keys, in a slab: to join, to leave from the middle and to be granted take the same
//! short time however long the line is, and nothing is allocated for a wait.

use std::cell::RefCell;
use std::mem;
use std::task::{Context, Poll, Waker};

use slab::Slab;

use crate::label;
use crate::waiting::wake;

/// The line. `V` is what a waiter brings (the number of permits it wants, the message it sends), and then what it
/// is granted.
pub(crate) struct Waiters<V>(RefCell<Line<V>>);

struct Line<V> {
    entries: Slab<Entry<V>>,
    first: Option<usize>,
    last: Option<usize>,
    /// How many stand in line. Entries that were granted and not collected do not.
    len: usize,
}

struct Entry<V> {
    value: V,
    granted: bool,
    waker: Option<Waker>,
    before: Option<usize>,
    after: Option<usize>,
}

/// A future's place in a line; empty before it joined and after it left.
#[derive(Default)]
pub(crate) struct Place(Option<usize>);

impl Place {
    /// The future stands in line, or has a grant to collect.
    pub(crate) fn is_taken(&self) -> bool {
        self.0.is_some()
    }
}

/// How a future left the line.
pub(crate) enum Left<V> {
    /// While it waited.
    Waiting(V),
    /// With a grant that it had not collected: it may be somebody else's now.
    Granted(V),
}

/// A line that was longer than this gives its memory back when it is empty.
const KEPT: usize = 1024;

impl<V> Waiters<V> {
    pub(crate) fn new() -> Self {
        Waiters(RefCell::new(Line { entries: Slab::new(), first: None, last: None, len: 0 }))
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.0.borrow().len
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the first in line brought.
    pub(crate) fn first(&self) -> Option<V>
    where
        V: Copy,
    {
        let line = self.0.borrow();
        line.first.map(|key| line.entries[key].value)
    }

    /// Takes the place at the end of the line. Then [`poll`](Self::poll).
    ///
    /// The entry has no waker yet. Cloning one may run anybody's code, and that may set free the very thing: it finds
    /// this entry in line already.
    pub(crate) fn join(&self, value: V) -> Place {
        let mut line = self.0.borrow_mut();
        let before = line.last;
        let entry = Entry { value, granted: false, waker: None, before, after: None };
        let key = line.entries.insert(entry);
        match before {
            Some(before) => line.entries[before].after = Some(key),
            None => line.first = Some(key),
        }
        line.last = Some(key);
        line.len += 1;
        Place(Some(key))
    }

    /// Collects the grant, or keeps the waker of the task that polls. `place` must be taken.
    pub(crate) fn poll(&self, place: &mut Place, cx: &Context<'_>) -> Poll<V> {
        let Some(key) = place.0 else { unreachable!("a future polls the line only after it joined it") };
        // trap 6: another task may poll than before.
        if self.0.borrow().entries[key].wants(cx.waker()) {
            let fresh = Some(cx.waker().clone());
            let replaced = mem::replace(&mut self.0.borrow_mut().entries[key].waker, fresh);
            if replaced.is_some() {
                label::replaced();
            }
            drop(replaced);
        }
        // Looked at after all that may have run anybody's code.
        if !self.0.borrow().entries[key].granted {
            return Poll::Pending;
        }
        place.0 = None;
        Poll::Ready(self.remove(key).value)
    }

    /// Gives the place up, if it is taken: the future is being dropped, or no longer waits.
    pub(crate) fn leave(&self, place: &mut Place) -> Option<Left<V>> {
        let key = place.0.take()?;
        let entry = self.remove(key);
        Some(if entry.granted { Left::Granted(entry.value) } else { Left::Waiting(entry.value) })
    }

    /// Grants the first in line what `grant` makes of what it brought, and wakes it. `false` if nobody waits.
    ///
    /// The caller's own state must be right before this call: waking may run anybody's code.
    pub(crate) fn grant(&self, grant: impl FnOnce(&mut V)) -> bool {
        let waker = {
            let line = &mut *self.0.borrow_mut();
            let Some(key) = line.first else { return false };
            line.unlink(key);
            line.entries[key].grant(grant)
        };
        if let Some(waker) = waker {
            wake(waker);
        }
        true
    }

    /// The same for all who wait now, in order. They have all left the line before the first of them is woken, so whoever
    /// comes meanwhile is not one of them.
    pub(crate) fn grant_all(&self, mut grant: impl FnMut(&mut V)) {
        let wakers: Vec<_> = {
            let line = &mut *self.0.borrow_mut();
            let mut wakers = Vec::with_capacity(line.len);
            while let Some(key) = line.first {
                line.unlink(key);
                wakers.extend(line.entries[key].grant(&mut grant));
            }
            wakers
        };
        wakers.into_iter().for_each(wake);
    }

    fn remove(&self, key: usize) -> Entry<V> {
        let mut line = self.0.borrow_mut();
        if !line.entries[key].granted {
            line.unlink(key);
        }
        let entry = line.entries.remove(key);
        if line.entries.is_empty() && line.entries.capacity() > KEPT {
            line.entries = Slab::new();
        }
        entry
    }
}

impl<V> Line<V> {
    /// Takes an entry out of the line, but not out of the slab.
    fn unlink(&mut self, key: usize) {
        let Entry { before, after, .. } = self.entries[key];
        match before {
            Some(before) => self.entries[before].after = after,
            None => self.first = after,
        }
        match after {
            Some(after) => self.entries[after].before = before,
            None => self.last = before,
        }
        self.len -= 1;
    }
}

impl<V> Entry<V> {
    /// It waits, and `waker` is not the one it keeps.
    fn wants(&self, waker: &Waker) -> bool {
        !self.granted && !self.waker.as_ref().is_some_and(|kept| kept.will_wake(waker))
    }

    fn grant(&mut self, grant: impl FnOnce(&mut V)) -> Option<Waker> {
        grant(&mut self.value);
        self.granted = true;
        self.waker.take()
    }
}
