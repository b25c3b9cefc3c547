//! The way in from other threads: a [`Handle`] that has work done on the loop.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use crate::current::Current;
use crate::spawn::Task;
use crate::waker::{Mail, RemoteInbox};

thread_local! {
    /// The way in to the runtime that runs on this thread.
    pub(crate) static WAY_IN: Current<WayIn> = const { Current::new() };
}

/// What a runtime keeps for its handles.
pub(crate) struct WayIn {
    inbox: Arc<RemoteInbox>,
    /// Each handle holds a clone: so they are counted.
    alive: Arc<()>,
}

impl WayIn {
    pub(crate) fn new(inbox: Arc<RemoteInbox>) -> Self {
        WayIn { inbox, alive: Arc::new(()) }
    }

    /// How many handles there are, in the whole process.
    pub(crate) fn handles(&self) -> usize {
        Arc::strong_count(&self.alive) - 1
    }
}

/// Reaches the loop from any thread. asyncio's `call_soon_threadsafe` and `run_coroutine_threadsafe`.
///
/// ```
/// use runtime::{Handle, spawn_blocking, sync::oneshot};
/// use std::{rc::Rc, thread};
/// runtime::block_on(async {
///     let handle = Handle::current();
///     let (sender, receiver) = oneshot::remote();
///     let elsewhere = spawn_blocking(move || {
///         handle.spawn(|| async move {
///             let _not_send = Rc::new(()); // nothing wrong with that: we are on the loop
///             sender.send(thread::current().id()).ok();
///         })
///     });
///     elsewhere.await.unwrap().unwrap();
///     assert_eq!(receiver.await, Ok(thread::current().id()));
/// });
/// ```
#[derive(Clone)]
pub struct Handle {
    inbox: Arc<RemoteInbox>,
    _alive: Arc<()>,
}

impl Handle {
    /// The handle of the runtime that runs on this thread.
    ///
    /// # Panics
    /// Outside a runtime.
    #[track_caller]
    pub fn current() -> Handle {
        let way_in = Current::get(&WAY_IN, "Handle::current");
        Handle { inbox: way_in.inbox.clone(), _alive: way_in.alive.clone() }
    }

    /// Has `make` called on the loop's thread, and the future that it makes run as a task there. Only `make` crosses
    /// threads: the future need not be `Send`, and is on the loop from its first moment.
    ///
    /// # Errors
    /// [`LoopGone`] if the runtime is not inside `block_on` (any more). One that leaves it afterwards drops `make` or
    /// the task, like every other.
    ///
    /// # Its output
    /// Most who send a task do not wait for it, and those who do wait in different ways: so no handle comes back, and the
    /// task sends its output itself. If it panics or is cancelled the sender is dropped, and the receiver hears of that. A
    /// thread that may block takes a channel of the standard library's; another loop takes a
    /// [`oneshot::remote`](crate::sync::oneshot::remote):
    ///
    /// ```
    /// use runtime::{Builder, Handle, OnStall, spawn_blocking, sync::oneshot};
    /// use std::error::Error;
    /// runtime::block_on(async {
    ///     let handle = Handle::current();
    ///     let elsewhere = spawn_blocking(move || {
    ///         // A loop that lives from other threads: that it has nothing to do is no fault.
    ///         let other = Builder::new().on_stall(OnStall::Wait).build()?;
    ///         other.block_on(async {
    ///             let (sender, receiver) = oneshot::remote();
    ///             handle.spawn(|| async move { sender.send(6 * 7) })?;
    ///             Ok::<_, Box<dyn Error + Send + Sync>>(receiver.await?)
    ///         })
    ///     });
    ///     assert_eq!(elsewhere.await.unwrap().unwrap(), 42);
    /// });
    /// ```
    #[track_caller]
    pub fn spawn<F, M>(&self, make: M) -> Result<(), LoopGone>
    where
        F: Future + 'static,
        M: FnOnce() -> F + Send + 'static,
    {
        let at = Location::caller();
        // `make` is called within the task, so that its panic is the task's.
        let run = Box::new(move || drop(Task::new().spawn_at(async move { make().await }, at)));
        // What comes back is dropped here: `make` and all it holds, on the thread that made it.
        self.inbox.push(Mail::Run(run)).map_err(|_| LoopGone)
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").finish_non_exhaustive()
    }
}

/// The loop that a [`Handle`] belongs to does not run (any more).
///
/// ```
/// let handle = runtime::block_on(async { runtime::Handle::current() });
/// assert_eq!(handle.spawn(|| async { unreachable!() }), Err(runtime::LoopGone));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoopGone;

impl fmt::Display for LoopGone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the event loop has ended, so nothing can be run on it")
    }
}

impl std::error::Error for LoopGone {}
