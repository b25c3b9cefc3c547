//! The other end of a task: [`JoinHandle`], and [`AbortHandle`].

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use crate::id::TaskId;
use crate::outcome::JoinError;
use crate::task::Tasks;

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
    tasks: Rc<Tasks>,
    /// Where the task's slot is. It is the task's for as long as this handle is there.
    key: u32,
    /// Gives a `T` and holds none.
    output: PhantomData<fn() -> T>,
}

impl<T> JoinHandle<T> {
    /// The handle of the task that has just been spawned there.
    pub(crate) fn new(tasks: Rc<Tasks>, key: u32) -> Self {
        JoinHandle { tasks, key, output: PhantomData }
    }

    /// The task's id.
    pub fn id(&self) -> TaskId {
        self.tasks.id(self.key)
    }

    /// The task has ended, one way or another, so that an `await` here is ready at once.
    pub fn is_finished(&self) -> bool {
        self.tasks.is_done(self.key)
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
        self.tasks.abort(self.id());
    }

    /// A second handle, one that only aborts: it can be kept while this one is awaited, or lent to somebody else.
    pub fn abort_handle(&self) -> AbortHandle {
        AbortHandle { id: self.id(), tasks: self.tasks.clone() }
    }
}

impl<T: 'static> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let outcome = match self.tasks.join(self.key, cx) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Some(outcome)) => outcome,
            Poll::Ready(None) => {
                panic!("the JoinHandle of task {} was polled again after it gave its result", self.id())
            }
        };
        Poll::Ready(outcome.map(|output| match output.downcast() {
            Ok(output) => *output,
            Err(_) => unreachable!("the handle is made with the task, of the type of its output"),
        }))
    }
}

impl<T> Drop for JoinHandle<T> {
    fn drop(&mut self) {
        self.tasks.let_go(self.key);
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").field("id", &self.id()).field("finished", &self.is_finished()).finish()
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
    tasks: Rc<Tasks>,
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
