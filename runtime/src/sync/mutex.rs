//! A value that one task at a time may use, also across an `await`.

use std::cell::{Cell, RefCell, RefMut};
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::waiters::{Left, Place, Waiters};
use crate::holders::{self, Holder};
use crate::label;
use crate::resource::Resource;
use crate::trace::{self, SyncStep};

/// A value that one task at a time may use. asyncio's `Lock`, tokio's `Mutex`.
///
/// On one thread nothing interrupts a task between two `await`s, so a `RefCell` is enough for what is read and written
/// in one go. A mutex is for what must stay whole *across* an `await`.
///
/// It is fair: unlocking hands the lock to whoever has waited longest. It is not re-entrant: a task that locks what
/// it holds already waits for itself for ever (the loop's stall report then shows it).
///
/// There is no poisoning. A panic in the task that holds the lock just unlocks it, as in asyncio and tokio: the panic
/// is known from the task's `JoinHandle`, and whether the value is still good only the program can say.
///
/// ```
/// use runtime::sync::Mutex;
/// use std::rc::Rc;
/// runtime::block_on(async {
///     let page = Rc::new(Mutex::new(String::new()));
///     let writers = ["one ", "two ", "three "].map(|line| {
///         let page = page.clone();
///         runtime::spawn(async move {
///             let mut page = page.lock().await;
///             for letter in line.chars() {
///                 page.push(letter);
///                 runtime::yield_now().await; // the others run, but do not get the page
///             }
///         })
///     });
///     runtime::join_all(writers).await;
///     assert_eq!(*page.lock().await, "one two three ");
/// });
/// ```
pub struct Mutex<T> {
    id: u64,
    /// Somebody has the lock, or was granted it. Invariant: so it is while anybody waits, which is why nobody overtakes.
    locked: Cell<bool>,
    /// The task that locked it.
    holder: Cell<Holder>,
    line: Waiters<()>,
    /// Borrowed for as long as a guard lives: the one borrow under which the user's code runs. `None` while an
    /// [`OwnedGuard`] has it.
    value: RefCell<Option<T>>,
}

/// Why the value is there: whoever gets the lock gets it after a guard has put the value back.
const FREE: &str = "the value of a mutex is in it while nobody holds the lock";
/// Why the value is there where nobody else has the mutex: an owned guard has an `Rc` of it.
const OWNED: &str = "while an owned guard lives, its mutex is shared";

impl<T> Mutex<T> {
    /// An unlocked mutex.
    pub fn new(value: T) -> Self {
        Mutex {
            id: label::new_id(),
            locked: Cell::new(false),
            holder: Cell::default(),
            line: Waiters::new(),
            value: RefCell::new(Some(value)),
        }
    }

    /// Waits for the lock; the guard unlocks when it is dropped. asyncio's `async with lock`.
    ///
    /// Cancel safety: dropping the future gives up the place in line, and the lock if it had just come.
    #[track_caller]
    pub fn lock(&self) -> Lock<'_, T> {
        self.lock_at(Location::caller())
    }

    /// As `lock`, for whoever locks in another's name.
    pub(crate) fn lock_at(&self, at: &'static Location<'static>) -> Lock<'_, T> {
        Lock { mutex: self, place: Place::default(), at }
    }

    /// The lock, if it is free and nobody waits for it.
    ///
    /// ```
    /// let mutex = runtime::sync::Mutex::new(1);
    /// let guard = mutex.try_lock();
    /// assert!(guard.is_some() && mutex.try_lock().is_none());
    /// ```
    pub fn try_lock(&self) -> Option<Guard<'_, T>> {
        self.take().then(|| self.guard())
    }

    /// Somebody has the lock.
    ///
    /// ```
    /// let mutex = runtime::sync::Mutex::new(());
    /// let guard = mutex.try_lock();
    /// assert!(mutex.is_locked());
    /// drop(guard);
    /// assert!(!mutex.is_locked());
    /// ```
    pub fn is_locked(&self) -> bool {
        self.locked.get()
    }

    /// The value. `&mut` is proof that nobody else has it.
    ///
    /// ```
    /// let mut mutex = runtime::sync::Mutex::new(1);
    /// *mutex.get_mut() += 1; // without a lock
    /// assert_eq!(*mutex.try_lock().unwrap(), 2);
    /// ```
    pub fn get_mut(&mut self) -> &mut T {
        match self.value.get_mut() {
            Some(value) => value,
            None => unreachable!("{OWNED}"),
        }
    }

    /// The value, without the mutex.
    ///
    /// ```
    /// assert_eq!(runtime::sync::Mutex::new(5).into_inner(), 5);
    /// ```
    pub fn into_inner(self) -> T {
        match self.value.into_inner() {
            Some(value) => value,
            None => unreachable!("{OWNED}"),
        }
    }

    /// Locks it, if it is free.
    pub(super) fn take(&self) -> bool {
        !self.locked.replace(true)
    }

    /// Waits in line for the lock.
    pub(super) fn poll_lock(
        &self,
        place: &mut Place,
        at: &'static Location<'static>,
        cx: &Context<'_>,
    ) -> Poll<()> {
        if !place.is_taken() {
            if self.take() {
                return Poll::Ready(());
            }
            *place = self.line.join(());
            holders::waited_for(self.id, &self.holder);
        }
        let polled = self.line.poll(place, cx);
        if polled.is_pending() {
            label::set(Resource::Lock, self.id, Some(at));
        }
        polled
    }

    /// Leaves the line. trap 37: if the lock had come, nobody will use it: to the next.
    pub(super) fn leave(&self, place: &mut Place) {
        if let Some(Left::Granted(())) = self.line.leave(place) {
            self.unlock();
        }
    }

    /// The lock has been taken, or was granted.
    fn acquired(&self) {
        holders::taken(self.id, &self.holder, !self.line.is_empty());
        trace::sync(Resource::Lock, self.id, SyncStep::Acquired { n: 1 });
    }

    /// For whoever has taken the lock, or was granted it.
    #[inline] // or it costs a quarter more instructions, as it is called from two places
    fn guard(&self) -> Guard<'_, T> {
        self.acquired();
        let value = RefMut::map(self.value.borrow_mut(), |value| value.as_mut().expect(FREE));
        Guard { value, hold: Hold { mutex: self } }
    }

    /// The same for a guard that takes the value along, and [puts it back](Self::put_back).
    pub(super) fn take_value(&self) -> T {
        self.acquired();
        self.value.borrow_mut().take().expect(FREE)
    }

    pub(super) fn put_back(&self, value: Option<T>) {
        *self.value.borrow_mut() = value;
        self.unlock();
    }

    fn unlock(&self) {
        trace::sync(Resource::Lock, self.id, SyncStep::Released { n: 1 });
        holders::released(self.id, &self.holder);
        // `locked` stays true if it is handed over.
        if !self.line.grant(|()| ()) {
            self.locked.set(false);
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut form = f.debug_struct("Mutex");
        form.field("id", &self.id);
        match self.value.try_borrow().as_deref() {
            Ok(Some(value)) => form.field("value", value).finish(),
            _ => form.field("value", &format_args!("<locked>")).finish(),
        }
    }
}

