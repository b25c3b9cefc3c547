//! A channel for one value: an answer that somebody waits for. asyncio's bare `Future`, tokio's `oneshot`.
//!
//! [`channel`] is for two tasks on one loop. [`remote`] makes one whose sender may be on any thread.
//!
//! ```
//! use runtime::sync::oneshot;
//! runtime::block_on(async {
//!     let (sender, receiver) = oneshot::channel();
//!     runtime::spawn(async move { sender.send("the answer") });
//!     assert_eq!(receiver.await, Ok("the answer"));
//! });
//! ```

use std::cell::Cell;
use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use super::error::{Closed, TryRecvError};
use crate::label;
use crate::resource::Resource;
use crate::trace::{self, SyncStep};
use crate::waiting::WakerCell;

pub use super::remote::{RemoteReceiver, RemoteSender, remote};

/// A channel for one value, within one loop.
///
/// ```
/// use runtime::sync::oneshot;
/// runtime::block_on(async {
///     let (sender, receiver) = oneshot::channel();
///     let asked = runtime::spawn(async move { format!("{}!", receiver.await.unwrap()) });
///     sender.send("yes").unwrap();
///     assert_eq!(asked.await.unwrap(), "yes!");
/// });
/// ```
#[track_caller]
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let channel = Rc::new(Channel {
        id: label::new_id(),
        value: Cell::new(None),
        sender_gone: Cell::new(false),
        closed: Cell::new(false),
        receiver: WakerCell::default(),
        sender: WakerCell::default(),
    });
    (Sender { channel: channel.clone() }, Receiver { channel, at: Location::caller() })
}

/// What the two ends share: cells only, so there is nothing that a destructor or a waker could find borrowed.
struct Channel<T> {
    id: u64,
    value: Cell<Option<T>>,
    /// Dropped, with or without having sent.
    sender_gone: Cell<bool>,
    /// By the receiver, or its drop.
    closed: Cell<bool>,
    receiver: WakerCell,
    /// Waits for the channel to be closed.
    sender: WakerCell,
}

impl<T> Channel<T> {
    fn try_recv(&self) -> Result<T, TryRecvError> {
        match self.value.take() {
            Some(value) => {
                trace::sync(Resource::Message, self.id, SyncStep::Received { len: 0 });
                Ok(value)
            }
            None if self.sender_gone.get() || self.closed.get() => Err(TryRecvError::Closed),
            None => Err(TryRecvError::Empty),
        }
    }

    fn close(&self) {
        self.closed.set(true);
        self.sender.wake();
    }
}

/// The end that sends, once. Dropped without sending, it tells the receiver so.
pub struct Sender<T> {
    channel: Rc<Channel<T>>,
}

impl<T> Sender<T> {
    /// Sends the value. It never waits.
    ///
    /// # Errors
    /// The value, if the receiver was dropped or closed. (If it is dropped after this, the value is dropped with it.)
    ///
    /// # Example
    /// ```
    /// let (sender, receiver) = runtime::sync::oneshot::channel();
    /// drop(receiver);
    /// assert_eq!(sender.send("letter"), Err("letter")); // back to who wrote it
    /// ```
    pub fn send(self, value: T) -> Result<(), T> {
        if self.channel.closed.get() {
            return Err(value);
        }
        self.channel.value.set(Some(value));
        trace::sync(Resource::Message, self.channel.id, SyncStep::Sent { len: 1 });
        Ok(()) // and dropping `self` wakes the receiver
    }

    /// Nobody waits for the value any more.
    ///
    /// ```
    /// let (sender, mut receiver) = runtime::sync::oneshot::channel::<u8>();
    /// assert!(!sender.is_closed());
    /// receiver.close();
    /// assert!(sender.is_closed());
    /// ```
    pub fn is_closed(&self) -> bool {
        self.channel.closed.get()
    }

