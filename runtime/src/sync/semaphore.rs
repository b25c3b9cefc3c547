//! A number of permits: so many may do it at once.

use std::cell::Cell;
use std::fmt;
use std::ops::Deref;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use super::error::{Closed, TryAcquireError};
use super::waiters::{Left, Place, Waiters};
use crate::label;
use crate::resource::Resource;
use crate::trace::{self, SyncStep};

/// A number of permits. Whoever needs some takes them, and gives them back when done; a task that finds too few waits.
/// asyncio's and tokio's `Semaphore`.
///
/// It is fair to large requests too (trap 40). Permits that come back are kept for the first in line until there are
/// enough for it; nobody behind it, and no `try_acquire`, gets any until then. So a large request does not starve
/// behind small ones, and it is not overtaken by them either.
///
/// ```
/// use runtime::sync::Semaphore;
/// use std::{cell::Cell, rc::Rc};
/// runtime::block_on(async {
///     let permits = Rc::new(Semaphore::new(2));
///     let (now, most) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
///     let downloads = (0..10).map(|_| {
///         let (permits, now, most) = (permits.clone(), now.clone(), most.clone());
///         async move {
///             let _permit = permits.acquire(1).await.unwrap();
///             now.set(now.get() + 1);
///             most.set(most.get().max(now.get()));
///             runtime::yield_now().await;
///             now.set(now.get() - 1);
///         }
///     });
///     runtime::join_all(downloads).await;
///     assert_eq!(most.get(), 2);
/// });
/// ```
pub struct Semaphore {
    id: u64,
    /// In nobody's hands. Invariant: too few for the first in line.
    available: Cell<usize>,
    closed: Cell<bool>,
    /// Each brings how many it wants, and is granted that many or told that it is closed.
    line: Waiters<Result<usize, Closed>>,
}

impl Semaphore {
    /// A semaphore with so many permits.
    pub fn new(permits: usize) -> Self {
        Semaphore {
            id: label::new_id(),
            available: Cell::new(permits),
            closed: Cell::new(false),
            line: Waiters::new(),
        }
    }

    /// Waits for `n` permits, all at once; they go back when the [`Permit`] is dropped. asyncio knows only one at a
    /// time; tokio's `acquire_many`.
    ///
    /// More than there are in all is waited for until somebody [adds](Self::add_permits) some, and so it is by all behind.
    ///
    /// Cancel safety: dropping the future gives up the place in line, and the permits if they had just come.
    ///
    /// # Errors
    /// [`Closed`] if the semaphore is closed, or becomes so before the permits have come.
    #[track_caller]
    pub fn acquire(&self, n: usize) -> Acquire<&Self> {
        Acquire { semaphore: self, n, place: Place::default(), at: Location::caller() }
    }

    /// As [`acquire`](Self::acquire), for a permit that need not borrow the semaphore: it can be moved into a task.
    ///
    /// # Errors
    /// [`Closed`], as there. So is the cancel safety.
    ///
    /// # Example
    /// ```
    /// use runtime::sync::Semaphore;
    /// use std::rc::Rc;
    /// runtime::block_on(async {
    ///     let semaphore = Rc::new(Semaphore::new(1));
    ///     let permit = semaphore.clone().acquire_owned(1).await.unwrap();
    ///     let task = runtime::spawn(async move { drop(permit) });
    ///     let _again = semaphore.acquire(1).await.unwrap();
    ///     assert!(task.is_finished());
    /// });
    /// ```
    #[track_caller]
    pub fn acquire_owned(self: Rc<Self>, n: usize) -> Acquire<Rc<Self>> {
        Acquire { semaphore: self, n, place: Place::default(), at: Location::caller() }
    }

    /// `n` permits, if they are there and nobody waits.
    ///
    /// # Errors
    /// [`TryAcquireError`] if they are not, or the semaphore is closed.
    ///
    /// # Example
    /// ```
    /// use runtime::sync::{Semaphore, TryAcquireError};
    /// let semaphore = Semaphore::new(3);
    /// let permit = semaphore.try_acquire(2);
    /// assert_eq!(semaphore.try_acquire(2).err(), Some(TryAcquireError::NoPermits));
    /// drop(permit);
    /// assert!(semaphore.try_acquire(2).is_ok());
    /// ```
    pub fn try_acquire(&self, n: usize) -> Result<Permit<&Self>, TryAcquireError> {
        self.take(n)?;
        Ok(Permit { semaphore: self, n })
    }

