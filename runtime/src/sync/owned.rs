//! A lock that is held without borrowing the mutex: [`Mutex::lock_owned`].
//!
//! A guard that owned its mutex and also borrowed the value in it would refer to itself, and safe Rust has no such thing.
//! So this guard takes the value out of the mutex, and its destructor puts it back. That is right as long as there is a
//! destructor: a guard that is forgotten (`mem::forget`) keeps the lock, as any would, and the value with it.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use super::mutex::Mutex;
use super::waiters::Place;

impl<T> Mutex<T> {
    /// As [`lock`](Self::lock), for a guard that need not borrow the mutex: it can be moved into a task, or kept in a
    /// struct. tokio's `lock_owned`.
    ///
    /// While it is locked so, the value lies in the guard. That is two moves of it for each lock, which count only if it
    /// is large: then a `Box` around it helps.
    ///
    /// Cancel safety: as there.
    ///
    /// ```
    /// use runtime::sync::Mutex;
    /// use std::rc::Rc;
    /// runtime::block_on(async {
    ///     let log = Rc::new(Mutex::new(vec!["begun"]));
    ///     let mut guard = log.clone().lock_owned().await;
    ///     runtime::spawn(async move {
    ///         runtime::yield_now().await;
    ///         guard.push("done"); // locked since before it was spawned
    ///     });
    ///     assert_eq!(*log.lock().await, ["begun", "done"]);
    /// });
    /// ```
    #[track_caller]
    pub fn lock_owned(self: Rc<Self>) -> LockOwned<T> {
        LockOwned { mutex: self, place: Place::default(), at: Location::caller() }
    }

    /// As [`try_lock`](Self::try_lock), for a guard that need not borrow the mutex.
    ///
    /// ```
    /// use runtime::sync::Mutex;
    /// use std::rc::Rc;
    /// let mutex = Rc::new(Mutex::new(1));
    /// let guard = mutex.clone().try_lock_owned();
    /// assert!(guard.is_some() && mutex.try_lock().is_none());
    /// drop(guard);
    /// assert_eq!(mutex.try_lock().as_deref(), Some(&1));
    /// ```
    pub fn try_lock_owned(self: Rc<Self>) -> Option<OwnedGuard<T>> {
        self.take().then(|| OwnedGuard::new(self))
    }
}

/// The future of [`Mutex::lock_owned`].
///
/// It borrows nothing, so it can be raced, kept and spawned:
///
/// ```
/// use runtime::{Either, race, sync::Mutex, yield_now};
/// use std::rc::Rc;
/// runtime::block_on(async {
///     let mutex = Rc::new(Mutex::new(1));
///     let held = mutex.try_lock();
///     let mut lock = mutex.clone().lock_owned();
///     assert!(matches!(race(&mut lock, yield_now()).await, Either::Right(())));
///     drop(held);
///     assert_eq!(*runtime::spawn(lock).await.unwrap(), 1);
/// });
/// ```
#[must_use = "a future does nothing until it is awaited"]
pub struct LockOwned<T> {
    pub(super) mutex: Rc<Mutex<T>>,
    pub(super) place: Place,
    pub(super) at: &'static Location<'static>,
}

impl<T> Future for LockOwned<T> {
    type Output = OwnedGuard<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<OwnedGuard<T>> {
        let LockOwned { mutex, place, at } = &mut *self;
        mutex.poll_lock(place, at, cx).map(|()| OwnedGuard::new(mutex.clone()))
    }
}

impl<T> Drop for LockOwned<T> {
    fn drop(&mut self) {
        self.mutex.leave(&mut self.place);
    }
}

/// The lock, and in it the value, until it is dropped. It keeps the mutex alive.
///
/// ```
/// use runtime::sync::{Mutex, OwnedGuard};
/// use std::rc::Rc;
/// struct Editor {
///     text: OwnedGuard<String>, // nobody else edits it
/// }
/// let text = Rc::new(Mutex::new(String::new()));
/// let mut editor = Editor { text: text.clone().try_lock_owned().unwrap() };
/// editor.text.push_str("hello");
/// assert!(text.is_locked());
/// drop(editor);
/// assert_eq!(*text.try_lock().unwrap(), "hello");
/// ```
#[must_use = "dropping it unlocks at once"]
pub struct OwnedGuard<T> {
    mutex: Rc<Mutex<T>>,
    /// `None` only in the destructor.
    value: Option<T>,
}

impl<T> OwnedGuard<T> {
    /// For whoever has taken the lock, or was granted it.
    pub(super) fn new(mutex: Rc<Mutex<T>>) -> Self {
        let value = Some(mutex.take_value());
        OwnedGuard { mutex, value }
    }
}

impl<T> Drop for OwnedGuard<T> {
    fn drop(&mut self) {
        self.mutex.put_back(self.value.take());
    }
}

impl<T> Deref for OwnedGuard<T> {
    type Target = T;

    fn deref(&self) -> &T {
        match &self.value {
            Some(value) => value,
            None => unreachable!("only the destructor takes it out"),
        }
    }
}

impl<T> DerefMut for OwnedGuard<T> {
    fn deref_mut(&mut self) -> &mut T {
        match &mut self.value {
            Some(value) => value,
            None => unreachable!("only the destructor takes it out"),
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for OwnedGuard<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        T::fmt(self, f)
    }
}

impl<T: fmt::Display> fmt::Display for OwnedGuard<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        T::fmt(self, f)
    }
}
