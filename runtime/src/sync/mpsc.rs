//! A bounded queue: many senders, one receiver. asyncio's `Queue`, tokio's `mpsc`.
//!
//! Bounded, so that whoever produces faster than the other end consumes has to wait, and memory does not grow: that is
//! backpressure.
//!
//! ```
//! use runtime::sync::mpsc;
//! runtime::block_on(async {
//!     let (sender, mut receiver) = mpsc::channel(2);
//!     for n in 1..=3 {
//!         let sender = sender.clone();
//!         runtime::spawn(async move { sender.send(n).await });
//!     }
//!     drop(sender); // the tasks have theirs
//!     let mut sum = 0;
//!     while let Some(n) = receiver.recv().await {
//!         sum += n;
//!     }
//!     assert_eq!(sum, 6);
//! });
//! ```

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::mem;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use super::error::TryRecvError;
use super::waiters::{Left, Place, Waiters};
use crate::label;
use crate::resource::Resource;
use crate::trace::{self, SyncStep};
use crate::waiting::WakerCell;

/// A channel that holds `capacity` messages.
///
/// # Panics
/// If `capacity` is 0. (A channel that holds nothing would be a meeting, and is not this.)
///
/// # Example
/// ```
/// use runtime::sync::mpsc;
/// runtime::block_on(async {
///     let (sender, mut receiver) = mpsc::channel(1);
///     let producer = runtime::spawn(async move {
///         for n in 0..100 {
///             sender.send(n).await.unwrap(); // waits until there is room again
///         }
///     });
///     for n in 0..100 {
///         assert!(receiver.len() <= 1);
///         assert_eq!(receiver.recv().await, Some(n));
///     }
///     producer.await.unwrap();
/// });
/// ```
#[track_caller]
pub fn channel<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    assert!(capacity > 0, "a channel with room for 0 messages: it takes at least 1");
    let channel = Rc::new(Channel {
        id: label::new_id(),
        capacity,
        messages: RefCell::default(),
        line: Waiters::new(),
        receiver: WakerCell::default(),
        senders: Cell::new(1),
        closed: Cell::new(false),
    });
    (Sender { channel: channel.clone() }, Receiver { channel })
}

/// What the two ends share.
struct Channel<T> {
    id: u64,
    capacity: usize,
    /// Sent and not received. Grows as need be: a large `capacity` costs nothing until it is used.
    messages: RefCell<VecDeque<T>>,
    /// Senders that wait for room. Each brings its message, and leaves it here: the receiver takes it over, in the
    /// order of the line, whenever the senders have their turns. One that is granted with the message still in it gets
    /// it back, as the channel was closed.
    ///
    /// Invariant: nobody waits while there is room.
    line: Waiters<Option<T>>,
    receiver: WakerCell,
    senders: Cell<usize>,
    closed: Cell<bool>,
}

impl<T> Channel<T> {
    fn try_send(&self, message: T) -> Result<(), TrySendError<T>> {
        if self.closed.get() {
            return Err(TrySendError::Closed(message));
        }
        {
            let mut messages = self.messages.borrow_mut();
            if messages.len() == self.capacity {
                return Err(TrySendError::Full(message));
            }
            messages.push_back(message);
        }
        self.tell(SyncStep::Sent { len: self.len() });
        self.receiver.wake();
        Ok(())
    }

    fn try_recv(&self) -> Result<T, TryRecvError> {
        let message = self.messages.borrow_mut().pop_front();
        match message {
            Some(message) => {
                // There is room for one: the first in line has brought what fills it.
                self.tell(SyncStep::Received { len: self.len() });
                if self.line.grant(|brought| self.messages.borrow_mut().extend(brought.take())) {
                    self.tell(SyncStep::Sent { len: self.len() });
                }
                Ok(message)
            }
            None if self.closed.get() || self.senders.get() == 0 => Err(TryRecvError::Closed),
            None => Err(TryRecvError::Empty),
        }
    }

    fn len(&self) -> usize {
        self.messages.borrow().len()
    }

    fn tell(&self, step: SyncStep) {
        trace::sync(Resource::Message, self.id, step);
    }

    fn close(&self) {
        if !self.closed.replace(true) {
            self.tell(SyncStep::Closed);
        }
        self.line.grant_all(|_| ());
    }
}

/// The end that sends. Clone it for each that sends; when all are dropped, the receiver comes to the end.
///
/// ```
/// use runtime::sync::mpsc;
/// runtime::block_on(async {
///     let (sender, mut receiver) = mpsc::channel(2);
///     assert!(sender.is_empty() && !sender.is_closed());
///     sender.clone().send("a").await.unwrap();
///     assert_eq!((sender.len(), sender.capacity()), (1, 2));
///     drop(sender); // the last: the clone is gone
///     assert_eq!(receiver.recv().await, Some("a"));
///     assert_eq!(receiver.recv().await, None);
/// });
/// ```
pub struct Sender<T> {
    channel: Rc<Channel<T>>,
}

