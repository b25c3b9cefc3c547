//! Which children were woken: the waker of a child, and the list that it puts the child on.
//!
//! A child's waker may be taken to another thread, so it has the same two ways as a task's ([`waker`](crate::waker)):
//! - **same thread**: a list that runs through the wakers themselves, each with the number of the one below it. A wake
//!   is a few loads and stores; it takes no lock and allocates nothing;
//! - **anywhere else**: an atomic flag, and a list under a lock.
//!
//! The first way earns its place: with it, a wake and the poll that follows cost 10 ns; with one lock-free list for all
//! threads 24 ns, with one list under a lock 26 ns (10,000 children that yield; `FuturesUnordered` 67 ns).
//!
//! Invariants:
//! - A child stands on the list at most once, and so does it on the other threads' (its flags `queued`, `remote`).
//! - Whoever puts the first child on an empty list wakes the task.
//! - No code of the user's runs under the lock: the task's waker is cloned, woken and dropped outside it.
//!
//! The primitives come from outside ([`crate::prim`]), so that a model checker can run this file.

use std::mem;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};

use crate::prim::{AtomicBool, AtomicUsize, Mutex, Ordering, fence, lock, this_thread};

/// The number of no child: below the last on the list.
const NONE: usize = usize::MAX;

/// The children that were woken and not yet looked at.
pub(super) struct Woken {
    /// The thread that polls the children. (Not the number of the runtime that runs there: children may be made before one
    /// runs, and may be polled by another executor.) Only there are the fields `top`, `queued` and `below` touched: atomics because
    /// a waker is `Sync`, but loads and stores are all they take, and those are plain `mov`s.
    home: u64,
    /// The child that was woken last.
    top: AtomicUsize,
    shared: Mutex<Shared>,
}

struct Shared {
    /// The task around the children: woken when the list gets its first entry.
    task: Option<Waker>,
    /// The children woken from other threads.
    remote: Vec<Arc<ChildWaker>>,
    /// The children are gone.
    over: bool,
}

impl Woken {
    pub(super) fn new() -> Arc<Self> {
        let shared = Mutex::new(Shared { task: None, remote: Vec::new(), over: false });
        Arc::new(Woken { home: this_thread(), top: AtomicUsize::new(NONE), shared })
    }

    /// Takes the list: gives the child that was woken last; [`Own::below`] gives the one before it, and so on. From here
    /// on, the first wake wakes the task that polls now (trap 6: it may be another than before).
    pub(super) fn take(&self, cx: &Context<'_>) -> Option<usize> {
        let waker = cx.waker().clone();
        let (remote, _replaced) = {
            let mut shared = lock(&self.shared);
            (mem::take(&mut shared.remote), shared.task.replace(waker))
        };
        for child in remote {
            child.remote.swap(false, Ordering::AcqRel); // a swap: what happened before the wake is seen
            child.push();
        }
        let top = self.top.load(Ordering::Relaxed);
        self.top.store(NONE, Ordering::Relaxed);
        number(top)
    }

    /// The children are gone: a wake wakes nobody.
    pub(super) fn forget_task(&self) {
        let gone = {
            let mut shared = lock(&self.shared);
            shared.over = true;
            (shared.task.take(), mem::take(&mut shared.remote))
        };
        drop(gone); // trap 17: after the lock
    }
}

/// What a child's `Waker` points to.
pub(super) struct ChildWaker {
    /// The child. Atomic because this allocation is used again for another child once nobody else holds it.
    number: AtomicUsize,
    /// It stands on the list, or is on its way from there to be polled; or it is done.
    queued: AtomicBool,
    /// It stands on the other threads' list; or it is done.
    remote: AtomicBool,
    /// The child below it on the list.
    below: AtomicUsize,
    woken: Arc<Woken>,
}

impl ChildWaker {
    fn new(number: usize, woken: Arc<Woken>) -> Arc<Self> {
        Arc::new(ChildWaker {
            number: AtomicUsize::new(number),
            queued: AtomicBool::new(false),
            remote: AtomicBool::new(false),
            below: AtomicUsize::new(NONE),
            woken,
        })
    }

    /// On the home thread: puts the child on the list, unless it stands there. `true` if it is the first.
    fn push(&self) -> bool {
        if self.queued.load(Ordering::Relaxed) {
            return false;
        }
        self.queued.store(true, Ordering::Relaxed);
        let top = self.woken.top.load(Ordering::Relaxed);
        self.below.store(top, Ordering::Relaxed);
        self.woken.top.store(self.number.load(Ordering::Relaxed), Ordering::Relaxed);
        top == NONE
    }
}

impl Wake for ChildWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let task = if this_thread() == self.woken.home {
            if !self.push() {
                return;
            }
            lock(&self.woken.shared).task.take()
        } else {
            if self.remote.swap(true, Ordering::AcqRel) {
                return;
            }
            let mut shared = lock(&self.woken.shared);
            if shared.over {
                return; // trap 11: on the list it would hold the list that holds it
            }
            shared.remote.push(self.clone());
            // The first takes the waker along: the others need not wake the task again before it looked.
            shared.task.take()
        };
        if let Some(task) = task {
            task.wake(); // trap 16: after the lock
        }
    }
}

/// The waker of one child, as its slot holds it: twice, as what the engine works with and ready to be lent to a poll.
pub(super) struct Own {
    child: Arc<ChildWaker>,
    waker: Waker,
}

/// How many holders of the `ChildWaker` an [`Own`] accounts for.
const OWN_WAKERS: usize = 2;

impl Own {
    pub(super) fn new(number: usize, woken: &Arc<Woken>) -> Self {
        let child = ChildWaker::new(number, woken.clone());
        Own { waker: Waker::from(child.clone()), child }
    }

    /// To be lent to a poll.
    pub(super) fn waker(&self) -> &Waker {
        &self.waker
    }

    /// The child is about to be polled: from here on a wake counts for the next poll (trap 1: not after it).
    pub(super) fn about_to_poll(&self) {
        self.child.queued.store(false, Ordering::Relaxed);
    }

    /// It stands on the list of this thread.
    pub(super) fn is_queued(&self) -> bool {
        self.child.queued.load(Ordering::Relaxed)
    }

    /// The child below it on the list.
    pub(super) fn below(&self) -> Option<usize> {
        number(self.child.below.load(Ordering::Relaxed))
    }

    /// Nobody can wake the child: no other holds its waker, and it has not been woken.
    pub(super) fn is_lost(&self) -> bool {
        self.unshared() && !self.is_queued()
    }

    /// The child is done, and not on the list. Gives the waker for another child if nobody else holds it, and else sees to
    /// it that the child does not get on the list again (trap 4: a late wake polls nothing).
    pub(super) fn retire(self) -> Option<Self> {
        if self.unshared() {
            return Some(self);
        }
        self.child.queued.store(true, Ordering::Relaxed);
        self.child.remote.store(true, Ordering::Relaxed);
        None
    }

    /// From now on it is the waker of this child.
    pub(super) fn reuse(self, number: usize) -> Self {
        self.child.number.store(number, Ordering::Relaxed);
        self
    }

    fn unshared(&self) -> bool {
        // As in `TaskWaker::unshared`: the count is a relaxed load, and the fence orders what the last other holder did.
        // A child on the list of the other threads is held by that.
        Arc::strong_count(&self.child) == OWN_WAKERS && {
            fence(Ordering::Acquire);
            true
        }
    }
}

fn number(number: usize) -> Option<usize> {
    (number != NONE).then_some(number)
}
