//! 16, wrong: whoever finds enough takes it, also past those who wait (trap 40).
//! says: the small ones overtake it

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

#[derive(Clone)]
pub struct Semaphore(Rc<Shared>);

struct Shared {
    /// Too few for the first in line.
    available: Cell<usize>,
    line: RefCell<VecDeque<Rc<Place>>>,
}

/// A future's place in line. Once it is granted, it is not in the line any more.
struct Place {
    n: usize,
    granted: Cell<bool>,
    waker: Cell<Option<Waker>>,
}

impl Semaphore {
    pub fn new(permits: usize) -> Semaphore {
        Semaphore(Rc::new(Shared { available: Cell::new(permits), line: RefCell::default() }))
    }

    pub fn acquire(&self, n: usize) -> Acquire {
        Acquire { semaphore: self.clone(), n, place: None }
    }

    pub fn try_acquire(&self, n: usize) -> Option<Permit> {
        let left = self.0.available.get().checked_sub(n)?;
        self.0.available.set(left);
        Some(self.permit(n))
    }

    pub fn available(&self) -> usize {
        self.0.available.get()
    }

    fn permit(&self, n: usize) -> Permit {
        Permit { semaphore: self.clone(), n }
    }

    fn release(&self, n: usize) {
        self.0.available.set(self.0.available.get() + n);
        self.serve();
    }

    /// Grants as many as can be, in their order.
    fn serve(&self) {
        while let Some(place) = self.first() {
            if let Some(waker) = place.waker.take() {
                waker.wake();
            }
        }
    }

    /// Takes the first out of the line, with what it wants, if that is there. The borrow ends here.
    fn first(&self) -> Option<Rc<Place>> {
        let mut line = self.0.line.borrow_mut();
        let left = self.0.available.get().checked_sub(line.front()?.n)?;
        self.0.available.set(left);
        let place = line.pop_front()?;
        place.granted.set(true);
        Some(place)
    }
}

pub struct Acquire {
    semaphore: Semaphore,
    n: usize,
    place: Option<Rc<Place>>,
}

impl Future for Acquire {
    type Output = Permit;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Permit> {
        let this = &mut *self;
        let place = match &this.place {
            Some(place) if place.granted.get() => {
                this.place = None;
                return Poll::Ready(this.semaphore.permit(this.n));
            }
            Some(place) => place,
            None => {
                if let Some(permit) = this.semaphore.try_acquire(this.n) {
                    return Poll::Ready(permit);
                }
                let place = Place { n: this.n, granted: Cell::new(false), waker: Cell::new(None) };
                let place = this.place.insert(Rc::new(place));
                this.semaphore.0.line.borrow_mut().push_back(place.clone());
                place
            }
        };
        let replaced = place.waker.replace(Some(cx.waker().clone()));
        drop(replaced);
        Poll::Pending
    }
}

impl Drop for Acquire {
    fn drop(&mut self) {
        let Some(place) = self.place.take() else { return };
        if place.granted.get() {
            self.semaphore.release(self.n);
        } else {
            // `place` is still held here: its waker is dropped after the borrow.
            self.semaphore.0.line.borrow_mut().retain(|other| !Rc::ptr_eq(other, &place));
            self.semaphore.serve();
        }
    }
}

pub struct Permit {
    semaphore: Semaphore,
    n: usize,
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.semaphore.release(self.n);
    }
}
