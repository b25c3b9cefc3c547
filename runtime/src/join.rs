//! The other end of a task: [`JoinHandle`], the place where the task leaves its output, and [`AbortHandle`].

use std::any::Any;
use std::cell::Cell;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use crate::id::TaskId;
use crate::label;
use crate::resource::Resource;
use crate::waiting::WakerCell;

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

/// Where a task leaves its result, and its `JoinHandle` finds it.
///
/// Cells only, no borrows: the output, its destructor and the waker are anybody's code.
pub(crate) struct Join<T> {
    result: Cell<Option<Result<T, JoinError>>>,
    finished: Cell<bool>,
    waiter: WakerCell,
}

impl<T> Join<T> {
    pub(crate) fn new() -> Self {
        Join { result: Cell::new(None), finished: Cell::new(false), waiter: WakerCell::default() }
    }

    /// Leaves the result; [`Outcome::announce`] then wakes whoever waits for it.
    pub(crate) fn put(&self, result: Result<T, JoinError>) {
        let before = self.result.replace(Some(result));
        drop(before);
    }
}

/// A [`Join`] as the executor sees it, which does not know the type of the output.
pub(crate) trait Outcome: Any {
    /// The task ends without an output.
    fn fail(&self, error: JoinError);
    /// The result is in: wake whoever waits.
    fn announce(&self);
}

impl<T: 'static> Outcome for Join<T> {
    fn fail(&self, error: JoinError) {
        self.put(Err(error));
    }

    fn announce(&self) {
        self.finished.set(true);
        self.waiter.wake();
    }
}

/// What handles need of the table of tasks.
pub(crate) trait Abort {
    fn abort(&self, id: TaskId);
    fn is_gone(&self, id: TaskId) -> bool;
}

/// A handle to a spawned task: await it for the output, or let go of it and the task runs on by itself.
///
/// `await` gives `Ok(output)`, or a [`JoinError`] if the task panicked or was cancelled. The counterpart of
/// asyncio's `Task` object, with one difference: there, dropping the last reference may lose the task; here it
/// *detaches* it, as in tokio.
///
/// Cancel safety: a handle that is dropped while it waits cancels nothing. (asyncio needs `shield` for that.)
///
/// # Panics
/// When polled again after it gave its result.
///
/// # Example
/// ```
/// runtime::block_on(async {
///     let handle = runtime::spawn(async { 6 * 7 });
///     assert_eq!(handle.id().to_string(), "#2"); // the root is #1
///     assert!(!handle.is_finished()); // it is queued, and runs while we wait
///     assert_eq!(handle.await.unwrap(), 42);
/// });
/// ```
pub struct JoinHandle<T> {
    pub(crate) id: TaskId,
    pub(crate) join: Rc<Join<T>>,
    pub(crate) tasks: Rc<dyn Abort>,
}

impl<T> JoinHandle<T> {
    /// The task's id.
    pub fn id(&self) -> TaskId {
        self.id
    }

    /// The task has ended, one way or another, so that an `await` here is ready at once.
    pub fn is_finished(&self) -> bool {
        self.join.finished.get()
    }

    /// Cancels the task, unless it has ended: its future is dropped, wherever it stands, and never polled again.
    /// The handle then gives [`JoinError::Cancelled`]. asyncio's `cancel`, but that the task cannot refuse.
    ///
    /// The drop happens when the loop next gets to the task, not inside this call, so no destructor runs in the middle
    /// of the caller's work. A task that aborts itself runs on until it next has to wait; if it returns before, its
    /// output stands.
    ///
    /// ```
    /// use runtime::JoinError;
    /// runtime::block_on(async {
    ///     let handle = runtime::spawn(std::future::pending::<()>());
    ///     handle.abort();
    ///     assert!(matches!(handle.await, Err(JoinError::Cancelled)));
    /// });
    /// ```
    pub fn abort(&self) {
        self.tasks.abort(self.id);
    }

    /// A second handle, one that only aborts: it can be kept while this one is awaited, or lent to somebody else.
    pub fn abort_handle(&self) -> AbortHandle {
        AbortHandle { id: self.id, tasks: self.tasks.clone() }
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if !self.join.finished.get() {
            self.join.waiter.register(cx);
            label::set(Resource::Task, self.id.generation, None);
            return Poll::Pending;
        }
        match self.join.result.take() {
            Some(result) => Poll::Ready(result),
            None => panic!("the JoinHandle of task {} was polled again after it gave its result", self.id),
        }
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").field("id", &self.id).field("finished", &self.is_finished()).finish()
    }
}

/// A handle that can abort a task and cannot await it: [`JoinHandle::abort_handle`]. tokio's `AbortHandle`; in asyncio any
/// reference to the `Task` will do.
///
/// It keeps neither the task nor its output alive. It is for the loop's thread; from another one, a task there has to be
/// told to use it ([`oneshot::remote`](crate::sync::oneshot::remote)).
///
/// ```
/// use runtime::{JoinError, join, spawn};
/// runtime::block_on(async {
///     let download = spawn(std::future::pending::<()>());
///     let stop = download.abort_handle();
///     let button = async {
///         runtime::yield_now().await;
///         assert!(!stop.is_finished());
///         stop.abort(); // while the other end of the task is in the `join`
///     };
///     let (ended, ()) = join(download, button).await;
///     assert!(matches!(ended, Err(JoinError::Cancelled)));
///     assert!(stop.is_finished());
/// });
/// ```
#[derive(Clone)]
pub struct AbortHandle {
    id: TaskId,
    tasks: Rc<dyn Abort>,
}

impl AbortHandle {
    /// The task's id.
    pub fn id(&self) -> TaskId {
        self.id
    }

    /// The task has ended, one way or another.
    pub fn is_finished(&self) -> bool {
        self.tasks.is_gone(self.id)
    }

    /// Cancels the task, unless it has ended: as [`JoinHandle::abort`].
    pub fn abort(&self) {
        self.tasks.abort(self.id);
    }
}

impl fmt::Debug for AbortHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AbortHandle").field("id", &self.id).field("finished", &self.is_finished()).finish()
    }
}