    /// As [`try_acquire`](Self::try_acquire), for a permit that need not borrow the semaphore.
    ///
    /// # Errors
    /// As there.
    ///
    /// # Example
    /// ```
    /// use runtime::sync::Semaphore;
    /// use std::rc::Rc;
    /// runtime::block_on(async {
    ///     let places = Rc::new(Semaphore::new(1));
    ///     let mut refused = 0;
    ///     for _guest in 0..3 {
    ///         match places.clone().try_acquire_owned(1) {
    ///             Ok(place) => drop(runtime::spawn(async move { drop(place) })),
    ///             Err(_) => refused += 1, // rather than to wait
    ///         }
    ///     }
    ///     assert_eq!(refused, 2);
    /// });
    /// ```
    pub fn try_acquire_owned(self: Rc<Self>, n: usize) -> Result<Permit<Rc<Self>>, TryAcquireError> {
        self.take(n)?;
        Ok(Permit { semaphore: self, n })
    }

    /// Adds permits, for good. (More than `usize::MAX` in all are `usize::MAX`.)
    ///
    /// ```
    /// use runtime::{join, sync::Semaphore};
    /// runtime::block_on(async {
    ///     let ready = Semaphore::new(0); // a count of what was made
    ///     let (both, ()) = join(ready.acquire(2), async {
    ///         ready.add_permits(1);
    ///         ready.add_permits(2);
    ///     })
    ///     .await;
    ///     both.unwrap().forget(); // used up
    ///     assert_eq!(ready.available(), 1);
    /// });
    /// ```
    pub fn add_permits(&self, n: usize) {
        self.tell(SyncStep::Released { n });
        self.available.set(self.available.get().saturating_add(n));
        self.serve();
    }

    /// How many permits are in nobody's hands. While a task waits, they are kept for it.
    pub fn available(&self) -> usize {
        self.available.get()
    }

    /// Closes it: all who wait, and all who come, get [`Closed`]. Permits that are out stay good.
    ///
    /// ```
    /// use runtime::sync::{Closed, Semaphore};
    /// runtime::block_on(async {
    ///     let semaphore = Semaphore::new(1);
    ///     semaphore.close();
    ///     assert_eq!(semaphore.acquire(1).await.err(), Some(Closed));
    /// });
    /// ```
    pub fn close(&self) {
        self.closed.set(true);
        self.tell(SyncStep::Closed);
        self.line.grant_all(|wanted| *wanted = Err(Closed));
    }

    /// It was closed.
    ///
    /// ```
    /// let semaphore = runtime::sync::Semaphore::new(1);
    /// let permit = semaphore.try_acquire(1).unwrap();
    /// semaphore.close();
    /// assert!(semaphore.is_closed() && permit.count() == 1); // which stays good
    /// ```
    pub fn is_closed(&self) -> bool {
        self.closed.get()
    }

    fn tell(&self, step: SyncStep) {
        trace::sync(Resource::Permits, self.id, step);
    }

    fn take(&self, n: usize) -> Result<(), TryAcquireError> {
        if self.closed.get() {
            return Err(TryAcquireError::Closed);
        }
        // trap 40: enough for this one, but another was first.
        match self.available.get().checked_sub(n) {
            Some(left) if self.line.is_empty() => {
                self.available.set(left);
                self.tell(SyncStep::Acquired { n });
                Ok(())
            }
            _ => Err(TryAcquireError::NoPermits),
        }
    }

    /// Permits have come, or the first in line has gone: grants as many requests as can be, in their order.
    fn serve(&self) {
        while let Some(Ok(wanted)) = self.line.first()
            && let Some(left) = self.available.get().checked_sub(wanted)
        {
            self.available.set(left);
            self.line.grant(|_| ());
        }
    }
}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Semaphore")
            .field("id", &self.id)
            .field("available", &self.available.get())
            .field("waiting", &self.line.len())
            .field("closed", &self.closed.get())
            .finish()
    }
}

