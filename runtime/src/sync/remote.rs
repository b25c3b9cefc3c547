//! A channel for one value from another thread: [`oneshot::remote`](super::oneshot::remote).
//!
//! The same as [`oneshot`](super::oneshot), but that the two ends share a value under a lock instead of cells. The lock is
//! held for a few moves: nobody's code runs under it, and nobody sleeps with it, so a lock that blocks is right here.

use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::error::{Closed, TryRecvError};
use crate::handle::{Handle, WAY_IN};
use crate::label;
use crate::prim::{Mutex, lock};
use crate::resource::Resource;

/// A channel for one value whose sender may be moved to any thread: how the loop gets an answer from there.
///
/// A loop that has nothing else to wait for reports a stall, as it cannot tell whether the other thread will ever send; the
/// report says that there is such a sender. [`OnStall::Wait`](crate::OnStall::Wait) is for programs that live from
/// other threads.
///
/// ```
/// use runtime::sync::oneshot;
/// runtime::block_on(async {
///     let (sender, receiver) = oneshot::remote();
///     let thread = std::thread::spawn(move || sender.send(6 * 7));
///     assert_eq!(receiver.await, Ok(42));
///     assert_eq!(thread.join().unwrap(), Ok(()));
/// });
/// ```
#[track_caller]
pub fn remote<T>() -> (RemoteSender<T>, RemoteReceiver<T>) {
    let on_a_loop = WAY_IN.with(|way_in| way_in.try_get().is_some());
    pair(on_a_loop.then(Handle::current), label::new_id(), Location::caller())
}

/// The same under a number that is known already; the sender is a way in if it is given a handle.
pub(crate) fn pair<T>(
    handle: Option<Handle>,
    id: u64,
    at: &'static Location<'static>,
) -> (RemoteSender<T>, RemoteReceiver<T>) {
    let state = State { value: None, sender_gone: false, closed: false, receiver: None };
    let channel = Arc::new(Mutex::new(state));
    (RemoteSender { channel: channel.clone(), _handle: handle }, RemoteReceiver { channel, id, at })
}

struct State<T> {
    value: Option<T>,
    /// Dropped, with or without having sent.
    sender_gone: bool,
    /// By the receiver, or its drop.
    closed: bool,
    receiver: Option<Waker>,
}

impl<T> State<T> {
    fn try_recv(&mut self) -> Result<T, TryRecvError> {
        match self.value.take() {
            Some(value) => Ok(value),
            None if self.sender_gone || self.closed => Err(TryRecvError::Closed),
            None => Err(TryRecvError::Empty),
        }
    }
}

/// The end that sends, once, from any thread. Dropped without sending, it tells the receiver so:
///
/// ```
/// use runtime::{spawn_blocking, sync::{Closed, oneshot}};
/// runtime::block_on(async {
///     let (sender, receiver) = oneshot::remote::<u8>();
///     let job = spawn_blocking(move || drop(sender)); // as a panic would
///     assert_eq!(receiver.await, Err(Closed));
///     job.await.unwrap();
/// });
/// ```
pub struct RemoteSender<T> {
    channel: Arc<Mutex<State<T>>>,
    /// It is a way in from outside: a loop in which nothing else can happen counts it in its stall report.
    _handle: Option<Handle>,
}

impl<T> RemoteSender<T> {
    /// Sends the value. It never waits for the receiver.
    ///
    /// # Errors
    /// The value, if the receiver was dropped or closed; so it is, too, when it was in a task of a loop that has ended.
    ///
    /// # Example
    /// ```
    /// use runtime::sync::oneshot;
    /// let sender = runtime::block_on(async {
    ///     let (sender, receiver) = oneshot::remote();
    ///     runtime::spawn(receiver); // it will be cancelled with its loop
    ///     sender
    /// });
    /// let thread = std::thread::spawn(move || sender.send("too late"));
    /// assert_eq!(thread.join().unwrap(), Err("too late"));
    /// ```
    pub fn send(self, value: T) -> Result<(), T> {
        let mut state = lock(&self.channel);
        if state.closed {
            drop(state);
            return Err(value);
        }
        state.value = Some(value);
        drop(state);
        Ok(()) // and dropping `self` wakes the receiver
    }

