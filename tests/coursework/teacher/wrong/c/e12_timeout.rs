//! 12, wrong: the limit is kept by a task of its own, which stays when it is not needed (trap 23).
//! says: deadlines are still set

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::given::time::sleep;

#[derive(Debug, PartialEq, Eq)]
pub struct Elapsed;

#[derive(Debug, PartialEq, Eq)]
pub struct Cancelled;

pub async fn timeout<F: Future>(limit: Duration, future: F) -> Result<F::Output, Elapsed> {
    let over = Rc::new(Shared::default());
    let mine = over.clone();
    crate::given::time::spawn(async move {
        sleep(limit).await;
        Canceller { shared: mine }.cancel();
    });
    let mut future = Some(Box::pin(future));
    poll_fn(move |cx| {
        if let Some(future) = &mut future
            && let Poll::Ready(output) = future.as_mut().poll(cx)
        {
            return Poll::Ready(Ok(output));
        }
        over.waiter.replace(Some(cx.waker().clone()));
        if over.cancelled.get() {
            drop(future.take());
            return Poll::Ready(Err(Elapsed));
        }
        Poll::Pending
    })
    .await
}

#[derive(Default)]
struct Shared {
    cancelled: Cell<bool>,
    waiter: RefCell<Option<Waker>>,
}

pub struct Canceller {
    shared: Rc<Shared>,
}

impl Canceller {
    pub fn cancel(&self) {
        self.shared.cancelled.set(true);
        let waiter = self.shared.waiter.take();
        if let Some(waker) = waiter {
            waker.wake();
        }
    }
}

pub fn cancellable<F: Future>(future: F) -> (Canceller, impl Future<Output = Result<F::Output, Cancelled>>) {
    let shared = Rc::new(Shared::default());
    let canceller = Canceller { shared: shared.clone() };
    let mut future = Some(Box::pin(future));
    let ends = poll_fn(move |cx| {
        let Some(inner) = future.as_mut().filter(|_| !shared.cancelled.get()) else {
            drop(future.take());
            return Poll::Ready(Err(Cancelled));
        };
        let replaced = shared.waiter.replace(Some(cx.waker().clone()));
        drop(replaced);
        inner.as_mut().poll(cx).map(Ok)
    });
    (canceller, ends)
}