impl<T> Sender<T> {
    /// Sends a message, and waits for room if there is none. Messages arrive in the order in which their `send`s were
    /// first polled.
    ///
    /// Cancel safety: a future that is dropped before it is ready may or may not have sent. If it has not, its
    /// message is dropped with it; [`Send::take_back`] saves it.
    ///
    /// # Errors
    /// [`SendError`] with the message, if the receiver is dropped or closed before there is room.
    ///
    /// # Panics
    /// When polled again after it was ready.
    #[track_caller]
    pub fn send(&self, message: T) -> Send<'_, T> {
        let place = Place::default();
        Send { channel: &self.channel, message: Some(message), place, at: Location::caller() }
    }

    /// Sends a message if there is room. (There is none while anybody waits for it.)
    ///
    /// # Errors
    /// [`TrySendError`] with the message, if there is no room, or nobody will receive it.
    ///
    /// # Example
    /// ```
    /// use runtime::sync::mpsc::{TrySendError, channel};
    /// let (sender, receiver) = channel(1);
    /// assert_eq!(sender.try_send('a'), Ok(()));
    /// assert_eq!(sender.try_send('b'), Err(TrySendError::Full('b')));
    /// drop(receiver);
    /// assert_eq!(sender.try_send('c'), Err(TrySendError::Closed('c')));
    /// ```
    pub fn try_send(&self, message: T) -> Result<(), TrySendError<T>> {
        self.channel.try_send(message)
    }

    /// The receiver was dropped or closed: nothing can be sent any more.
    pub fn is_closed(&self) -> bool {
        self.channel.closed.get()
    }

    /// How many messages were sent and not received. Those of senders who wait for room are not among them.
    pub fn len(&self) -> usize {
        self.channel.len()
    }

    /// No message is there to be received.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many messages it holds when it is full.
    pub fn capacity(&self) -> usize {
        self.channel.capacity
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.channel.senders.set(self.channel.senders.get() + 1);
        Sender { channel: self.channel.clone() }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let left = self.channel.senders.get() - 1;
        self.channel.senders.set(left);
        if left == 0 {
            self.channel.receiver.wake();
        }
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("id", &self.channel.id).field("len", &self.len()).finish()
    }
}

/// The future of [`Sender::send`].
///
/// # Panics
/// When polled again after it was ready.
#[must_use = "a future does nothing until it is awaited"]
pub struct Send<'a, T> {
    channel: &'a Channel<T>,
    /// Until the first poll.
    message: Option<T>,
    place: Place,
    at: &'static Location<'static>,
}

// The message is moved about, never pinned.
impl<T> Unpin for Send<'_, T> {}

impl<T> Send<'_, T> {
    /// Gives up, and gives the message back; `None` if it was sent.
    ///
    /// ```
    /// use runtime::sync::mpsc;
    /// use std::time::Duration;
    /// runtime::block_on(async {
    ///     let (sender, _receiver) = mpsc::channel(1);
    ///     sender.send("first").await.unwrap();
    ///     let mut send = sender.send("second");
    ///     if runtime::timeout(Duration::from_millis(1), &mut send).await.is_err() {
    ///         assert_eq!(send.take_back(), Some("second"));
    ///     }
    /// });
    /// ```
    pub fn take_back(mut self) -> Option<T> {
        self.message.take().or_else(|| self.leave())
    }

    fn leave(&mut self) -> Option<T> {
        match self.channel.line.leave(&mut self.place)? {
            Left::Waiting(message) | Left::Granted(message) => message,
        }
    }
}

impl<T> Future for Send<'_, T> {
    type Output = Result<(), SendError<T>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Send { channel, message, place, at } = &mut *self;
        if !place.is_taken() {
            let Some(message) = message.take() else {
                panic!("the send begun at {at} was polled again after it was ready");
            };
            match channel.try_send(message) {
                Ok(()) => return Poll::Ready(Ok(())),
                Err(TrySendError::Closed(message)) => return Poll::Ready(Err(SendError(message))),
                Err(TrySendError::Full(message)) => *place = channel.line.join(Some(message)),
            }
        }
        match channel.line.poll(place, cx) {
            Poll::Ready(None) => Poll::Ready(Ok(())),
            Poll::Ready(Some(message)) => Poll::Ready(Err(SendError(message))),
            Poll::Pending => {
                label::set(Resource::Room, channel.id, Some(at));
                Poll::Pending
            }
        }
    }
}

impl<T> Drop for Send<'_, T> {
    fn drop(&mut self) {
        // No room is lost by that: whoever waits behind has its message taken over as before.
        drop(self.leave());
    }
}

/// The end that receives.
///
/// ```
/// use runtime::sync::mpsc;
/// runtime::block_on(async {
///     let (sender, mut receiver) = mpsc::channel(8);
///     for n in 1..=3 {
///         sender.try_send(n).unwrap();
///     }
///     assert_eq!((receiver.len(), receiver.capacity()), (3, 8));
///     let mut batch = vec![receiver.recv().await.unwrap()]; // waits for one,
///     while let Ok(n) = receiver.try_recv() {
///         batch.push(n); // and takes what is there besides
///     }
///     assert_eq!(batch, [1, 2, 3]);
///     assert!(receiver.is_empty());
/// });
/// ```
pub struct Receiver<T> {
    channel: Rc<Channel<T>>,
}

