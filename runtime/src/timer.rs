//! Deadlines: who is to be woken when.
//!
//! A future that waits for an instant puts a deadline and its waker here. The loop asks for the next deadline
//! before it sleeps, and after each turn wakes those whose time has come. The futures themselves are in
//! [`time`](crate::time).
//!
//! Invariants:
//! - A deadline stands here only while its future waits for it: dropping the future takes it out.
//! - No waker is cloned, woken or dropped while the map is borrowed.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::task::{Context, Waker};
use std::time::Instant;

use crate::current::Current;
use crate::label;
use crate::trace::{self, By, What};
use crate::waiting::wake;

thread_local! {
    /// The timers of the runtime that runs on this thread.
    pub(crate) static TIMERS: Current<Timers> = const { Current::new() };
}

/// The name of a deadline that is set.
///
/// trap 21: a map keyed by the instant alone would let equal deadlines overwrite each other, so each key has a
/// number too. The number also makes equal deadlines fire in the order in which they were set.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TimerKey {
    deadline: Instant,
    number: u64,
}

impl TimerKey {
    /// For labels.
    pub(crate) fn number(self) -> u64 {
        self.number
    }
}

/// All deadlines of a runtime, the earliest first.
///
/// A sorted map and not the usual heap: a heap cannot give up an entry from its middle, so a dropped future's
/// would stay until its time comes (trap 23: a loop of `timeout`s that never fire then grows without end).
#[derive(Default)]
pub(crate) struct Timers {
    waiting: RefCell<BTreeMap<TimerKey, Waker>>,
    numbers: Cell<u64>,
}

impl Timers {
    /// Sets a deadline for the task that polls.
    pub(crate) fn set(&self, deadline: Instant, cx: &Context<'_>) -> TimerKey {
        let waker = cx.waker().clone();
        let number = self.numbers.get() + 1;
        self.numbers.set(number);
        let key = TimerKey { deadline, number };
        self.waiting.borrow_mut().insert(key, waker);
        trace::emit(|| What::TimerSet { timer: number, deadline });
        key
    }

    /// The same deadline, polled again, perhaps by another task (traps 6 and 26). `false` if it has fired.
    pub(crate) fn update(&self, key: TimerKey, cx: &Context<'_>) -> bool {
        let same = self.waiting.borrow().get(&key).map(|waker| waker.will_wake(cx.waker()));
        if same == Some(false) {
            label::replaced();
            let waker = cx.waker().clone();
            let replaced = self.waiting.borrow_mut().insert(key, waker);
            drop(replaced);
        }
        same.is_some()
    }

    /// Another deadline for the same waker; `None`: it has fired, or there is none any more.
    pub(crate) fn postpone(&self, key: TimerKey, deadline: Option<Instant>) -> Option<TimerKey> {
        let waker = self.waiting.borrow_mut().remove(&key)?;
        let Some(deadline) = deadline else {
            trace::emit(|| What::TimerDropped { timer: key.number });
            return None;
        };
        let key = TimerKey { deadline, ..key };
        self.waiting.borrow_mut().insert(key, waker);
        trace::emit(|| What::TimerSet { timer: key.number, deadline });
        Some(key)
    }

    /// Takes a deadline out, if it has not fired.
    pub(crate) fn cancel(&self, key: TimerKey) {
        let removed = self.waiting.borrow_mut().remove(&key);
        if removed.is_some() {
            trace::emit(|| What::TimerDropped { timer: key.number });
        }
        drop(removed);
    }

    /// The earliest deadline: until then the loop may sleep.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.waiting.borrow().first_key_value().map(|(key, _)| key.deadline)
    }

    /// How many are set.
    pub(crate) fn len(&self) -> usize {
        self.waiting.borrow().len()
    }

    /// Wakes all whose deadline is not after `now`, the earliest first.
    pub(crate) fn fire(&self, now: Instant) {
        loop {
            let due = {
                let mut waiting = self.waiting.borrow_mut();
                match waiting.first_entry() {
                    Some(first) if first.key().deadline <= now => first.remove_entry(),
                    _ => break,
                }
            };
            trace::act(By::Timer(due.0.number));
            trace::emit(|| What::TimerFired { timer: due.0.number });
            wake(due.1); // trap 16: after the borrow
        }
        trace::act(By::Loop);
    }
}
