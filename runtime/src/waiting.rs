//! Where wakers are left: a place for one, and a place for several.
//!
//! A future that returns `Pending` leaves its waker with whatever will wake it. These two places get the details right
//! that are wrong in many a runtime: the waker is compared at each poll, as another task may poll now; and it is cloned,
//! woken and dropped while nothing is borrowed, as it may be anybody's and do anything.

use std::cell::Cell;
use std::collections::VecDeque;
use std::mem;
use std::task::{Context, Waker};

use crate::label;
use crate::panics::quietly;

/// Wakes, on behalf of the loop. The waker may be another executor's; should it panic, the loop goes on, and the others
/// that are to be woken are.
pub(crate) fn wake(waker: Waker) {
    quietly(|| waker.wake());
}

/// A place for one waker.
///
/// A `Cell`, not a `RefCell`: cloning, waking and dropping a waker may run anybody's code (it may belong to
/// another executor), and with a `Cell` there is no borrow that such code could run into (traps 16 and 17).
#[derive(Default)]
pub(crate) struct WakerCell(Cell<Option<Waker>>);

impl WakerCell {
    /// Keeps the waker of the task that polls, in place of any other.
    ///
    /// trap 6: a future may be polled by another task than before, so the waker is compared each time.
    pub(crate) fn register(&self, cx: &Context<'_>) {
        match self.0.take() {
            Some(kept) if kept.will_wake(cx.waker()) => self.0.set(Some(kept)),
            replaced => {
                if replaced.is_some() {
                    label::replaced();
                }
                self.0.set(Some(cx.waker().clone()));
                drop(replaced);
            }
        }
    }

    /// Forgets who waits here.
    pub(crate) fn clear(&self) {
        drop(self.0.take());
    }

    /// Nobody waits here.
    pub(crate) fn is_empty(&self) -> bool {
        let waker = self.0.take();
        let empty = waker.is_none();
        self.0.set(waker);
        empty
    }

    /// Takes the waker of whoever waits here, to be left elsewhere.
    pub(crate) fn take(&self) -> Option<Waker> {
        self.0.take()
    }

    /// Wakes whoever waits here, if anybody does. A task that still waits registers again with the next poll.
    pub(crate) fn wake(&self) {
        if let Some(waker) = self.take() {
            wake(waker);
        }
    }
}

/// A place for several wakers, first come first woken.
///
/// Each waiting future holds the number of its entry and takes it out when it is dropped.
///
/// The entries are made when somebody first waits here: a source has two such places, and most have no use for them. (80
/// bytes less an idle connection.)
#[derive(Default)]
pub(crate) struct WakerList(Cell<Option<Box<Entries>>>);

#[derive(Default)]
struct Entries {
    waiting: VecDeque<(u64, Waker)>,
    next: u64,
}

impl WakerList {
    /// Keeps the waker of the task that polls, in the entry `place` or in a new one.
    pub(crate) fn register(&self, place: &mut Option<u64>, cx: &Context<'_>) {
        let waker = cx.waker().clone();
        // trap 17: what it replaces is dropped at the end, when the entries are back in their place.
        let _replaced = self.with(|entries| {
            let at = place.and_then(|n| entries.find(n));
            match at.and_then(|at| entries.waiting.get_mut(at)) {
                Some((_, kept)) => {
                    if !kept.will_wake(&waker) {
                        label::replaced();
                    }
                    Some(mem::replace(kept, waker))
                }
                None => {
                    *place = Some(entries.next);
                    entries.waiting.push_back((entries.next, waker));
                    entries.next += 1;
                    None
                }
            }
        });
    }

    /// Takes an entry out: its future is gone or no longer waits.
    pub(crate) fn remove(&self, place: &mut Option<u64>) {
        if let Some(n) = place.take() {
            let _removed = self.with(|entries| entries.waiting.remove(entries.find(n)?));
        }
    }

    /// Nobody waits here.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting() == 0
    }

    /// Wakes all that wait here now. A task that still waits registers again with the next poll.
    pub(crate) fn wake_all(&self) {
        for _ in 0..self.waiting() {
            // trap 16: one at a time, with the entries back in their place before each wake.
            let Some((_, waker)) = self.with(|entries| entries.waiting.pop_front()) else { break };
            wake(waker);
        }
    }

    fn waiting(&self) -> usize {
        let entries = self.0.take();
        let waiting = entries.as_ref().map_or(0, |entries| entries.waiting.len());
        self.0.set(entries);
        waiting
    }

    /// Lends the entries. `f` must run no code of the user's: it would find none here.
    fn with<T>(&self, f: impl FnOnce(&mut Entries) -> T) -> T {
        let mut entries = self.0.take().unwrap_or_default();
        let done = f(&mut entries);
        self.0.set(Some(entries));
        done
    }
}

impl Entries {
    /// Where an entry stands. New ones come last and have higher numbers than all before, so they are in order.
    fn find(&self, number: u64) -> Option<usize> {
        self.waiting.binary_search_by_key(&number, |(number, _)| *number).ok()
    }
}
