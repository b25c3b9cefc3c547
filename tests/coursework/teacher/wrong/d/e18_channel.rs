//! 18, wrong: it wakes in an `if let` that borrows (trap 16).
//! says: trap 16

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

struct Shared<T> {
    capacity: usize,
    messages: RefCell<VecDeque<T>>,
    /// Senders that wait for room, with their messages. Nobody waits while there is room.
    line: RefCell<VecDeque<Rc<Waiter<T>>>>,
    receiver: RefCell<Option<Waker>>,
    senders: Cell<usize>,
    closed: Cell<bool>,
}

struct Waiter<T> {
    /// Taken out when there is room. One that is done with its message still here gets it back.
    message: Cell<Option<T>>,
    waker: RefCell<Option<Waker>>,
    done: Cell<bool>,
}

impl<T> Waiter<T> {
    fn finish(&self) {
        self.done.set(true);
        wake(&self.waker);
    }
}

fn wake(waker: &RefCell<Option<Waker>>) {
    if let Some(waker) = waker.borrow_mut().take() {
        waker.wake();
    }
}

/// What it replaces is dropped after that.
fn keep(place: &RefCell<Option<Waker>>, cx: &Context<'_>) {
    let replaced = place.replace(Some(cx.waker().clone()));
    drop(replaced);
}

pub fn channel<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    assert!(capacity > 0, "a channel holds at least 1");
    let shared = Rc::new(Shared {
        capacity,
        messages: RefCell::default(),
        line: RefCell::default(),
        receiver: RefCell::default(),
        senders: Cell::new(1),
        closed: Cell::new(false),
    });
    (Sender(shared.clone()), Receiver(shared))
}

pub struct Sender<T>(Rc<Shared<T>>);

impl<T> Sender<T> {
    pub fn send(&self, message: T) -> impl Future<Output = Result<(), T>> {
        Send { shared: &self.0, message: Some(message), waiter: None }
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.0.senders.set(self.0.senders.get() + 1);
        Sender(self.0.clone())
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let left = self.0.senders.get() - 1;
        self.0.senders.set(left);
        if left == 0 {
            wake(&self.0.receiver);
        }
    }
}

struct Send<'a, T> {
    shared: &'a Shared<T>,
    /// Until the first poll.
    message: Option<T>,
    waiter: Option<Rc<Waiter<T>>>,
}

impl<T> Unpin for Send<'_, T> {}

impl<T> Future for Send<'_, T> {
    type Output = Result<(), T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), T>> {
        let shared = self.shared;
        if let Some(waiter) = &self.waiter {
            if !waiter.done.get() {
                keep(&waiter.waker, cx);
                return Poll::Pending;
            }
            let back = waiter.message.take();
            return Poll::Ready(back.map_or(Ok(()), Err));
        }
        let message = self.message.take().expect("a send is not polled after it was ready");
        if shared.closed.get() {
            return Poll::Ready(Err(message));
        }
        let has_room = shared.messages.borrow().len() < shared.capacity;
        if has_room {
            shared.messages.borrow_mut().push_back(message);
            wake(&shared.receiver);
            return Poll::Ready(Ok(()));
        }
        runtime::waiting_on("room in the channel");
        let waiter = Rc::new(Waiter {
            message: Cell::new(Some(message)),
            waker: RefCell::new(Some(cx.waker().clone())),
            done: Cell::new(false),
        });
        shared.line.borrow_mut().push_back(waiter.clone());
        self.waiter = Some(waiter);
        Poll::Pending
    }
}

impl<T> Drop for Send<'_, T> {
    fn drop(&mut self) {
        if let Some(waiter) = self.waiter.take() {
            // Its message, if it was not taken, and its waker are dropped with `waiter`: after this borrow.
            self.shared.line.borrow_mut().retain(|other| !Rc::ptr_eq(other, &waiter));
        }
    }
}

pub struct Receiver<T>(Rc<Shared<T>>);

impl<T> Receiver<T> {
    pub fn recv(&mut self) -> impl Future<Output = Option<T>> {
        Recv(&self.0)
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        self.0.closed.set(true);
        let (line, messages) = (self.0.line.take(), self.0.messages.take());
        line.iter().for_each(|waiter| waiter.finish());
        drop(messages);
    }
}

struct Recv<'a, T>(&'a Shared<T>);

impl<T> Future for Recv<'_, T> {
    type Output = Option<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let shared = self.0;
        let message = shared.messages.borrow_mut().pop_front();
        let Some(message) = message else {
            if shared.senders.get() == 0 {
                return Poll::Ready(None);
            }
            runtime::waiting_on("a message");
            keep(&shared.receiver, cx);
            return Poll::Pending;
        };
        // There is room for one: the first in line has brought what fills it.
        let first = shared.line.borrow_mut().pop_front();
        if let Some(first) = first {
            shared.messages.borrow_mut().extend(first.message.take());
            first.finish();
        }
        Poll::Ready(Some(message))
    }
}

impl<T> Drop for Recv<'_, T> {
    fn drop(&mut self) {
        drop(self.0.receiver.take());
    }
}
