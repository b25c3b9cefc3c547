//! Something about the value in a mutex has changed.

use std::fmt;
use std::mem;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::mutex::{Guard, Lock, Mutex};
use super::waiters::{Left, Place, Waiters};
use crate::label;
use crate::resource::Resource;
use crate::trace::{self, SyncStep};

/// Lets tasks wait for a change of the value in a [`Mutex`]. asyncio's `Condition`, and `Condvar` of the
/// standard library for tasks.
///
/// Whoever changes the value notifies; a task that waits is woken and looks at the value again. One wakes with the lock,
/// but others may have had it in between: so the condition has to be looked at again, and
/// [`wait_while`](Self::wait_while) does that.
///
/// ```
/// use runtime::sync::{Condvar, Mutex};
/// use std::rc::Rc;
/// runtime::block_on(async {
///     let shared = Rc::new((Mutex::new(Vec::new()), Condvar::new()));
///     let consumer = runtime::spawn({
///         let shared = shared.clone();
///         async move {
///             let (items, filled) = &*shared;
///             let items = items.lock().await;
///             let mut items = filled.wait_while(items, |items| items.is_empty()).await;
///             items.pop()
///         }
///     });
///     runtime::yield_now().await;
///     let (items, filled) = &*shared;
///     items.lock().await.push("tea");
///     filled.notify_one();
///     assert_eq!(consumer.await.unwrap(), Some("tea"));
/// });
/// ```
pub struct Condvar {
    id: u64,
    /// Each is granted whether it owes the wake-up to the next one, should it be dropped.
    line: Waiters<bool>,
}

impl Condvar {
    /// A condition that nobody waits for.
    pub fn new() -> Self {
        Condvar { id: label::new_id(), line: Waiters::new() }
    }

    /// Unlocks, waits to be notified, and locks again. Between the unlocking and the waiting there is no gap: a notice
    /// given by the next that has the lock is not missed. (Both happen at the first poll.) Once notified, it comes to
    /// the lock like anybody else, and behind those who wait for it already.
    ///
    /// Cancel safety: a future that is dropped has unlocked. If [`notify_one`](Self::notify_one) had chosen it and it has
    /// not returned yet, the next one is notified in its stead.
    ///
    /// ```
    /// use runtime::{join, sync::{Condvar, Mutex}};
    /// runtime::block_on(async {
    ///     let (count, changed) = (Mutex::new(0), Condvar::new());
    ///     let third = async {
    ///         let mut now = count.lock().await;
    ///         while *now < 3 {
    ///             now = changed.wait(now).await; // looked at again, whoever it was meant for
    ///         }
    ///         *now
    ///     };
    ///     let counting = async {
    ///         for _ in 0..3 {
    ///             *count.lock().await += 1;
    ///             changed.notify_one();
    ///             runtime::yield_now().await;
    ///         }
    ///     };
    ///     assert_eq!(join(third, counting).await.0, 3);
    /// });
    /// ```
    #[track_caller]
    pub fn wait<'a, T>(&'a self, guard: Guard<'a, T>) -> CondvarWait<'a, T> {
        self.wait_at(guard, Location::caller())
    }

    fn wait_at<'a, T>(&'a self, guard: Guard<'a, T>, at: &'static Location<'static>) -> CondvarWait<'a, T> {
        CondvarWait { condvar: self, stage: Stage::Locked(guard), place: Place::default(), owes: false, at }
    }

