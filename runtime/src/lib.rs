//! An event loop small enough to read in an afternoon.
//!
//! One thread runs many tasks. A task runs until it has to wait, then gives the thread back; the loop goes on with
//! whichever task is ready. This crate is that loop, and what one needs around it: a waker, timers, sockets, a pool
//! for what blocks. It is written to be read, it is fast, and it contains no unsafe code.
//!
//! ```
//! use std::time::Duration;
//!
//! let greeting = runtime::block_on(async {
//!     let name = runtime::spawn(async {
//!         runtime::sleep(Duration::from_millis(1)).await;
//!         "world"
//!     });
//!     format!("hello, {}", name.await.unwrap())
//! });
//! assert_eq!(greeting, "hello, world");
//! ```
//!
//! # What is here
//!
//! | wanted | here | asyncio | tokio |
//! | --- | --- | --- | --- |
//! | run a future | [`block_on`], [`Runtime`], [`Builder`] | `run`, `Runner` | `Runtime`, `Builder` |
//! | a task of its own | [`spawn`](fn@spawn), [`Task`], [`JoinHandle`], [`AbortHandle`] | `create_task` | `spawn_local` |
//! | several at once | [`join`], [`join_all`], [`try_join_all`], [`gather`] | `gather` | `join!`, `try_join!` |
//! | the first of several | [`race`], [`race_all`], [`as_completed`] | `wait`, `as_completed` | `select!`, `JoinSet` |
//! | all or none | [`task_group`] | `TaskGroup` | |
//! | wait for a time | [`sleep`], [`timeout`], [`interval`](fn@interval) | `sleep`, `timeout` | `sleep`, `timeout`, `interval` |
//! | give way | [`yield_now`] | `sleep(0)` | `yield_now` |
//! | wait for each other | [`sync`]: locks, permits, barriers, events, channels | `Lock`, `Queue`, … | `sync` |
//! | sockets and pipes | [`net`], read and written through [`io`] | streams | `net`, `io` |
//! | any source of mio's | [`Async`] | `add_reader` | `AsyncFd` |
//! | what blocks | [`spawn_blocking`], [`fs`], [`net::lookup_host`] | `to_thread` | `spawn_blocking`, `fs` |
//! | a child process | [`process::wait`], [`net::pipe`] | `subprocess` | `process` |
//! | in from another thread | [`Handle`], [`sync::oneshot::remote`] | `call_soon_threadsafe` | `Handle` |
//! | a test without waiting | [`Clock::Virtual`], [`OnStall::Panic`], [`Random`] | | `pause` |
//! | another order | [`Scheduler`], [`Fifo`], [`Lifo`], [`Random`] | | |
//! | a test in every order, over a bad network | `sim::explore`, `sim::net` (feature `sim`) | | (loom, turmoil) |
//! | see what goes on | [`dump`](fn@dump), [`stats`](fn@stats), [`trace`] | `all_tasks` | `Handle::dump`, `metrics` |
//! | find a deadlock | [`Dump::deadlocks`], [`OnStall`] | | |
//!
//! Each item says what it does when its future is dropped (*cancel safety*), when it fails and when it panics, and
//! shows itself at work. Tasks, timers, sockets and jobs work only inside `block_on`, on the thread that called it;
//! what is in [`sync`] works anywhere.
//!
//! # What to read, in which order
//!
//! For those who want to know how it works: the source is written for them. Part one is the loop.
//!
//! | file | concept |
//! | --- | --- |
//! | `executor.rs` | the loop itself, four steps in one `loop` |
//! | `rooms.rs`, `block_on.rs` | what a runtime consists of, and how it is entered and left; `block_on`, `Runtime` |
//! | `scheduler.rs`, `policies.rs` | who runs next: the run queue; other orders than first in, first out |
//! | `id.rs`, `spawn.rs`, `task.rs`, `slots.rs`, `outcome.rs`, `join.rs` | a task from its spawn to its end; where it lies; how its output is found |
//! | `waker.rs`, `inbox.rs`, `prim.rs`, `waiting.rs` | how a task gets back on the queue, from this thread and from others; where wakers are left |
//! | `timer.rs`, `time.rs`, `interval.rs` | deadlines; `sleep`, `timeout`, `interval` and the like |
//! | `reactor.rs`, `source.rs` | the OS's readiness; any source of it made awaitable |
//! | `clock.rs`, `budget.rs` | what time it is; how much I/O a task may do in one poll |
//! | `current.rs` | how code on the loop finds the rooms above |
//! | `io/`, `net/` | reading and writing; sockets and pipes |
//! | `futures/` | futures made of futures: `yield_now`, `join_all`, `race`, `task_group`, and the engine below |
//! | `sync/` | tasks that wait for each other: locks, permits, barriers, events, channels |
//!
//! Part two can be left out on a first reading.
//!
//! | file | concept |
//! | --- | --- |
//! | `blocking.rs`, `fs/`, `net/lookup.rs` | what would block, on threads of its own: files, names |
//! | `net/eyeballs.rs` | connecting to a host that has several addresses |
//! | `process.rs`, `backoff.rs` | the end of a child process, which has to be looked for |
//! | `handle.rs` | the way in from other threads |
//! | `resource.rs`, `label.rs`, `holders.rs`, `dump.rs`, `report.rs` | what tasks wait for; who has it; all of that at once; what looks wrong |
//! | `trace/` | everything, as it happens |
//! | `builder.rs`, `stats.rs`, `panics.rs` | settings; what the loop counts; panics that have nowhere to go |
//! | `sim/` | a test under all orders, and over a network that is made up (feature `sim`) |
//!
//! # Writing a leaf future
//!
//! A leaf future waits for something itself, not for other futures. It owes the loop four things: it keeps the waker of its
//! *latest* poll; it returns `Pending` only when something has that waker and will use it; it takes the waker away again
//! when it is dropped; and it is not polled after `Ready`. A flag that one part of a program raises and another waits for.
//! Only one: a second would take the first one's waker away, so `flag` makes one of each and neither can be cloned.
//! Where several wait, each needs a place of its own, as in `waiting.rs`.
//!
//! ```
//! use std::cell::{Cell, RefCell};
//! use std::pin::Pin;
//! use std::rc::Rc;
//! use std::task::{Context, Poll, Waker};
//!
//! #[derive(Default)]
//! struct Shared {
//!     raised: Cell<bool>,
//!     waiter: RefCell<Option<Waker>>,
//! }
//!
//! struct Flag(Rc<Shared>);
//!
//! impl Flag {
//!     fn raise(&self) {
//!         self.0.raised.set(true);
//!         let waiter = self.0.waiter.take(); // the borrow ends here
//!         if let Some(waker) = waiter {
//!             waker.wake(); // anybody's code
//!         }
//!     }
//! }
//!
//! struct Raised(Rc<Shared>);
//!
//! fn flag() -> (Flag, Raised) {
//!     let shared = Rc::new(Shared::default());
//!     (Flag(shared.clone()), Raised(shared))
//! }
//!
//! impl Future for Raised {
//!     type Output = ();
//!
//!     fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
//!         if self.0.raised.get() {
//!             return Poll::Ready(());
//!         }
//!         runtime::waiting_on("the flag"); // for `dump` and the reports
//!         let replaced = self.0.waiter.replace(Some(cx.waker().clone()));
//!         drop(replaced);
//!         Poll::Pending
//!     }
//! }
//!
//! impl Drop for Raised {
//!     fn drop(&mut self) {
//!         let waker = self.0.waiter.take();
//!         drop(waker); // after the borrow, which ends in the line above
//!     }
//! }
//!
//! runtime::block_on(async {
//!     let (flag, raised) = flag();
//!     let waiting = runtime::spawn(raised);
//!     runtime::yield_now().await;
//!     assert!(!waiting.is_finished());
//!     flag.raise();
//!     waiting.await.unwrap();
//! });
//! ```
//!
//! # The rules of the loop
//!
//! A comment `trap N` beside a line says which well-known fault it avoids: they are listed in `TRAPS.md`.
//!
//! 1. One OS thread owns a runtime. Tasks are `!Send`; only a `Waker` may cross threads.
//! 2. The root future of `block_on` is polled in place, and else is a task like any other.
//! 3. A wake-up is never lost: the queued flag is cleared before the poll.
//! 4. Wakes coalesce: a task stands in the queue at most once.
//! 5. No future is polled again after it is ready, and a late wake is harmless.
//! 6. No code of the user's runs while something of the runtime is borrowed or locked.
//! 7. A panic in one task ends that task alone; one in the root future comes out of `block_on`.
//! 8. Dropping a `JoinHandle` detaches, `abort` cancels, and no task outlives its `block_on`.
//! 9. A task that wakes itself cannot starve I/O and timers, and neither can a source that is always ready.
//! 10. When nothing can ever wake a task again, the loop says so, with what each waits for.
//! 11. A poll that holds the thread for too long is reported, if that was asked for.

