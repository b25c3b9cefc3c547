//! 18 · A bounded channel
//!
//! # The idea
//! A channel is a queue with an end to put in and an end to take out, and with tasks that wait
//! at both. *Bounded* means that it holds so many messages and no more: who sends into a full
//! one waits until there is room. So who produces is no faster than who consumes, and the
//! memory does not fill. That is called backpressure.
//!
//! All its tasks are on one loop, so cells do, and no lock is needed. What is hard is to wait.
//! Each future that waits leaves its waker in the channel; whoever makes room, or sends, wakes
//! it. And each may be dropped at any time, by a `timeout` or a `race`: while it waits, or
//! *after* it was woken and before it had its turn. In the second case a wake was spent on one
//! who is gone, and the next in line waits for ever, though there is room.
//!
//! There are two ways around it. The `drop` of one who was woken wakes the next. Or nothing
//! hangs on the turn of the one who is woken: a sender that waits leaves its *message* in the
//! line, too, and `recv`, which makes room, moves the first of these into the queue itself.
//! Then the sender has sent, and is woken only to hear of it.
//!
//! # What to write
//! [`channel`], [`Sender`] and [`Receiver`], with the runtime's crate if you like:
//! `runtime::waiting_on("room")` names what a task waits for, in the reports of a stall.
//! (`runtime::sync::mpsc` itself would be no answer. `sync::Semaphore`, with the room as its
//! permits, is a good one, if you know how it works.) One way to begin:
//! - `struct Shared<T>`, which the two ends hold as `Rc<Shared<T>>`: the messages, the
//!   capacity, how many senders there are, whether the receiver is gone, the receiver's waker,
//!   and the line of the senders that wait.
//! - an entry of the line is an `Rc<Waiter<T>>` that the future of `send` has, too: message,
//!   waker, and whether it is done.
//! - `send` and `recv` each make a struct that implements [`Future`], and [`Drop`]. Where they
//!   are `async fn`, what is to be done at a drop goes into a guard.
//!
//! # What is checked
//! - First in, first out, and never more messages in the channel than its capacity. A send that
//!   waits is not in it.
//! - `send` and `recv` are ready at their first poll if they need not wait. Else they are
//!   woken: the task of the latest poll.
//! - Room goes to the one who has waited longest, and a `send` that comes later does not
//!   overtake. One message received wakes one sender.
//! - A `send` that is dropped while it waits has sent nothing. Dropped after it was woken it
//!   may have sent, or not; but nobody behind it is forgotten. A `recv` that is dropped has
//!   taken no message.
//! - When the last sender is dropped, the receiver gets what is there, and then `None`. It is
//!   woken for that.
//! - When the receiver is dropped, all who wait to send and all who come get their message
//!   back; what was not received is dropped at once.
//! - Wakers, and the destructors of wakers and of messages, are anybody's code: they may use
//!   the channel.
//! - Then five producers and a slow consumer, and sixty sends under a `timeout`, on the runtime
//!   in virtual time (see GLOSSARY.md).
//!
//! # In the real thing
//! `runtime/src/sync/mpsc.rs`, and `waiters.rs` beside it: the line in which a waiter is
//! *granted* what it waits for.
//!
//! # Traps (TRAPS.md)
//! - 6: the waker of an earlier poll is kept.
//! - 16, 17, 18: to wake, to drop a replaced waker, or to drop messages, while the channel is
//!   borrowed. `if let Some(waker) = self.waker.borrow_mut().take() { waker.wake() }` does
//!   that: the borrow lives to the end of the `if let`. A `Cell` and `take` or `replace` never
//!   lend anything.
//! - 36: nobody says that the other side is gone, and who waits for it waits for ever.
//! - 37: one who is dropped takes the message or the wake with it.
//! - 39: all senders are woken for room that is enough for one.
//! - 40: who comes later overtakes.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// A channel that holds so many messages, at least 1.
pub fn channel<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    todo!("channel")
}

/// The end that sends. There may be many.
pub struct Sender<T> {
    // What do the ends share?
    messages: std::marker::PhantomData<T>,
}

impl<T> Sender<T> {
    /// Sends the message, and waits for room if there is none. It comes back as an error if the receiver is gone.
    // Or `pub fn send(…) -> impl Future<Output = Result<(), T>>`, which gives a struct of yours.
    pub async fn send(&self, message: T) -> Result<(), T> {
        todo!("Sender::send")
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        todo!("Sender::clone")
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        // Who has to hear of the last one?
    }
}

/// The end that receives.
pub struct Receiver<T> {
    messages: std::marker::PhantomData<T>,
}

impl<T> Receiver<T> {
    /// The next message; `None` when all are received and no sender is left.
    pub async fn recv(&mut self) -> Option<T> {
        todo!("Receiver::recv")
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        // And who of this?
    }
}
