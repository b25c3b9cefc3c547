//! The engine below the combinators: many children inside one task, of which only those are polled that were woken.
//!
//! The naive way polls all children whenever the task is woken: N children that are woken once each cost N² polls
//! (trap 39). Here each child has a waker of its own, which notes the child's number in a list and wakes the task;
//! the task then polls the children on the list. It is the executor once more, in small: a list of the ready, a flag
//! for each so that none stands there twice, cleared before the poll.
//!
//! A child's waker may be taken to another thread, so the list is under a lock; it is held for a push or a swap.

use std::collections::VecDeque;
use std::mem;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// Futures that are polled together inside one task.
pub(crate) struct Engine<F> {
    children: Vec<Option<Child<F>>>,
    /// The children on their way to be polled: taken from the list, one after the other.
    ready: VecDeque<usize>,
    woken: Arc<Mutex<Woken>>,
    left: usize,
}

struct Child<F> {
    // Boxed, one by one: a list of futures cannot be pinned as a whole without unsafe code, and one that moved when
    // the list grows would break the promise of `Pin`.
    future: Pin<Box<F>>,
    child_waker: Arc<ChildWaker>,
    waker: Waker,
}

struct Woken {
    numbers: VecDeque<usize>,
    /// The task around the engine: woken when the list gets its first entry.
    task: Option<Waker>,
}

struct ChildWaker {
    number: usize,
    /// Its number is on the list, or on its way to be polled.
    queued: AtomicBool,
    woken: Arc<Mutex<Woken>>,
}

impl<F: Future> Engine<F> {
    pub(crate) fn new(futures: impl IntoIterator<Item = F>) -> Self {
        let woken = Arc::new(Mutex::new(Woken { numbers: VecDeque::new(), task: None }));
        let child = |(number, future)| {
            let queued = AtomicBool::new(true); // all are polled once to begin with
            let child_waker = Arc::new(ChildWaker { number, queued, woken: woken.clone() });
            Some(Child { future: Box::pin(future), waker: Waker::from(child_waker.clone()), child_waker })
        };
        let children: Vec<_> = futures.into_iter().enumerate().map(child).collect();
        let left = children.len();
        Engine { children, ready: (0..left).collect(), woken, left }
    }

    /// How many are not ready yet.
    pub(crate) fn left(&self) -> usize {
        self.left
    }

    /// The next child that is ready: its number and its output. `Ready(None)` when none is left.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<(usize, F::Output)>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let mut looked = false;
        loop {
            while let Some(number) = self.ready.pop_front() {
                // A child that is gone: it was woken late.
                let Some(child) = &mut self.children[number] else { continue };
                // trap 1: before the poll. A swap, so that what happened before the wake is seen.
                child.child_waker.queued.swap(false, Ordering::AcqRel);
                let mut cx = Context::from_waker(&child.waker);
                if let Poll::Ready(output) = child.future.as_mut().poll(&mut cx) {
                    self.children[number] = None;
                    self.left -= 1;
                    return Poll::Ready(Some((number, output)));
                }
            }
            // One look a poll: a child that wakes itself comes again with the task's next turn (trap 14).
            if looked {
                return Poll::Pending;
            }
            looked = true;
            self.look(cx);
        }
    }

    /// Takes over the list of those woken, and leaves the task's waker for the next.
    fn look(&mut self, cx: &mut Context<'_>) {
        let waker = cx.waker().clone();
        let _replaced = {
            let mut woken = lock(&self.woken);
            mem::swap(&mut self.ready, &mut woken.numbers);
            woken.task.replace(waker)
        };
    }
}

impl Wake for ChildWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.queued.swap(true, Ordering::AcqRel) {
            return;
        }
        let task = {
            let mut woken = lock(&self.woken);
            woken.numbers.push_back(self.number);
            // The first takes the waker along: the others need not wake the task again before it looked.
            woken.task.take()
        };
        if let Some(task) = task {
            task.wake();
        }
    }
}

fn lock(woken: &Mutex<Woken>) -> MutexGuard<'_, Woken> {
    // Nobody's code runs under this lock.
    woken.lock().unwrap_or_else(PoisonError::into_inner)
}
