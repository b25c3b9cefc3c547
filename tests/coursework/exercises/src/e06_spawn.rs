//! 06 · A run queue, and spawn
//!
//! # The idea
//! Until now one future ran, and what ran at once was joined inside it. Now futures become
//! *tasks*: each is put into a box, gets a number, and lives in a table. Beside the table is a
//! *run queue*: the numbers of those who are to be polled. The loop takes the first number,
//! polls that task, and goes on with the next; when the queue is empty, it sleeps.
//!
//! How does a task get back on the queue? By its waker. A task's waker is a value of your own
//! type, in an `Arc`, with an `impl Wake`: to wake means to push the task's number on the
//! queue, and no more. The waker must be `Send` and `Sync` (a timer thread may call it), so the
//! queue is shared as `Arc<Mutex<VecDeque<…>>>`. The tasks themselves stay on one thread: they
//! need not be `Send`, and the table is an `Rc<RefCell<…>>`.
//!
//! `spawn` is a free function, so it has to find the loop that runs on its thread: through a
//! `thread_local!` that `block_on` sets.
//!
//! # What to write
//! [`block_on`] and [`spawn`], and the types that they need. A way to begin:
//! - `type Id = u64`, a new one for each task, never used again; 0 is the main future.
//! - `struct Queue { ready: Mutex<VecDeque<Id>>, thread: Thread }`; push, then
//!   `thread.unpark()`.
//! - `struct TaskWaker { id: Id, queue: Arc<Queue> }`, which implements [`Wake`].
//! - `struct Task { future: Pin<Box<dyn Future<Output = ()>>>, waker: Waker }`: the waker is made
//!   once, and kept.
//! - `struct Executor { tasks: RefCell<HashMap<Id, Task>>, … }`, and the thread-local.
//!
//! In `block_on`, the main future stays where it is (`pin!`): it may borrow from its caller. It
//! has a number and a waker as every task has. When it is ready, `block_on` returns; tasks that
//! are left are dropped. What they drop may spawn even then, so the thread-local is reset last.
//!
//! # What is checked
//! - `spawn` polls nothing: the task runs when its turn comes. First in, first out; who gives
//!   way goes to the end.
//! - A task that is not woken is not polled, and the main future is no exception.
//! - A task may spawn others while it is polled, and so may what it holds when it is dropped.
//! - A task that is ready is dropped at once. Its waker may still be called: that polls nobody,
//!   not even a task that has got its place in a table.
//! - When `block_on` returns, the tasks that are left are dropped. Then it can be called again.
//!
//! Here a task may stand in the queue twice if it is woken twice: that is the next exercise.
//!
//! # In the real thing
//! `runtime/src/executor.rs` (the loop), `task.rs` (the table), `scheduler.rs` (the queue),
//! `waker.rs`, and `current.rs` (how `spawn` finds its loop).
//!
//! # Traps (TRAPS.md)
//! - 4, 5: a late wake polls a finished task, or the one that has its slot now. Numbers that
//!   are never used again avoid both.
//! - 13: popping where one pushes. The first tasks starve.
//! - 15: the main future is polled when others are woken.
//! - 18, 19: a task that spawns while it is polled or dropped finds the table borrowed. Take
//!   the future out of the table, end the borrow, then poll; put it back if it is pending. And
//!   drop it after the borrow, too.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

/// Runs the main future, and with it all tasks that are spawned meanwhile, until the main future is done.
pub fn block_on<F: Future>(main: F) -> F::Output {
    todo!("block_on")
}

/// Puts a task on the run queue of the `block_on` that runs on this thread.
///
/// # Panics
/// If none does.
pub fn spawn(task: impl Future<Output = ()> + 'static) {
    todo!("spawn")
}
