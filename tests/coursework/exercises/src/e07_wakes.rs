//! 07 · Wakes that coalesce, and are never lost
//!
//! # The idea
//! In exercise 06 each wake put the task on the queue. A socket that got ten packets wakes its
//! task ten times, and it was polled ten times, nine of them for nothing. A wake says *it is
//! worth asking*, not how often. So a task that stands in the queue need not join it again:
//! wakes *coalesce*. Each task gets a mark, `queued`. Who wakes looks at it: if it is set,
//! there is no more to do.
//!
//! And the loop clears it. When? This is the most famous mistake of hand-written event loops;
//! most of those that one finds have it. A task may be woken while it is being polled: by
//! itself, by another thread. That wake must lead to another poll, as the task may have looked
//! before the thing that it waits for had come.
//!
//! # What to write
//! Below is the executor of exercise 06, whole but for the wakes. Two places are left:
//! [`TaskWaker::wake`], and what the loop does with the mark in [`block_on`]. (The queue holds
//! the wakers themselves now, not numbers: the mark is at hand where it is needed.) Change
//! more, if you like: the checks look at what it does, not at how.
//!
//! One thing is left out, to keep it short. The queue holds wakers, and these hold the queue: a
//! task that is woken when the loop is over joins a queue that nobody empties, and the two keep
//! each other for ever (trap 11). `given/executor.rs` has a [`Weak`](std::sync::Weak) there.
//!
//! # What is checked
//! - Woken three times before its turn, a task is polled once, and so is the main future.
//! - Woken during its own poll, by itself or by another thread, it is polled once more.
//! - To wake polls nobody: the task runs in its turn.
//! - A wake from another thread gets the loop up; four threads that wake one task at once lose
//!   nothing.
//! - A task that always wakes itself is one of many in the queue, and keeps nobody waiting.
//!
//! # In the real thing
//! `runtime/src/waker.rs`: the same two places, `mark` and `about_to_poll`; and why a wake on
//! the loop's own thread needs no atomic step there. Rules 3 and 4 of the loop in
//! `runtime/src/lib.rs`.
//!
//! # Traps (TRAPS.md)
//! - 1: a wake during the task's own poll is lost.
//! - 2: wakes do not coalesce.
//! - 8: the loop looks at the queue, finds it empty, and parks; a wake between the two is lost,
//!   unless it leaves something that the park sees.
//! - 12: to poll inside `wake`.
//! - 16: to wake, or to ring a bell, while a lock is held.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

/// The tasks that are to be polled, and the thread that polls them.
struct Queue {
    ready: Mutex<VecDeque<Arc<TaskWaker>>>,
    thread: Thread,
}

/// What a task's `Waker` is made of.
struct TaskWaker {
    id: Id,
    /// The task stands in the queue.
    queued: AtomicBool,
    queue: Arc<Queue>,
}

impl Wake for TaskWaker {
    /// Puts the task on the queue and gets the loop up; unless it stands there.
    fn wake(self: Arc<Self>) {
        todo!("TaskWaker::wake")
    }
}

/// Runs the main future, and with it all tasks that are spawned meanwhile, until the main future is done.
pub fn block_on<F: Future>(main: F) -> F::Output {
    let queue = Arc::new(Queue { ready: Mutex::default(), thread: thread::current() });
    let executor = Rc::new(Executor { tasks: RefCell::default(), last_id: Cell::new(MAIN), queue });
    let before = CURRENT.replace(Some(executor.clone()));
    let mut main = pin!(main);
    let (main_waker, waker) = executor.waker(MAIN);
    main_waker.wake();
    let output = loop {
        let Some(next) = executor.next() else {
            thread::park();
            continue;
        };
        if next.id != MAIN {
            executor.poll(&next);
        } else {
            let answer = main.as_mut().poll(&mut Context::from_waker(&waker));
            if let Poll::Ready(output) = answer {
                break output;
            }
        }
        todo!("somewhere in this loop the mark is cleared. Not here.")
    };
    let left = executor.tasks.take();
    drop(left);
    CURRENT.set(before);
    output
}

/// Puts a task on the run queue of the `block_on` that runs on this thread.
///
/// # Panics
/// If none does.
pub fn spawn(task: impl Future<Output = ()> + 'static) {
    let executor = CURRENT.with_borrow(Clone::clone).expect("spawn is for code that runs in block_on");
    let id = executor.last_id.get() + 1;
    executor.last_id.set(id);
    let (task_waker, waker) = executor.waker(id);
    executor.tasks.borrow_mut().insert(id, Task { future: Box::pin(task), waker });
    task_waker.wake();
}

type Id = u64;

/// The main future's.
const MAIN: Id = 0;

struct Task {
    future: Pin<Box<dyn Future<Output = ()>>>,
    waker: Waker,
}

struct Executor {
    tasks: RefCell<HashMap<Id, Task>>,
    last_id: Cell<Id>,
    queue: Arc<Queue>,
}

thread_local! {
    static CURRENT: RefCell<Option<Rc<Executor>>> = const { RefCell::new(None) };
}

impl Executor {
    /// A new waker, twice: as it is, and as a `Waker`.
    fn waker(&self, id: Id) -> (Arc<TaskWaker>, Waker) {
        let waker = Arc::new(TaskWaker { id, queued: AtomicBool::new(false), queue: self.queue.clone() });
        (waker.clone(), Waker::from(waker))
    }

    /// The first in the queue. The lock is free again when this returns.
    fn next(&self) -> Option<Arc<TaskWaker>> {
        self.queue.ready.lock().unwrap().pop_front()
    }

    fn poll(&self, next: &TaskWaker) {
        let task = self.tasks.borrow_mut().remove(&next.id);
        let Some(mut task) = task else { return };
        if task.future.as_mut().poll(&mut Context::from_waker(&task.waker)).is_pending() {
            self.tasks.borrow_mut().insert(next.id, task);
        }
    }
}