/// The future of [`Semaphore::acquire`] and [`Semaphore::acquire_owned`]; `S` is how it holds the semaphore.
///
/// Dropped, it leaves the line, and what was kept for it goes to those behind:
///
/// ```
/// use runtime::{race, sync::Semaphore, yield_now};
/// runtime::block_on(async {
///     let semaphore = Semaphore::new(2);
///     let (mut large, mut small) = (semaphore.acquire(3), semaphore.acquire(1));
///     race(&mut large, yield_now()).await;
///     race(&mut small, yield_now()).await; // waits: it came second
///     drop(large);
///     assert_eq!(small.await.unwrap().count(), 1);
/// });
/// ```
#[must_use = "a future does nothing until it is awaited"]
pub struct Acquire<S: Deref<Target = Semaphore>> {
    semaphore: S,
    n: usize,
    place: Place,
    at: &'static Location<'static>,
}

// The semaphore is reached through `S`, never pinned in it.
impl<S: Deref<Target = Semaphore>> Unpin for Acquire<S> {}

impl<S: Deref<Target = Semaphore> + Clone> Future for Acquire<S> {
    type Output = Result<Permit<S>, Closed>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Acquire { semaphore, n, place, at } = &mut *self;
        if !place.is_taken() {
            match semaphore.take(*n) {
                Ok(()) => return Poll::Ready(Ok(Permit { semaphore: semaphore.clone(), n: *n })),
                Err(TryAcquireError::Closed) => return Poll::Ready(Err(Closed)),
                Err(TryAcquireError::NoPermits) => *place = semaphore.line.join(Ok(*n)),
            }
        }
        match semaphore.line.poll(place, cx) {
            Poll::Ready(Ok(n)) => {
                semaphore.tell(SyncStep::Acquired { n });
                Poll::Ready(Ok(Permit { semaphore: semaphore.clone(), n }))
            }
            Poll::Ready(Err(closed)) => Poll::Ready(Err(closed)),
            Poll::Pending => {
                label::set(Resource::Permits, semaphore.id, Some(at));
                Poll::Pending
            }
        }
    }
}

impl<S: Deref<Target = Semaphore>> Drop for Acquire<S> {
    fn drop(&mut self) {
        match self.semaphore.line.leave(&mut self.place) {
            // trap 37: they had come, and nobody will use them.
            Some(Left::Granted(Ok(n))) => self.semaphore.add_permits(n),
            // It may have been the first, and what was too little for it may do for the next.
            Some(Left::Waiting(_)) => self.semaphore.serve(),
            Some(Left::Granted(Err(Closed))) | None => {}
        }
    }
}

/// Permits that somebody has. Dropping it gives them back. `S` is how it holds the semaphore: `&Semaphore`
/// or `Rc<Semaphore>`.
///
/// ```
/// use runtime::sync::Semaphore;
/// let semaphore = Semaphore::new(5);
/// {
///     let permit = semaphore.try_acquire(4).unwrap();
///     assert_eq!((permit.count(), semaphore.available()), (4, 1));
/// }
/// assert_eq!(semaphore.available(), 5);
/// ```
#[must_use = "dropping it gives the permits back at once"]
pub struct Permit<S: Deref<Target = Semaphore>> {
    semaphore: S,
    n: usize,
}

impl<S: Deref<Target = Semaphore>> Permit<S> {
    /// How many they are.
    pub fn count(&self) -> usize {
        self.n
    }

    /// Never gives them back: from now on the semaphore has so many fewer.
    ///
    /// ```
    /// let semaphore = runtime::sync::Semaphore::new(3);
    /// semaphore.try_acquire(1).unwrap().forget();
    /// assert_eq!(semaphore.available(), 2);
    /// ```
    pub fn forget(mut self) {
        self.n = 0;
    }

    /// Takes `n` of them as a permit of their own; `None` if they are fewer.
    ///
    /// ```
    /// use runtime::sync::Semaphore;
    /// let memory = Semaphore::new(64);
    /// let mut buffer = memory.try_acquire(64).unwrap();
    /// let unused = buffer.split(48); // it was not as much as was feared
    /// drop(unused);
    /// assert_eq!((buffer.count(), memory.available()), (16, 48));
    /// assert!(buffer.split(17).is_none());
    /// ```
    pub fn split(&mut self, n: usize) -> Option<Self>
    where
        S: Clone,
    {
        self.n = self.n.checked_sub(n)?;
        Some(Permit { semaphore: self.semaphore.clone(), n })
    }
}

impl<S: Deref<Target = Semaphore>> Drop for Permit<S> {
    fn drop(&mut self) {
        self.semaphore.add_permits(self.n);
    }
}

impl<S: Deref<Target = Semaphore>> fmt::Debug for Permit<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").field("semaphore", &self.semaphore.id).field("count", &self.n).finish()
    }
}