    /// Waits until nobody waits for the value any more: for a task that would compute it in vain.
    ///
    /// Cancel safety: dropping the future leaves nothing behind.
    ///
    /// ```
    /// use runtime::sync::oneshot;
    /// runtime::block_on(async {
    ///     let (mut sender, receiver) = oneshot::channel();
    ///     drop(receiver);
    ///     let work = std::future::pending::<u32>();
    ///     match runtime::race(sender.closed(), work).await {
    ///         runtime::Either::Left(()) => println!("nobody wants it any more"),
    ///         runtime::Either::Right(result) => sender.send(result).unwrap(),
    ///     }
    /// });
    /// ```
    #[track_caller]
    pub fn closed(&mut self) -> ReceiverGone<'_, T> {
        ReceiverGone { channel: &self.channel, at: Location::caller() }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.channel.sender_gone.set(true);
        self.channel.receiver.wake();
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("id", &self.channel.id).field("closed", &self.is_closed()).finish()
    }
}

/// The future of [`Sender::closed`].
///
/// It borrows the sender, which can send again when this is dropped:
///
/// ```
/// use runtime::{Either, race, sync::oneshot, yield_now};
/// runtime::block_on(async {
///     let (mut sender, receiver) = oneshot::channel();
///     assert_eq!(race(sender.closed(), yield_now()).await, Either::Right(()));
///     sender.send(1).unwrap();
///     assert_eq!(receiver.await, Ok(1));
/// });
/// ```
#[must_use = "a future does nothing until it is awaited"]
pub struct ReceiverGone<'a, T> {
    channel: &'a Channel<T>,
    at: &'static Location<'static>,
}

impl<T> Future for ReceiverGone<'_, T> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let channel = self.channel;
        channel.sender.register(cx);
        // After that, as it may have run anybody's code.
        if channel.closed.get() {
            return Poll::Ready(());
        }
        label::set(Resource::Other("the receiver of its answer to be gone"), channel.id, Some(self.at));
        Poll::Pending
    }
}

impl<T> Drop for ReceiverGone<'_, T> {
    fn drop(&mut self) {
        self.channel.sender.clear();
    }
}

/// The end that receives: a future of the value.
///
/// Cancel safety: the future is the end itself. Await it through `&mut` to wait again later; dropped, it takes the value
/// along if one was sent.
///
/// # Errors
/// [`Closed`], if the sender was dropped without sending, or after [`close`](Self::close), or when the value has been
/// given already.
///
/// # Example
/// ```
/// use runtime::{sync::oneshot, timeout};
/// use std::time::Duration;
/// runtime::block_on(async {
///     let (sender, mut receiver) = oneshot::channel();
///     assert!(timeout(Duration::from_millis(1), &mut receiver).await.is_err()); // not yet
///     sender.send(1).unwrap();
///     assert_eq!(receiver.await, Ok(1));
/// });
/// ```
#[must_use = "dropping it closes the channel"]
pub struct Receiver<T> {
    channel: Rc<Channel<T>>,
    at: &'static Location<'static>,
}

impl<T> Receiver<T> {
    /// The value, if it is there.
    ///
    /// # Errors
    /// [`TryRecvError`], if it is not, or never will be.
    ///
    /// # Example
    /// ```
    /// use runtime::sync::{TryRecvError, oneshot};
    /// let (sender, mut receiver) = oneshot::channel();
    /// assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    /// sender.send(1).unwrap();
    /// assert_eq!(receiver.try_recv(), Ok(1));
    /// ```
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        self.channel.try_recv()
    }

    /// Takes nothing more: whoever sends gets the value back. One that was sent before can still be received.
    ///
    /// ```
    /// use runtime::sync::oneshot;
    /// let (sender, mut receiver) = oneshot::channel();
    /// receiver.close();
    /// assert_eq!(sender.send(1), Err(1));
    /// ```
    pub fn close(&mut self) {
        self.channel.close();
    }
}

impl<T> Future for Receiver<T> {
    type Output = Result<T, Closed>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let channel = &self.channel;
        let mut received = channel.try_recv();
        if matches!(received, Err(TryRecvError::Empty)) {
            channel.receiver.register(cx);
            // Again: that may have run anybody's code, and whoever sent before it found nobody to wake.
            received = channel.try_recv();
        }
        match received {
            Ok(value) => Poll::Ready(Ok(value)),
            Err(TryRecvError::Closed) => Poll::Ready(Err(Closed)),
            Err(TryRecvError::Empty) => {
                label::set(Resource::Message, channel.id, Some(self.at));
                Poll::Pending
            }
        }
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        self.channel.receiver.clear();
        self.channel.close();
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("id", &self.channel.id).finish_non_exhaustive()
    }
}