mod backoff;
mod block_on;
mod blocking;
mod budget;
mod builder;
mod clock;
mod current;
mod dump;
mod executor;
pub mod fs;
pub mod futures;
mod handle;
mod holders;
mod id;
mod inbox;
mod interval;
pub mod io;
mod join;
mod label;
pub mod net;
mod outcome;
mod panics;
mod policies;
mod prim;
pub mod process;
mod reactor;
mod report;
mod resource;
mod rooms;
mod scheduler;
#[cfg(feature = "sim")]
pub mod sim;
mod slots;
mod source;
mod spawn;
mod stats;
pub mod sync;
mod task;
pub mod time;
mod timer;
pub mod trace;
mod waiting;
mod waker;

pub use block_on::{Runtime, block_on, dump, id, stats};
pub use blocking::{Blocking, spawn_blocking};
pub use builder::{Builder, OnStall};
pub use clock::{Clock, now};
pub use dump::{Dump, TaskInfo, TaskState};
pub use futures::{
    Either, TaskGroup, as_completed, gather, join, join_all, race, race_all, task_group, try_join_all,
    yield_now,
};
pub use handle::{Handle, LoopGone};
pub use id::{ChildId, TaskId, current_task};
pub use interval::{Interval, MissedTick, Tick, interval, interval_at};
pub use join::{AbortHandle, JoinHandle};
pub use label::waiting_on;
pub use outcome::JoinError;
pub use policies::{Fifo, Lifo, Random};
pub use resource::{Resource, Waiting};
pub use scheduler::{Scheduler, TaskMeta};
pub use source::{Async, Ready, With};
pub use spawn::{Task, spawn};
pub use stats::Stats;
pub use time::{Elapsed, Sleep, sleep, sleep_until, timeout, timeout_at};

/// The version of mio that [`Async`] works with.
pub use mio;
