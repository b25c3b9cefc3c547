//! 08, wrong: the panic is not caught (trap 20).
//! says: it took the loop and all other tasks with it

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use crate::given::executor;

pub enum JoinError {
    Panicked(Box<dyn Any + Send>),
    Cancelled,
}

pub struct JoinHandle<T> {
    place: Rc<Place<T>>,
}

struct Place<T> {
    result: RefCell<Option<Result<T, JoinError>>>,
    finished: Cell<bool>,
    /// Who awaits the handle.
    waiter: RefCell<Option<Waker>>,
    aborted: Cell<bool>,
    /// Whom an abort wakes.
    task: RefCell<Option<Waker>>,
}

impl<T> Place<T> {
    fn leave(&self, result: Result<T, JoinError>) {
        *self.result.borrow_mut() = Some(result); // the first: no destructor runs under this borrow
        self.finished.set(true);
        let waiter = self.waiter.take();
        if let Some(waker) = waiter {
            waker.wake();
        }
    }
}

pub fn spawn<T: 'static>(task: impl Future<Output = T> + 'static) -> JoinHandle<T> {
    let place = Rc::new(Place {
        result: RefCell::new(None),
        finished: Cell::new(false),
        waiter: RefCell::new(None),
        aborted: Cell::new(false),
        task: RefCell::new(None),
    });
    let handle = JoinHandle { place: place.clone() };
    let mut task = Some(Box::pin(task));
    executor::spawn(poll_fn(move |cx| {
        if place.aborted.get() {
            drop(task.take());
            place.leave(Err(JoinError::Cancelled));
            return Poll::Ready(());
        }
        let replaced = place.task.replace(Some(cx.waker().clone()));
        drop(replaced);
        let Some(future) = &mut task else { return Poll::Ready(()) };
        let result = match future.as_mut().poll(cx) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(output) => Ok(output),
        };
        drop(task.take());
        place.leave(result);
        Poll::Ready(())
    }));
    handle
}

impl<T> JoinHandle<T> {
    pub fn is_finished(&self) -> bool {
        self.place.finished.get()
    }

    pub fn abort(&self) {
        self.place.aborted.set(true);
        let task = self.place.task.borrow().clone();
        if let Some(waker) = task {
            waker.wake();
        }
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let result = self.place.result.take();
        if let Some(result) = result {
            return Poll::Ready(result);
        }
        let replaced = self.place.waiter.replace(Some(cx.waker().clone()));
        drop(replaced);
        Poll::Pending
    }
}