/// The future of [`Mutex::lock`].
///
/// Dropped, it leaves the line, and does not stop those behind it:
///
/// ```
/// use runtime::{race, sync::Mutex, yield_now};
/// runtime::block_on(async {
///     let mutex = Mutex::new(1);
///     let guard = mutex.lock().await;
///     let (mut first, mut second) = (mutex.lock(), mutex.lock());
///     race(&mut first, yield_now()).await;
///     race(&mut second, yield_now()).await; // both are in line now
///     drop(guard);
///     drop(first); // it had the lock, and gives it on
///     assert_eq!(*second.await, 1);
/// });
/// ```
#[must_use = "a future does nothing until it is awaited"]
pub struct Lock<'a, T> {
    mutex: &'a Mutex<T>,
    place: Place,
    at: &'static Location<'static>,
}

impl<'a, T> Future for Lock<'a, T> {
    type Output = Guard<'a, T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Guard<'a, T>> {
        let Lock { mutex, place, at } = &mut *self;
        mutex.poll_lock(place, at, cx).map(|()| mutex.guard())
    }
}

impl<T> Drop for Lock<'_, T> {
    fn drop(&mut self) {
        self.mutex.leave(&mut self.place);
    }
}

/// The lock, and through it the value. Dropping it unlocks.
///
/// It may be kept across an `await`.
///
/// ```
/// use runtime::sync::Mutex;
/// runtime::block_on(async {
///     let account = Mutex::new(100);
///     let pay = async |sum| {
///         let mut balance = account.lock().await;
///         let before = *balance;
///         runtime::yield_now().await; // nobody else can pay meanwhile
///         *balance = before - sum;
///     };
///     runtime::join(pay(30), pay(20)).await;
///     assert_eq!(*account.lock().await, 50);
/// });
/// ```
#[must_use = "dropping it unlocks at once"]
pub struct Guard<'a, T> {
    // The order matters: fields are dropped as they stand, and the value must be free before the next one is woken.
    value: RefMut<'a, T>,
    hold: Hold<'a, T>,
}

impl<'a, T> Guard<'a, T> {
    /// The mutex it belongs to.
    pub(crate) fn mutex(&self) -> &'a Mutex<T> {
        self.hold.mutex
    }
}

/// Unlocks when it is dropped.
struct Hold<'a, T> {
    mutex: &'a Mutex<T>,
}

impl<T> Drop for Hold<'_, T> {
    fn drop(&mut self) {
        self.mutex.unlock();
    }
}

impl<T> Deref for Guard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Guard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T: fmt::Debug> fmt::Debug for Guard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        T::fmt(self, f)
    }
}

impl<T: fmt::Display> fmt::Display for Guard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        T::fmt(self, f)
    }
}
