//! 07, wrong: the mark is cleared after the poll (trap 1).
//! says: Cleared after it, a wake that comes during the poll

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
        if !self.queued.swap(true, Ordering::SeqCst) {
            let queue = self.queue.clone();
            queue.ready.lock().unwrap().push_back(self);
            queue.thread.unpark();
        }
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
        next.queued.store(false, Ordering::SeqCst);
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
