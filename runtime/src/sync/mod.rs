//! What tasks use to wait for each other: locks, permits, barriers, events, channels.
//!
//! | here | what it is | asyncio | tokio |
//! | --- | --- | --- | --- |
//! | [`Mutex`] | a value that one task at a time may use | `Lock` | `Mutex` |
//! | [`Semaphore`] | a number of permits | `Semaphore` | `Semaphore` |
//! | [`Barrier`] | a place where a number of tasks wait for each other | `Barrier` | `Barrier` |
//! | [`Event`] | a flag that one can wait for | `Event` | – |
//! | [`Condvar`] | something about the value in a mutex has changed | `Condition` | – |
//! | [`oneshot`] | a channel for one value, also from another thread | `Future` | `oneshot` |
//! | [`mpsc`] | a bounded queue with many senders | `Queue` | `mpsc` |
//!
//! ```
//! use runtime::sync::{Event, Semaphore, mpsc};
//! runtime::block_on(async {
//!     let (permits, go) = (Semaphore::new(2), Event::new());
//!     let (sender, mut receiver) = mpsc::channel(10);
//!     let workers = runtime::join_all((1..=4).map(async |n| {
//!         go.wait().await;
//!         let _permit = permits.acquire(1).await.unwrap(); // two at once
//!         sender.send(n).await.unwrap();
//!     }));
//!     runtime::join(workers, async { go.set() }).await;
//!     drop(sender);
//!     let mut sum = 0;
//!     while let Some(n) = receiver.recv().await {
//!         sum += n;
//!     }
//!     assert_eq!(sum, 1 + 2 + 3 + 4);
//! });
//! ```
//!
//! What holds for all of them:
//! - **Fair.** Whoever comes first is served first, and nobody overtakes, not even with a `try_` form. The one in front is
//!   *given* what it waits for when it becomes free, not merely told to try again. (A future comes when it is first
//!   polled, not when it is made.)
//! - **Cancel safe.** A future that is dropped while it waits leaves the line, and those behind it move up. If it was
//!   given something that it has not collected yet, that goes to the next (trap 37).
//! - **For one thread.** None but the two ends of [`oneshot::remote`] can be used from several threads, and the compiler
//!   sees to it: the tasks that share one run on one loop, so a few cells do, and no atomics are needed. Share them by
//!   reference or in an `Rc`.
//! - **They wait only if they must.** Where nothing is to be waited for, `await` does not give the thread back.
//! - **They tell.** A task that waits is shown with the kind and number of what it waits for by
//!   [`dump`](crate::dump()); the `Debug` form of each shows its number.
//! - **They need no runtime.** They can be made, used and waited for under any executor; only
//!   [`oneshot::remote`] looks for one, for the sake of the stall report.
//!
//! In the source, read `waiters.rs` first: all that is hard is there, and each of the others is a few cells and a line
//! of waiters.

mod barrier;
mod condvar;
mod error;
mod event;
pub mod mpsc;
mod mutex;
pub mod oneshot;
mod owned;
pub(crate) mod remote;
mod semaphore;
mod waiters;

pub use barrier::{Arrival, Barrier, BarrierWait, Broken};
pub use condvar::{Condvar, CondvarWait};
pub use error::{Closed, TryAcquireError, TryRecvError};
pub use event::{Event, EventWait};
pub use mutex::{Guard, Lock, Mutex};
pub use owned::{LockOwned, OwnedGuard};
pub use semaphore::{Acquire, Permit, Semaphore};