impl<T> Receiver<T> {
    /// The next message; `None` when all have been received and no more can come, as all senders are dropped or the
    /// channel is closed.
    ///
    /// Cancel safety: a future that is dropped has taken no message.
    #[track_caller]
    pub fn recv(&mut self) -> Recv<'_, T> {
        Recv { channel: &self.channel, at: Location::caller() }
    }

    /// The next message, if one is there.
    ///
    /// # Errors
    /// [`TryRecvError`], if none is there, or none will come.
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        self.channel.try_recv()
    }

    /// Takes no more: whoever sends, or waits to, gets the message back. Those that were sent can still be received.
    ///
    /// ```
    /// use runtime::sync::mpsc;
    /// runtime::block_on(async {
    ///     let (sender, mut receiver) = mpsc::channel(1);
    ///     sender.send('a').await.unwrap();
    ///     receiver.close();
    ///     assert!(sender.send('b').await.is_err());
    ///     assert_eq!(receiver.recv().await, Some('a'));
    ///     assert_eq!(receiver.recv().await, None);
    /// });
    /// ```
    pub fn close(&mut self) {
        self.channel.close();
    }

    /// How many messages are there. Those of senders who wait for room are not among them.
    pub fn len(&self) -> usize {
        self.channel.len()
    }

    /// No message is there.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many messages it holds when it is full.
    pub fn capacity(&self) -> usize {
        self.channel.capacity
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        self.channel.close();
        // Now, and not when the last sender goes. trap 18: messages have destructors, which may use this channel:
        // so they are moved out of it first.
        let unreceived = mem::take(&mut *self.channel.messages.borrow_mut());
        drop(unreceived);
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("id", &self.channel.id).field("len", &self.len()).finish()
    }
}

/// The future of [`Receiver::recv`].
///
/// Dropped, it has taken no message, so it may lose a race:
///
/// ```
/// use runtime::{race, sync::mpsc, yield_now};
/// runtime::block_on(async {
///     let (sender, mut receiver) = mpsc::channel(1);
///     race(receiver.recv(), yield_now()).await;
///     sender.send("safe").await.unwrap();
///     drop(receiver.recv());
///     assert_eq!(receiver.recv().await, Some("safe"));
/// });
/// ```
#[must_use = "a future does nothing until it is awaited"]
pub struct Recv<'a, T> {
    channel: &'a Channel<T>,
    at: &'static Location<'static>,
}

impl<T> Future for Recv<'_, T> {
    type Output = Option<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let channel = self.channel;
        let mut received = channel.try_recv();
        if matches!(received, Err(TryRecvError::Empty)) {
            channel.receiver.register(cx);
            // Again: that may have run anybody's code, and whoever sent before it found nobody to wake.
            received = channel.try_recv();
        }
        match received {
            Ok(message) => Poll::Ready(Some(message)),
            Err(TryRecvError::Closed) => Poll::Ready(None),
            Err(TryRecvError::Empty) => {
                label::set(Resource::Message, channel.id, Some(self.at));
                Poll::Pending
            }
        }
    }
}

impl<T> Drop for Recv<'_, T> {
    fn drop(&mut self) {
        self.channel.receiver.clear();
    }
}

/// Nobody will receive it: the message, given back.
///
/// ```
/// use runtime::sync::mpsc::{SendError, channel};
/// runtime::block_on(async {
///     let (sender, receiver) = channel(1);
///     drop(receiver);
///     let SendError(message) = sender.send("for later").await.unwrap_err();
///     assert_eq!(message, "for later");
/// });
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SendError<T>(pub T);

impl<T> fmt::Display for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the receiver of the channel was dropped or closed: nobody will take the message")
    }
}

impl<T> fmt::Debug for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SendError(..)")
    }
}

impl<T> std::error::Error for SendError<T> {}

/// Not sent: the message, given back, and why.
///
/// ```
/// use runtime::sync::mpsc::{TrySendError, channel};
/// let (log, _writer) = channel(1);
/// let mut skipped = 0;
/// for line in ["one", "two", "three"] {
///     match log.try_send(line) {
///         Ok(()) => {}
///         Err(TrySendError::Full(_)) => skipped += 1, // a log must not hold up the work
///         Err(TrySendError::Closed(line)) => eprintln!("{line}"),
///     }
/// }
/// assert_eq!(skipped, 2);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum TrySendError<T> {
    /// There is no room now.
    Full(T),
    /// Nobody will receive it.
    Closed(T),
}

impl<T> fmt::Display for TrySendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TrySendError::Full(_) => "the channel is full: try again later, or wait with send",
            TrySendError::Closed(_) => {
                "the receiver of the channel was dropped or closed: nobody will take the message"
            }
        })
    }
}

impl<T> fmt::Debug for TrySendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TrySendError::Full(_) => "Full(..)",
            TrySendError::Closed(_) => "Closed(..)",
        })
    }
}

impl<T> std::error::Error for TrySendError<T> {}
