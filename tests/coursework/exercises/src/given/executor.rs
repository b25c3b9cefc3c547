//! Tasks, their wakers, and the loop: exercises 06 and 07.
//!
//! The loop is in [`run`], which leaves open how one sleeps. [`block_on`] parks the thread; a loop with timers parks it
//! until the next deadline; a loop with a reactor asks the OS. Tasks and wakers are the same in all three.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

type Id = u64;

/// The main future's.
const MAIN: Id = 0;

/// So many tasks are polled before the loop looks at what else there is. trap 14: a task that wakes itself shall not keep
/// it from that.
const BATCH: usize = 64;

/// Runs the main future, and the tasks that are spawned meanwhile. Between them the thread is parked.
pub fn block_on<F: Future>(main: F) -> F::Output {
    let thread = thread::current();
    run(
        main,
        move || thread.unpark(),
        |is_idle| {
            if is_idle {
                thread::park();
            }
        },
    )
}

/// As [`block_on`], but you say how one sleeps.
///
/// - `bell` is called by wakers, from any thread, when they have put a task on the queue.
/// - `turn` is called after each batch of tasks. If it is told that the loop is idle, it is to wait until `bell` is called,
///   also if that was just before it began to wait; or for whatever else it knows of. Otherwise it must not wait.
pub fn run<F: Future>(
    main: F,
    bell: impl Fn() + Send + Sync + 'static,
    mut turn: impl FnMut(bool),
) -> F::Output {
    let queue = Arc::new(Queue { ready: Mutex::default(), bell: Box::new(bell) });
    let executor =
        Rc::new(Executor { tasks: RefCell::default(), last_id: Cell::new(MAIN), queue: queue.clone() });
    let _entered = Entered { before: CURRENT.replace(Some(executor.clone())), executor: executor.clone() };
    let mut main = pin!(main);
    let (main_waker, waker) = executor.waker(MAIN);
    main_waker.wake();
    // This is the event loop.
    loop {
        for _ in 0..BATCH {
            let Some(next) = queue.pop() else { break };
            // trap 1: before the poll. A wake that comes during the poll is for the next one. (A swap, as it also reads: what
            // another thread did before its wake is then seen.)
            next.queued.swap(false, Ordering::SeqCst);
            if next.id != MAIN {
                executor.poll(next.id);
            } else if let Poll::Ready(output) = main.as_mut().poll(&mut Context::from_waker(&waker)) {
                return output;
            }
        }
        turn(queue.is_empty());
    }
}

/// Puts a task on the run queue of the loop that runs on this thread.
///
/// # Panics
/// If none does.
pub fn spawn(task: impl Future<Output = ()> + 'static) {
    let executor = CURRENT.with_borrow(Clone::clone).expect("spawn is for code that runs in block_on");
    let id = executor.last_id.get() + 1;
    executor.last_id.set(id);
    let (task_waker, waker) = executor.waker(id);
    let task = Task { future: Box::pin(task), waker };
    executor.tasks.borrow_mut().insert(id, task);
    task_waker.wake();
}

struct Queue {
    ready: Mutex<VecDeque<Arc<TaskWaker>>>,
    bell: Box<dyn Fn() + Send + Sync>,
}

impl Queue {
    fn pop(&self) -> Option<Arc<TaskWaker>> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    fn push(&self, task: Arc<TaskWaker>) {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner).push_back(task);
        (self.bell)(); // trap 16: after the lock
    }

    fn is_empty(&self) -> bool {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }
}

struct TaskWaker {
    id: Id,
    /// It stands in the queue.
    queued: AtomicBool,
    /// trap 11: the queue holds wakers, and goes with its loop. Were this an `Arc`, the two would keep each other for ever.
    queue: Weak<Queue>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        // trap 10: the loop may be over.
        let Some(queue) = self.queue.upgrade() else { return };
        // trap 2: who stands there already does not join again. A swap, as two threads may wake at once.
        if !self.queued.swap(true, Ordering::SeqCst) {
            queue.push(self);
        }
    }
}

struct Task {
    future: Pin<Box<dyn Future<Output = ()>>>,
    waker: Waker,
}

struct Executor {
    tasks: RefCell<HashMap<Id, Task>>,
    last_id: Cell<Id>,
    queue: Arc<Queue>,
}

impl Executor {
    fn waker(&self, id: Id) -> (Arc<TaskWaker>, Waker) {
        let queue = Arc::downgrade(&self.queue);
        let waker = Arc::new(TaskWaker { id, queued: AtomicBool::new(false), queue });
        (waker.clone(), Waker::from(waker))
    }

    fn poll(&self, id: Id) {
        // trap 19: out of the table, so that it is not borrowed while the task runs.
        let task = self.tasks.borrow_mut().remove(&id);
        let Some(mut task) = task else { return };
        if task.future.as_mut().poll(&mut Context::from_waker(&task.waker)).is_pending() {
            self.tasks.borrow_mut().insert(id, task);
        }
    }
}

thread_local! {
    static CURRENT: RefCell<Option<Rc<Executor>>> = const { RefCell::new(None) };
}

/// While a loop runs. Dropped when it returns, and when it panics.
struct Entered {
    before: Option<Rc<Executor>>,
    executor: Rc<Executor>,
}

impl Drop for Entered {
    fn drop(&mut self) {
        // What they drop may spawn: until there is nothing more to drop.
        loop {
            let left = self.executor.tasks.take();
            if left.is_empty() {
                break;
            }
            drop(left); // trap 18: the table is not borrowed now
        }
        CURRENT.set(self.before.take());
    }
}
