//! What one holds in the hand: [`block_on`], [`Runtime`], and what a runtime says of itself.

use std::io;
use std::panic::Location;
use std::pin::pin;
use std::rc::Rc;

use crate::builder::Builder;
use crate::current::Current;
use crate::dump::Dump;
use crate::rooms::{CURRENT, Rooms};
use crate::stats::Stats;
use crate::waker;

/// Runs a future to its end on a new [`Runtime`] with its usual settings, and gives its output. asyncio's `run`,
/// tokio's `block_on` of a `current_thread` runtime.
///
/// # Panics
/// Where the future does; if a runtime is running on this thread already; and if the OS has no file descriptor left
/// for a new one ([`Runtime::new`] gives that as an error).
///
/// # Example
/// ```
/// assert_eq!(runtime::block_on(async { 1 + 1 }), 2);
/// ```
#[track_caller]
pub fn block_on<F: Future>(future: F) -> F::Output {
    match Runtime::new() {
        Ok(runtime) => runtime.block_on(future),
        Err(e) => panic!("the OS would not give what an event loop needs (an epoll or the like): {e}"),
    }
}

/// What the runtime on this thread has done so far.
///
/// # Panics
/// Outside a runtime.
///
/// # Example
/// ```
/// runtime::block_on(async {
///     runtime::yield_now().await;
///     assert_eq!(runtime::stats().polls, 2);
/// });
/// ```
#[track_caller]
pub fn stats() -> Stats {
    Current::get(&CURRENT, "stats").stats()
}

/// All tasks of the runtime on this thread: what each does, what it waits for, and where it was spawned.
///
/// # Panics
/// Outside a runtime.
///
/// # Example
/// ```
/// runtime::block_on(async {
///     let endless = runtime::sleep(std::time::Duration::MAX);
///     let task = runtime::Task::new().name("sleeper").spawn(endless);
///     runtime::yield_now().await;
///     let dump = runtime::dump();
///     assert_eq!(dump.tasks[1].name.as_deref(), Some("sleeper"));
///     assert!(dump.to_string().contains("waits for a time"));
///     task.abort();
/// });
/// ```
#[track_caller]
pub fn dump() -> Dump {
    Current::get(&CURRENT, "dump").dump()
}

/// A number that is this runtime's own in the process; `None` outside one. Sources and timers work only inside the
/// runtime they were made in: whoever keeps some for later can tell by this.
///
/// ```
/// assert!(runtime::block_on(async { runtime::id() }).is_some());
/// assert_eq!(runtime::id(), None);
/// ```
pub fn id() -> Option<u64> {
    Some(waker::entered()).filter(|id| *id != 0)
}

/// An event loop: one thread, its tasks, its timers, its sources.
///
/// It belongs to the thread that made it and may run several futures, one after the other. Every thread may have
/// one of its own, which is how one uses several cores.
///
/// ```
/// let runtime = runtime::Runtime::new()?;
/// let sum = runtime.block_on(async {
///     let task = runtime::spawn(async { 40 });
///     task.await.unwrap() + 2
/// });
/// assert_eq!(sum, 42);
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Runtime {
    rooms: Rc<Rooms>,
}

impl Builder {
    /// Makes the runtime.
    ///
    /// # Errors
    /// If the OS has no file descriptor left for its event queue and bell.
    pub fn build(self) -> io::Result<Runtime> {
        Ok(Runtime { rooms: Rc::new(Rooms::new(self)?) })
    }
}

impl Runtime {
    /// A runtime with the usual settings; [`Builder`] makes others.
    ///
    /// # Errors
    /// If the OS has no file descriptor left for its event queue and bell.
    pub fn new() -> io::Result<Self> {
        Builder::new().build()
    }

    /// Runs `future` to its end, and every task it spawns beside it, and gives its output.
    ///
    /// The future stays where it is: it need not be `'static` and may borrow from the caller. Before this returns, all
    /// tasks that are left are dropped (the oldest first), the blocking jobs that run are waited for and those queued
    /// are dropped. So nothing outlives this call.
    ///
    /// # Panics
    /// Where the future does, and then, too, nothing is left behind. If a runtime is running on this thread already:
    /// the inner one would stop the outer one's tasks for as long as it runs. On a stall, under
    /// [`OnStall::Panic`](crate::OnStall::Panic).
    ///
    /// # Example
    /// ```
    /// let runtime = runtime::Runtime::new()?;
    /// let mut log = Vec::new();
    /// runtime.block_on(async { log.push("borrowed") });
    /// runtime.block_on(async { log.push("and once more") });
    /// assert_eq!(log, ["borrowed", "and once more"]);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.block_on_at(future, Location::caller())
    }

    /// As `block_on`, for whoever calls it in another's name.
    pub(crate) fn block_on_at<F: Future>(&self, future: F, at: &'static Location<'static>) -> F::Output {
        let output = {
            let _left_at_the_end = self.rooms.enter(at);
            let root = pin!(future);
            self.rooms.run(root)
        };
        if let Some(trace) = &self.rooms.trace {
            trace.resume();
        }
        output
    }

    /// The last `block_on` was left in a stall.
    #[cfg(feature = "sim")]
    pub(crate) fn has_stalled(&self) -> bool {
        self.rooms.stalled.get()
    }

    /// What this runtime has done so far, in all its `block_on`s.
    ///
    /// ```
    /// let runtime = runtime::Runtime::new()?;
    /// for _ in 0..2 {
    ///     runtime.block_on(runtime::yield_now()); // two polls each: it gives way once
    /// }
    /// assert_eq!(runtime.stats().polls, 4);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn stats(&self) -> Stats {
        self.rooms.stats()
    }
}
