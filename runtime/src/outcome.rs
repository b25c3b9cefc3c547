//! What a task comes to: an output of whatever type, or the reason why there is none.
//!
//! The loop knows neither the type of a task's future nor that of its output: it polls a [`Body`] until that gives an
//! [`Outcome`]. The task's [`JoinHandle`](crate::JoinHandle) knows the type, and takes the output out of its box.

use std::any::Any;
use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

/// What has become of a task that gave no output. tokio's `JoinError`; in asyncio, the exception that `await task`
/// raises.
///
/// ```
/// use runtime::{JoinError, spawn};
/// runtime::block_on(async {
///     let failed = spawn(async { "six".parse::<u32>().expect("digits") }).await.unwrap_err();
///     assert!(failed.to_string().starts_with("the task panicked: digits"));
///     assert!(matches!(failed, JoinError::Panicked(_)));
///
///     let endless = spawn(std::future::pending::<()>());
///     endless.abort();
///     assert!(matches!(endless.await, Err(JoinError::Cancelled)));
/// });
/// ```
pub enum JoinError {
    /// It panicked. The payload is what `panic!` was given; `std::panic::resume_unwind` goes on with it.
    Panicked(Box<dyn Any + Send>),
    /// It was aborted, or its runtime left `block_on` before it was done.
    Cancelled,
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JoinError::Cancelled => f.write_str("the task was cancelled"),
            JoinError::Panicked(payload) => {
                let text = payload
                    .downcast_ref::<&str>()
                    .copied()
                    .or_else(|| payload.downcast_ref::<String>().map(String::as_str));
                match text {
                    Some(text) => write!(f, "the task panicked: {text}"),
                    None => f.write_str("the task panicked"),
                }
            }
        }
    }
}

impl fmt::Debug for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JoinError({self})")
    }
}

impl std::error::Error for JoinError {}

/// For the many functions that give an `io::Result`. The payload of a panic becomes its text.
impl From<JoinError> for io::Error {
    fn from(error: JoinError) -> Self {
        io::Error::other(error.to_string())
    }
}

/// The output, in a box as its type is forgotten here, or what has become of the task without one.
///
/// A box for `()`, the output of most tasks that nobody awaits, allocates nothing.
pub(crate) type Outcome = Result<Box<dyn Any>, JoinError>;

/// A future whose output's type has been forgotten.
///
/// Implemented for every future, so that a `Box` of one is a task as it is. (An `async` block around it that did
/// the same would hold it twice: once as captured, once as awaited.)
trait Erased {
    fn poll_boxed(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Box<dyn Any>>;
}

impl<F> Erased for F
where
    F: Future,
    F::Output: 'static,
{
    fn poll_boxed(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Box<dyn Any>> {
        self.poll(cx).map(|output| Box::new(output) as Box<dyn Any>)
    }
}

/// The part of a task that runs: moved out of its slot for each poll.
pub(crate) struct Body(Pin<Box<dyn Erased>>);

impl Body {
    pub(crate) fn new<F: Future + 'static>(future: F) -> Self {
        Body(Box::pin(future))
    }

    /// Polls once. trap 20: a panic stops here.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Outcome> {
        // `AssertUnwindSafe`: what the panic left half done is the future's, and that is dropped and never seen again.
        match catch_unwind(AssertUnwindSafe(|| self.0.as_mut().poll_boxed(cx))) {
            Ok(polled) => polled.map(Ok),
            Err(payload) => Poll::Ready(Err(JoinError::Panicked(payload))),
        }
    }
}
