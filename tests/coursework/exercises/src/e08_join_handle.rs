//! 08 · JoinHandle: the other end of a task
//!
//! # The idea
//! `spawn` so far takes tasks that give nothing: who started one does not hear of it again. A
//! *handle* is the other end of a task. It is a future itself: awaited, it gives the task's
//! output. Between the two there is a place, shared by an `Rc`: the task leaves its output
//! there and wakes whoever waits; the handle looks there, and if there is nothing yet leaves
//! its waker.
//!
//! Three more things belong to it.
//! - A handle that is dropped *detaches* the task: it goes on by itself.
//! - A task that panics must not take the loop down. `std::panic::catch_unwind` around its poll
//!   catches it, and the handle tells it: so a handle gives a `Result`.
//! - `abort` ends a task where it waits: its future is dropped, without another poll. That may
//!   wait for the task's turn: `abort` is called by anybody, also by the task itself.
//!
//! # What to write
//! [`spawn`], [`JoinHandle`] and its `Future`. The task that you spawn on the loop
//! (`given::executor::spawn`, exercises 06 and 07) is a future of your own *around* the
//! caller's: it polls that, catches its panic, sees whether it was aborted, and leaves the
//! result.
//!
//! # What is checked
//! - The output comes, also if the handle is awaited after the task has ended. `is_finished`
//!   says whether it has.
//! - A dropped handle detaches. An output that nobody wants is dropped.
//! - A panic gives `Err(JoinError::Panicked(payload))`; all other tasks go on.
//! - `abort` gives `Err(JoinError::Cancelled)`. When the handle says so, the future is gone.
//!   After the end, `abort` changes nothing.
//! - A handle that one task has polled and another one awaits wakes the second.
//!
//! # In the real thing
//! `runtime/src/join.rs` (the place, and the handle) and `task.rs`. There the place is typed
//! and the table of tasks is not: read how that is done without a downcast.
//!
//! # Traps (TRAPS.md)
//! - 6: the handle keeps the waker of its first poll. Replace it in each poll that is pending.
//! - 16: to wake under a borrow. Take the waker out of the place, end the borrow, then wake it.
//! - 18: to drop the future, or an output, under a borrow: its destructor is anybody's code.
//! - 20: a panic in a poll takes down the loop.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use crate::given::executor;

/// Why a task gave no output.
pub enum JoinError {
    /// It panicked, with this.
    Panicked(Box<dyn Any + Send>),
    /// It was aborted.
    Cancelled,
}

/// The other end of a task.
pub struct JoinHandle<T> {
    place: Rc<Place<T>>,
}

/// What a task and its handle share.
struct Place<T> {
    // The result, when it is there. Who waits for it. Was it aborted? And whom does an abort wake?
    todo: std::marker::PhantomData<T>,
}

/// Spawns a task with an output.
pub fn spawn<T: 'static>(task: impl Future<Output = T> + 'static) -> JoinHandle<T> {
    todo!("spawn")
}

impl<T> JoinHandle<T> {
    /// Whether the task is over.
    pub fn is_finished(&self) -> bool {
        todo!("JoinHandle::is_finished")
    }

    /// Ends the task where it waits, unless it is over.
    pub fn abort(&self) {
        todo!("JoinHandle::abort")
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        todo!("JoinHandle::poll")
    }
}
