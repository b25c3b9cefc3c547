//! Waiting for a child process to end.
//!
//! There is no `Command` here: the standard library's starts processes without blocking for long, and the pipes of its
//! children become sources of the loop in [`net::pipe`](crate::net::pipe).
//!
//! ```
//! # #[cfg(unix)] runtime::block_on(async {
//! use runtime::{join, process::wait};
//! use std::process::Command;
//! let (mut yes, mut no) = (Command::new("true").spawn()?, Command::new("false").spawn()?);
//! let (yes, no) = join(wait(&mut yes), wait(&mut no)).await; // both at once
//! assert!(yes?.success() && !no?.success());
//! # Ok::<(), std::io::Error>(())
//! # }).unwrap();
//! ```

use std::io;
use std::panic::Location;
use std::pin::Pin;
use std::process::{Child, ExitStatus};
use std::task::{Context, Poll};

use crate::backoff::Backoff;
use crate::label;
use crate::resource::Resource;

/// Waits until `child` has ended, and says how. Its standard input is closed first, if it is still in there, as the child
/// may be waiting for more. asyncio's and tokio's `wait`.
///
/// Dropping this, or the `Child`, does not end the process; [`Child::kill`] does.
///
/// Cancel safe: dropped, it leaves the child as it is, and the next one waits on.
///
/// # Errors
/// The OS's.
///
/// # Panics
/// When polled outside a runtime.
///
/// # Example
/// Since the child is only borrowed, a limit is a few lines:
///
/// ```
/// # #[cfg(unix)] runtime::block_on(async {
/// use runtime::process::wait;
/// use std::time::Duration;
/// let mut child = std::process::Command::new("sleep").arg("3600").spawn()?;
/// if runtime::timeout(Duration::from_millis(5), wait(&mut child)).await.is_err() {
///     child.kill()?;
/// }
/// assert!(!wait(&mut child).await?.success());
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
///
/// # Discussion
/// It looks after the child with a pause in between that doubles from 1 to 64 ms, as CPython's `Popen.wait` does when it
/// has a time limit. What would wake the loop is out of reach of safe Rust: SIGCHLD needs a handler, a pidfd a system
/// call. And a blocking `wait` in the pool would have to own the child: nobody could kill it any more, each would
/// keep a thread, and `block_on` could not return before the last of them has ended. (With the virtual clock the pauses
/// take no time, and the loop looks after the child without a rest.)
#[track_caller]
pub fn wait(child: &mut Child) -> Wait<'_> {
    Wait { child, looks: Backoff::default(), at: Location::caller() }
}

/// The future of [`wait`].
///
/// It borrows the child, which is free again when this is dropped:
///
/// ```
/// # #[cfg(unix)] runtime::block_on(async {
/// use runtime::{process::wait, race, yield_now};
/// let mut child = std::process::Command::new("sleep").arg("3600").spawn()?;
/// race(wait(&mut child), yield_now()).await;
/// child.kill()?;
/// assert_eq!(wait(&mut child).await?.code(), None); // not by itself
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
#[must_use = "a future does nothing until it is awaited"]
#[derive(Debug)]
pub struct Wait<'a> {
    child: &'a mut Child,
    looks: Backoff,
    at: &'static Location<'static>,
}

impl Future for Wait<'_> {
    type Output = io::Result<ExitStatus>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<ExitStatus>> {
        let this = &mut *self;
        drop(this.child.stdin.take());
        while this.looks.poll_look(cx).is_ready() {
            if let Some(status) = this.child.try_wait()? {
                return Poll::Ready(Ok(status));
            }
        }
        label::set(Resource::Other("a child process to end"), 0, Some(this.at));
        Poll::Pending
    }
}