    /// Waits, as often as need be, until `condition` is no longer true of the value; not at all if it is not true now.
    /// asyncio's `wait_for`, with the opposite condition.
    ///
    /// Cancel safety: as [`wait`](Self::wait).
    #[track_caller]
    pub fn wait_while<'a, T>(
        &'a self,
        mut guard: Guard<'a, T>,
        mut condition: impl FnMut(&mut T) -> bool,
    ) -> impl Future<Output = Guard<'a, T>> {
        let at = Location::caller();
        async move {
            while condition(&mut guard) {
                guard = self.wait_at(guard, at).await;
            }
            guard
        }
    }

    /// Wakes the one that has waited longest, if anybody does. To hold the lock meanwhile is allowed, not required
    /// (asyncio requires it).
    pub fn notify_one(&self) {
        self.tell(self.line.len().min(1));
        self.line.grant(|owes| *owes = true);
    }

    /// Wakes all who wait. They get the lock one after the other.
    ///
    /// ```
    /// use runtime::{join, join_all, sync::{Condvar, Mutex}};
    /// runtime::block_on(async {
    ///     let (open, changed) = (Mutex::new(false), Condvar::new());
    ///     let guests = join_all((0..3).map(async |_| {
    ///         drop(changed.wait_while(open.lock().await, |open| !*open).await);
    ///     }));
    ///     join(guests, async {
    ///         *open.lock().await = true;
    ///         changed.notify_all(); // with `notify_one`, two would wait for ever
    ///     })
    ///     .await;
    /// });
    /// ```
    pub fn notify_all(&self) {
        self.tell(self.line.len());
        self.line.grant_all(|owes| *owes = false);
    }

    fn tell(&self, n: usize) {
        trace::sync(Resource::Condvar, self.id, SyncStep::Notified { n });
    }
}

impl Default for Condvar {
    fn default() -> Self {
        Condvar::new()
    }
}

impl fmt::Debug for Condvar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Condvar").field("id", &self.id).field("waiting", &self.line.len()).finish()
    }
}

/// The future of [`Condvar::wait`].
///
/// Dropped after it was chosen, it hands its notice on:
///
/// ```
/// use runtime::{race, sync::{Condvar, Mutex}, yield_now};
/// runtime::block_on(async {
///     let (mutex, condvar) = (Mutex::new(()), Condvar::new());
///     let mut first = condvar.wait(mutex.lock().await);
///     race(&mut first, yield_now()).await; // it has unlocked, and is in line
///     let mut second = condvar.wait(mutex.lock().await);
///     race(&mut second, yield_now()).await;
///     condvar.notify_one();
///     drop(first);
///     second.await;
/// });
/// ```
///
/// # Panics
/// When polled again after it gave its guard.
#[must_use = "a future does nothing until it is awaited"]
pub struct CondvarWait<'a, T> {
    condvar: &'a Condvar,
    stage: Stage<'a, T>,
    place: Place,
    /// It was chosen by `notify_one`, and has not returned yet.
    owes: bool,
    at: &'static Location<'static>,
}

enum Stage<'a, T> {
    /// Not polled yet: the lock is still held.
    Locked(Guard<'a, T>),
    /// In line for a notice.
    Waiting(&'a Mutex<T>),
    /// Notified: in line for the lock.
    Locking(Lock<'a, T>),
    Done,
}

impl<'a, T> Future for CondvarWait<'a, T> {
    type Output = Guard<'a, T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Guard<'a, T>> {
        let CondvarWait { condvar, stage, place, owes, at } = &mut *self;
        if let Stage::Locked(guard) = stage {
            // In this order: in line, then unlocked. A notice that comes in between finds it there.
            *place = condvar.line.join(false);
            let mutex = guard.mutex();
            drop(mem::replace(stage, Stage::Waiting(mutex)));
        }
        if let Stage::Waiting(mutex) = stage {
            match condvar.line.poll(place, cx) {
                Poll::Ready(granted) => *owes = granted,
                Poll::Pending => {
                    label::set(Resource::Condvar, condvar.id, Some(at));
                    return Poll::Pending;
                }
            }
            *stage = Stage::Locking(mutex.lock_at(at));
        }
        let Stage::Locking(lock) = stage else {
            panic!("the wait for a condition, begun at {at}, was polled again after it gave its guard");
        };
        let polled = Pin::new(lock).poll(cx);
        if polled.is_ready() {
            *owes = false;
            *stage = Stage::Done;
        }
        polled
    }
}

impl<T> Drop for CondvarWait<'_, T> {
    fn drop(&mut self) {
        if let Some(Left::Granted(owes)) = self.condvar.line.leave(&mut self.place) {
            self.owes = owes;
        }
        if self.owes {
            // trap 37: the wake-up was for this one, which is no more: to the next.
            self.condvar.notify_one();
        }
    }
}
