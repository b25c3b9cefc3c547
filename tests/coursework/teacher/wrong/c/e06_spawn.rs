//! 06, wrong: the main future is polled whenever somebody is (trap 15).
//! says: It is not to be polled when others are woken

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

type Id = u64;

const MAIN: Id = 0;

struct Queue {
    ready: Mutex<VecDeque<Id>>,
    thread: Thread,
}

impl Queue {
    fn push(&self, id: Id) {
        self.ready.lock().unwrap().push_back(id);
        self.thread.unpark();
    }

    /// The lock is free again when this returns: in a `match` on `lock()…pop_front()` it would be held during the poll.
    fn pop(&self) -> Option<Id> {
        self.ready.lock().unwrap().pop_front()
    }
}

struct TaskWaker {
    id: Id,
    queue: Arc<Queue>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.queue.push(self.id);
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

thread_local! {
    static CURRENT: RefCell<Option<Rc<Executor>>> = const { RefCell::new(None) };
}

impl Executor {
    fn waker(&self, id: Id) -> Waker {
        Waker::from(Arc::new(TaskWaker { id, queue: self.queue.clone() }))
    }

    fn poll(&self, id: Id) {
        // In a statement of its own: the borrow ends here.
        let task = self.tasks.borrow_mut().remove(&id);
        let Some(mut task) = task else { return };
        if task.future.as_mut().poll(&mut Context::from_waker(&task.waker)).is_pending() {
            self.tasks.borrow_mut().insert(id, task);
        }
    }
}

pub fn block_on<F: Future>(main: F) -> F::Output {
    let queue = Arc::new(Queue { ready: Mutex::default(), thread: thread::current() });
    let executor =
        Rc::new(Executor { tasks: RefCell::default(), last_id: Cell::new(MAIN), queue: queue.clone() });
    let before = CURRENT.replace(Some(executor.clone()));
    let mut main = pin!(main);
    let waker = executor.waker(MAIN);
    queue.push(MAIN);
    let output = loop {
        match queue.pop() {
            None => thread::park(),
            Some(MAIN) => {
                if let Poll::Ready(output) = main.as_mut().poll(&mut Context::from_waker(&waker)) {
                    break output;
                }
            }
            Some(id) => {
                executor.poll(id);
                queue.push(MAIN);
            }
        }
    };
    let left = executor.tasks.take();
    drop(left);
    CURRENT.set(before);
    output
}

pub fn spawn(task: impl Future<Output = ()> + 'static) {
    let executor = CURRENT.with_borrow(Clone::clone).expect("spawn is for code that runs in block_on");
    let id = executor.last_id.get() + 1;
    executor.last_id.set(id);
    let task = Task { future: Box::pin(task), waker: executor.waker(id) };
    executor.tasks.borrow_mut().insert(id, task);
    executor.queue.push(id);
}
