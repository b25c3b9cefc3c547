//! 17, wrong: a counter, and everybody looks whether it is high enough; the next round finds it as it was (trap 38).
//! says: something of the last round is still counted

use std::cell::{Cell, RefCell};
use std::mem;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken;

#[derive(Clone)]
pub struct Barrier(Rc<Shared>);

struct Shared {
    parties: usize,
    count: Cell<usize>,
    broken: Cell<bool>,
    wakers: RefCell<Vec<Waker>>,
}

impl Barrier {
    pub fn new(parties: usize) -> Barrier {
        Barrier(Rc::new(Shared {
            parties,
            count: Cell::new(0),
            broken: Cell::new(false),
            wakers: RefCell::default(),
        }))
    }

    pub fn wait(&self) -> Wait {
        Wait { barrier: self.clone(), came: false }
    }

    pub fn waiting(&self) -> usize {
        self.0.count.get() % self.0.parties
    }

    pub fn reset(&self) {
        self.abort();
        self.0.broken.set(false);
    }

    pub fn abort(&self) {
        self.0.broken.set(true);
        self.wake();
    }

    fn wake(&self) {
        self.0.wakers.take().into_iter().for_each(Waker::wake);
    }
}

pub struct Wait {
    barrier: Barrier,
    came: bool,
}

impl Future for Wait {
    type Output = Result<bool, Broken>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let shared = self.barrier.0.clone();
        if shared.broken.get() {
            return Poll::Ready(Err(Broken));
        }
        let is_first_poll = !mem::replace(&mut self.came, true);
        if is_first_poll {
            shared.count.set(shared.count.get() + 1);
        }
        if shared.count.get() >= shared.parties {
            self.barrier.wake();
            return Poll::Ready(Ok(is_first_poll));
        }
        shared.wakers.borrow_mut().push(cx.waker().clone());
        Poll::Pending
    }
}
