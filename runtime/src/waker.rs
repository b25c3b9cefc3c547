//! How a task gets back on the run queue.
//!
//! A future that cannot go on keeps a clone of its task's `Waker` and returns `Pending`. Whoever later has what
//! the future waits for calls `wake`. For a task of ours that means: put its id on the run queue, once. It
//! polls nothing (trap 12: polling inside `wake` would re-enter the future that is just calling it).
//!
//! A `Waker` is `Send` and `Sync`, so it must be right from any thread (trap 7). There are two ways:
//! - **same thread**: a thread-local tells which runtime runs here. Where it is the task's own,
//!   a plain flag and a push on the thread's queue will do: no read-modify-write, no lock.
//! - **anywhere else**: an atomic flag and the [`inbox`](crate::inbox). A wake that comes after `block_on` has returned
//!   finds the inbox closed, and does nothing (trap 10).
//!
//! `Arc<impl Wake>` makes the `Waker` without a line of unsafe code: the vtable is the standard library's. That
//! also rules trap 7 out: an `Rc` in [`TaskWaker`] does not compile.

use std::cell::{Cell, RefCell};
use std::ptr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU32, AtomicU64, Ordering, fence};
use std::task::Wake;

use crate::id::TaskId;
use crate::inbox::{Bell, Inbox};
use crate::scheduler::RunQueue;
use crate::trace::{self, What};

thread_local! {
    /// The number of the runtime that runs on this thread, or 0. Const and without a destructor, so that reading
    /// it is one instruction.
    static RUNTIME: Cell<u64> = const { Cell::new(0) };
    /// Where its inbox is, or null. By that a waker knows its runtime: it has a hand on the inbox, so that no other is ever
    /// in the same place.
    static HERE: Cell<*const RemoteInbox> = const { Cell::new(ptr::null()) };
    /// Its run queue.
    static QUEUE: RefCell<Option<Rc<RunQueue>>> = const { RefCell::new(None) };
}

/// Makes `runtime` the one that runs on this thread (0 and `None`: none does).
pub(crate) fn enter(runtime: u64, inbox: *const RemoteInbox, queue: Option<Rc<RunQueue>>) {
    RUNTIME.set(runtime);
    HERE.set(inbox);
    QUEUE.set(queue);
}

/// The number of the runtime that runs on this thread, or 0.
pub(crate) fn entered() -> u64 {
    RUNTIME.get()
}

/// The bell of the real reactor: a write to an eventfd, or what the platform has.
impl Bell for mio::Waker {
    fn ring(&self) {
        // It fails only where the descriptor is gone, and then so is the loop.
        let _ = self.wake();
    }
}

/// What comes from other threads.
pub(crate) enum Mail {
    /// A task was woken.
    Wake(TaskId),
    /// Something is to be run on the loop's thread ([`handle`](crate::handle)).
    Run(Box<dyn FnOnce() + Send>),
}

/// The inbox of a runtime.
pub(crate) type RemoteInbox = Inbox<Mail, mio::Waker>;

/// What a task's `Waker` points to.
///
/// It knows the task by id only: trap 11: a waker that owned the task would keep it alive, and the task, which
/// holds its own wakers in the futures it waits in, would keep the waker.
pub(crate) struct TaskWaker {
    inbox: Arc<RemoteInbox>,
    // The id. Atomic because this allocation is used again for a later task once nobody else holds it.
    generation: AtomicU64,
    key: AtomicU32,
    /// It stands in the run queue. Only the loop's own thread reads or writes it: an atomic because this type is
    /// `Sync`, but loads and stores are all it takes, and those are plain `mov`s.
    queued: AtomicBool,
    /// How often it was woken from other threads since it was last taken from the inbox: by the first of these it got
    /// there. (If it runs over, it gets there twice, and the second time stands in the queue already. So 16 bits will do, and
    /// 8 bytes less a task.)
    remote: AtomicU16,
}

