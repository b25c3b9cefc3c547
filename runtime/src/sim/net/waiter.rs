//! Where the waker of one who waits lies: until something is on its way with him, then with a timer.
//!
//! That is the whole engine of this network. Nothing runs in it by itself: what was sent is a packet with the time of its
//! arrival, and if somebody waits for it, a timer of the loop with his waker. So virtual time jumps from arrival to
//! arrival, and if nothing is on its way and no timer set, the loop finds that nothing can ever happen, and says so.

use std::cell::Cell;
use std::rc::Rc;
use std::task::{Context, Waker};
use std::time::Instant;

use crate::current::Current;
use crate::timer::{TIMERS, TimerKey, Timers};
use crate::waiting::{WakerCell, wake};

/// The place of one who waits.
///
/// As everywhere, no waker is cloned, woken or dropped while something is borrowed (traps 16 and 17): both places are cells.
#[derive(Default)]
pub(super) struct Waiter {
    /// While nothing is on its way.
    waker: WakerCell,
    /// From then on.
    timer: Cell<Option<(Rc<Timers>, TimerKey)>>,
}

impl Waiter {
    /// The task that polls has to wait: until `at` if that is known, and else until [`expect`](Self::expect).
    pub(super) fn wait(&self, cx: &Context<'_>, at: Option<Instant>) {
        // Polled before the time has come, perhaps by another task than before (trap 6).
        if let Some((timers, key)) = self.timer.take()
            && timers.update(key, cx)
        {
            return self.timer.set(Some((timers, key)));
        }
        match at {
            Some(at) => {
                self.waker.clear();
                self.set(at, cx.waker());
            }
            None => self.waker.register(cx),
        }
    }

    /// What is waited for, if anything is, arrives then.
    pub(super) fn expect(&self, at: Instant) {
        if let Some(waker) = self.waker.take() {
            self.set(at, &waker);
        }
    }

    /// Nobody waits here any more.
    pub(super) fn forget(&self) {
        self.waker.clear();
        if let Some((timers, key)) = self.timer.take() {
            timers.cancel(key);
        }
    }

    fn set(&self, at: Instant, waker: &Waker) {
        match TIMERS.with(Current::try_get) {
            Some(timers) => {
                let key = timers.set(at, &Context::from_waker(waker));
                self.timer.set(Some((timers, key)));
            }
            // The loop is gone, and with it who waited: a late wake is harmless.
            None => wake(waker.clone()),
        }
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        self.forget();
    }
}
