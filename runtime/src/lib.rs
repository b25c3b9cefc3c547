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
//! # What to read, in which order
//!
//! Part one is the loop.
//!
//! | file | concept |
//! | --- | --- |
//! | `executor.rs` | the loop itself, four steps in one `loop`; `block_on` |
//! | `scheduler.rs` | who runs next: the run queue |
//! | `id.rs`, `task.rs`, `join.rs` | a spawned future in its slot; how it ends; how its output is found |
//! | `waker.rs`, `inbox.rs`, `prim.rs` | how a task gets back on the queue, from this thread and from others |
//! | `timer.rs`, `time.rs` | deadlines; `sleep`, `timeout` and the like |
//! | `reactor.rs`, `source.rs` | the OS's readiness; any source of it made awaitable |
//! | `current.rs` | how code on the loop finds the rooms above |
//! | `io.rs`, `net/` | reading and writing; sockets |
//! | `futures/` | futures made of futures: `yield_now`, `join_all`, `race`, and the engine below |
//!
//! Part two can be left out on a first reading.
//!
//! | file | concept |
//! | --- | --- |
//! | `blocking.rs`, `net/lookup.rs` | what would block, on threads of its own |
//! | `builder.rs`, `stats.rs`, `panics.rs` | settings; what the loop counts; panics that have nowhere to go |
//!
//! # The rules of the loop
//!
//! 1. One OS thread owns a runtime. Tasks are `!Send`; only a `Waker` may cross threads.
//! 2. The root future of `block_on` is polled in place, and else is a task like any other.
//! 3. A wake-up is never lost: the queued flag is cleared before the poll.
//! 4. Wakes coalesce: a task stands in the queue at most once.
//! 5. No future is polled again after it is ready, and a late wake is harmless.
//! 6. No code of the user's runs while something of the runtime is borrowed or locked.
//! 7. A panic in one task ends that task alone; one in the root future comes out of `block_on`.
//! 8. Dropping a `JoinHandle` detaches, `abort` cancels, and no task outlives its `block_on`.
//! 9. A task that wakes itself cannot starve I/O and timers.

mod blocking;
mod builder;
mod current;
mod executor;
pub mod futures;
mod id;
mod inbox;
pub mod io;
mod join;
pub mod net;
mod panics;
mod prim;
mod reactor;
mod scheduler;
mod source;
mod stats;
mod task;
pub mod time;
mod timer;
mod waker;

pub use blocking::{Blocking, spawn_blocking};
pub use builder::Builder;
pub use executor::{Runtime, block_on, id, stats};
pub use futures::{Either, join_all, race, yield_now};
pub use id::TaskId;
pub use join::{JoinError, JoinHandle};
pub use source::{Async, Ready, With};
pub use stats::Stats;
pub use task::{Task, spawn};
pub use time::{Elapsed, Sleep, sleep, sleep_until, timeout, timeout_at};

/// The version of mio that [`Async`] works with.
pub use mio;