impl TaskWaker {
    pub(crate) fn new(id: TaskId, inbox: Arc<RemoteInbox>) -> Self {
        TaskWaker {
            inbox,
            generation: AtomicU64::new(id.generation),
            key: AtomicU32::new(id.key),
            queued: AtomicBool::new(false),
            remote: AtomicU16::new(0),
        }
    }

    /// Gives the allocation to another task if only the `holders` known to the caller hold it.
    ///
    /// trap 5: a new task always has a new id, also here: a waker that somebody kept would wake a stranger.
    pub(crate) fn reuse(self: &Arc<Self>, holders: usize, id: TaskId) -> bool {
        if !self.unshared(holders) {
            return false;
        }
        self.generation.store(id.generation, Ordering::Relaxed);
        self.key.store(id.key, Ordering::Relaxed);
        self.queued.store(false, Ordering::Relaxed);
        self.remote.store(0, Ordering::Relaxed);
        true
    }

    /// Only the caller's `holders` are left.
    pub(crate) fn unshared(self: &Arc<Self>, holders: usize) -> bool {
        // `strong_count` is a relaxed load: the fence orders what the last other holder did before it let go.
        // No new holder can appear: a clone needs one to clone from, and all that are left are the caller's.
        Arc::strong_count(self) == holders && {
            fence(Ordering::Acquire);
            true
        }
    }

    /// It stands in the run queue or in the inbox.
    pub(crate) fn is_queued(&self) -> bool {
        self.queued.load(Ordering::Relaxed) || self.remote.load(Ordering::Relaxed) > 0
    }

    /// The loop is about to poll the task: from here on a wake counts for the next poll.
    ///
    /// Rule 3, trap 1: cleared *before* the poll. After it, a wake that comes during the poll would be lost.
    pub(crate) fn about_to_poll(&self) {
        self.queued.store(false, Ordering::Relaxed);
    }

    /// The loop found the task's id in the inbox: how many wakes became this one?
    pub(crate) fn arrived(&self) -> u32 {
        // A swap, not a store: it reads what the last remote waker wrote, and so sees all that happened before
        // that wake, also where the wake itself was not the first and pushed nothing.
        self.remote.swap(0, Ordering::AcqRel).into()
    }

    /// On the loop's thread: notes that the task stands in the run queue. `false` if it does already (rule 4, trap 2).
    /// Else it must be put there: [`enqueue`].
    #[must_use]
    pub(crate) fn mark(&self) -> bool {
        if self.queued.load(Ordering::Relaxed) {
            return false;
        }
        self.queued.store(true, Ordering::Relaxed);
        true
    }

    // Not inlined, nor is what an observer is told: on the own thread a wake takes a tenth less without them.
    #[cold]
    fn wake_from_elsewhere(&self) {
        if self.remote.fetch_add(1, Ordering::AcqRel) == 0 {
            // Given back if no loop runs: then the task is gone, and the wake came too late.
            let _ = self.inbox.push(Mail::Wake(self.id()));
        }
    }

    /// The task's id.
    pub(crate) fn id(&self) -> TaskId {
        TaskId { generation: self.generation(), key: self.key.load(Ordering::Relaxed) }
    }

    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Relaxed)
    }
}

/// Puts a task on the run queue if it does not stand there, as its [`mark`](TaskWaker::mark) has told.
#[inline]
pub(crate) fn enqueue(queue: &RunQueue, task: TaskId, first: bool) {
    if first {
        queue.push(task);
        trace::emit(|| What::Queued { task, len: queue.len() });
    } else {
        trace::emit(|| What::Coalesced { task });
    }
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // `try_with`: a thread-local's destructor may wake, when `QUEUE` is gone already.
        if ptr::eq(HERE.get(), Arc::as_ptr(&self.inbox)) {
            let _ = QUEUE.try_with(|queue| {
                if let Some(queue) = &*queue.borrow() {
                    enqueue(queue, self.id(), self.mark());
                }
            });
        } else {
            self.wake_from_elsewhere();
        }
    }
}
