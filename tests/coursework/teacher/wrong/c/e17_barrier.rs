//! 17, wrong: every one of the round is its leader, as each sees that all have come.
//! says: leaders. There must be one a round

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken;

#[derive(Clone)]
pub struct Barrier(Rc<Shared>);

struct Shared {
    parties: usize,
    broken: Cell<bool>,
    /// Who waits in this round. Its length is the count: none is kept beside it.
    line: RefCell<Vec<Rc<Place>>>,
}

/// A future's place in its round.
#[derive(Default)]
struct Place {
    /// What was decided, once it was.
    answer: Cell<Option<Result<bool, Broken>>>,
    waker: Cell<Option<Waker>>,
}

impl Barrier {
    pub fn new(parties: usize) -> Barrier {
        Barrier(Rc::new(Shared { parties, broken: Cell::new(false), line: RefCell::default() }))
    }

    pub fn wait(&self) -> Wait {
        Wait { barrier: self.clone(), place: None }
    }

    pub fn waiting(&self) -> usize {
        self.0.line.borrow().len()
    }

    pub fn reset(&self) {
        self.0.broken.set(false);
        self.answer(Err(Broken));
    }

    pub fn abort(&self) {
        self.0.broken.set(true);
        self.answer(Err(Broken));
    }

    /// The round is over: all who wait are told, and only then woken.
    fn answer(&self, answer: Result<bool, Broken>) {
        let places = self.0.line.take();
        for place in &places {
            place.answer.set(Some(answer));
        }
        for place in places {
            if let Some(waker) = place.waker.take() {
                waker.wake();
            }
        }
    }
}

pub struct Wait {
    barrier: Barrier,
    place: Option<Rc<Place>>,
}

impl Future for Wait {
    type Output = Result<bool, Broken>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Wait { barrier, place } = &mut *self;
        let place = match place {
            Some(place) => place,
            None => {
                if barrier.0.broken.get() {
                    return Poll::Ready(Err(Broken));
                }
                if barrier.waiting() + 1 == barrier.0.parties {
                    barrier.answer(Ok(true));
                    return Poll::Ready(Ok(true));
                }
                let place = place.insert(Rc::default());
                barrier.0.line.borrow_mut().push(place.clone());
                place
            }
        };
        if let Some(answer) = place.answer.get() {
            return Poll::Ready(answer);
        }
        let replaced = place.waker.replace(Some(cx.waker().clone()));
        drop(replaced);
        Poll::Pending
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        // Its place is still held here: the waker in it is dropped after the borrow. Once it was answered, it is not in the
        // line any more.
        if let Some(place) = &self.place {
            self.barrier.0.line.borrow_mut().retain(|other| !Rc::ptr_eq(other, place));
        }
    }
}
