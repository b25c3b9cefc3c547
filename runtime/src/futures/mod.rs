//! Futures made of futures, and the one that gives way.
//!
//! They run inside the task that awaits them: nothing is spawned, so the futures may borrow. For two, `join` and `race`
//! poll both whenever the task is woken. For many there is one [`engine`], which polls only those that were woken.
//!
//! | wanted | of two | of many |
//! | --- | --- | --- |
//! | all outputs | [`join`](fn@join) | [`join_all`](fn@join_all) |
//! | all outputs, or the first error | | [`try_join_all`](fn@try_join_all), [`task_group`] |
//! | all results, panics too | | [`gather`](fn@gather) |
//! | the first output | [`race`](fn@race) | [`race_all`](fn@race_all) |
//! | each output, the first one first | | [`as_completed`](fn@as_completed) |
//! | children that may have children | | [`task_group`] |
//!
//! They go into one another, and [`timeout`](crate::timeout) around them or in them:
//!
//! ```
//! use runtime::{Either, join, race, sleep, timeout};
//! use std::{future::pending, time::Duration};
//! let (short, long) = (Duration::from_millis(1), Duration::from_secs(60));
//! runtime::block_on(async {
//!     let both = join(timeout(short, pending::<()>()), async { "done" });
//!     let Either::Left((late, done)) = race(both, sleep(long)).await else { panic!() };
//!     assert!(late.is_err() && done == "done");
//! });
//! ```
//!
//! Each of their futures has a name and is `Unpin`: it can be kept in a struct, be waited for through `&mut`, and
//! dropped at any time.

mod as_completed;
mod child;
mod engine;
mod gather;
mod group;
mod join;
mod join_all;
mod race;
mod race_all;
mod try_join_all;
mod woken;
mod yield_now;

pub use as_completed::{AsCompleted, Next, as_completed};
pub use child::Child;
pub use gather::{Gather, gather};
pub use group::{RunTaskGroup, TaskGroup, task_group};
pub use join::{Join, join};
pub use join_all::{JoinAll, join_all};
pub use race::{Either, Race, race};
pub use race_all::{RaceAll, race_all};
pub use try_join_all::{TryJoinAll, try_join_all};
pub use yield_now::{YieldNow, yield_now};