    /// Nobody waits for the value any more.
    ///
    /// ```
    /// use runtime::{spawn_blocking, sync::oneshot};
    /// runtime::block_on(async {
    ///     let (sender, receiver) = oneshot::remote::<u64>();
    ///     let search = spawn_blocking(move || {
    ///         (1..).take_while(|_| !sender.is_closed()).last() // as long as somebody wants it
    ///     });
    ///     drop(receiver);
    ///     search.await.unwrap();
    /// });
    /// ```
    pub fn is_closed(&self) -> bool {
        lock(&self.channel).closed
    }
}

impl<T> Drop for RemoteSender<T> {
    fn drop(&mut self) {
        let waker = {
            let mut state = lock(&self.channel);
            state.sender_gone = true;
            state.receiver.take()
        };
        if let Some(waker) = waker {
            waker.wake(); // trap 16: after the lock
        }
    }
}

impl<T> fmt::Debug for RemoteSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteSender").field("closed", &self.is_closed()).finish_non_exhaustive()
    }
}

/// The end that receives: a future of the value, on the loop.
///
/// Cancel safety: as [`oneshot::Receiver`](super::oneshot::Receiver).
///
/// # Errors
/// [`Closed`], as there.
///
/// # Example
/// ```
/// use runtime::{spawn_blocking, sync::oneshot};
/// runtime::block_on(async {
///     let (sender, receiver) = oneshot::remote();
///     let job = spawn_blocking(move || {
///         sender.send("the first part").unwrap();
///         "all of it"
///     });
///     assert_eq!(receiver.await, Ok("the first part"));
///     assert_eq!(job.await.unwrap(), "all of it");
/// });
/// ```
#[must_use = "dropping it closes the channel"]
pub struct RemoteReceiver<T> {
    channel: Arc<Mutex<State<T>>>,
    id: u64,
    at: &'static Location<'static>,
}

impl<T> RemoteReceiver<T> {
    /// The value, if it is there.
    ///
    /// # Errors
    /// [`TryRecvError`], if it is not, or never will be.
    ///
    /// # Example
    /// ```
    /// use runtime::sync::{TryRecvError, oneshot};
    /// let (sender, mut receiver) = oneshot::remote();
    /// assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    /// std::thread::spawn(move || sender.send(1)).join().unwrap().unwrap();
    /// assert_eq!(receiver.try_recv(), Ok(1));
    /// ```
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        lock(&self.channel).try_recv()
    }

    /// Waits for the value, and leaves it to the caller to say what is waited for.
    pub(crate) fn poll_value(&mut self, cx: &Context<'_>) -> Poll<Result<T, Closed>> {
        let waker = cx.waker().clone();
        let _replaced; // trap 17: dropped after the lock
        let mut state = lock(&self.channel);
        match state.try_recv() {
            Ok(value) => Poll::Ready(Ok(value)),
            Err(TryRecvError::Closed) => Poll::Ready(Err(Closed)),
            Err(TryRecvError::Empty) => {
                _replaced = state.receiver.replace(waker);
                Poll::Pending
            }
        }
    }

    /// Takes nothing more: whoever sends gets the value back. One that was sent before can still be received.
    ///
    /// ```
    /// let (sender, mut receiver) = runtime::sync::oneshot::remote();
    /// receiver.close();
    /// assert_eq!(sender.send(1), Err(1));
    /// ```
    pub fn close(&mut self) {
        lock(&self.channel).closed = true;
    }
}

impl<T> Future for RemoteReceiver<T> {
    type Output = Result<T, Closed>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let polled = self.poll_value(cx);
        if polled.is_pending() {
            label::set(Resource::Message, self.id, Some(self.at)); // after the lock: an observer hears of it
        }
        polled
    }
}

impl<T> Drop for RemoteReceiver<T> {
    fn drop(&mut self) {
        // Taken out, so that it is dropped on this thread even while the other is still inside `send`, and after the lock.
        let _unreceived = {
            let mut state = lock(&self.channel);
            state.closed = true;
            (state.value.take(), state.receiver.take())
        };
    }
}

impl<T> fmt::Debug for RemoteReceiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteReceiver").field("id", &self.id).finish_non_exhaustive()
    }
}
