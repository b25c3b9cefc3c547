//! A task with an output: what exercise 11 needs of exercise 08. Without `abort`, and a panic goes through.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use super::executor;

/// The other end of a task: awaited, it gives the output.
pub struct JoinHandle<T>(Rc<Place<T>>);

struct Place<T> {
    output: Cell<Option<T>>,
    waiter: RefCell<Option<Waker>>,
}

/// Spawns a task with an output.
pub fn spawn<T: 'static>(task: impl Future<Output = T> + 'static) -> JoinHandle<T> {
    let place = Rc::new(Place { output: Cell::new(None), waiter: RefCell::new(None) });
    let left = place.clone();
    executor::spawn(async move {
        left.output.set(Some(task.await));
        let waiter = left.waiter.take();
        if let Some(waker) = waiter {
            waker.wake();
        }
    });
    JoinHandle(place)
}

impl<T> Future for JoinHandle<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        if let Some(output) = self.0.output.take() {
            return Poll::Ready(output);
        }
        let replaced = self.0.waiter.replace(Some(cx.waker().clone()));
        drop(replaced);
        Poll::Pending
    }
}
