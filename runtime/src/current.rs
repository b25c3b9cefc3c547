//! How code that runs *on* the loop finds the loop's rooms: a thread-local for each room.
//!
//! `sleep(…)` needs the timers, `spawn(…)` the tasks, a socket the reactor. None of them takes the runtime as a
//! parameter, as asyncio's and tokio's do not. So each room keeps a `static` [`Current`] in its own file, and
//! [`Runtime::block_on`](crate::Runtime::block_on) hangs its rooms there for as long as it runs.
//!
//! One thread-local for the whole runtime would do as well, but then every room would import the executor, which
//! imports every room. This way the imports run in one direction.

use std::cell::RefCell;
use std::rc::Rc;
use std::thread::LocalKey;

/// The room of kind `T` that belongs to the runtime running on this thread, if one is.
pub(crate) struct Current<T>(RefCell<Option<Rc<T>>>);

impl<T: 'static> Current<T> {
    pub(crate) const fn new() -> Self {
        Current(RefCell::new(None))
    }

    /// Hangs a room up (`Some`) or takes it down (`None`).
    pub(crate) fn set(&self, room: Option<Rc<T>>) {
        // Two steps: what was there is dropped after the borrow has ended.
        let before = self.0.replace(room);
        drop(before);
    }

    /// The room, if a runtime runs on this thread.
    pub(crate) fn try_get(&self) -> Option<Rc<T>> {
        self.0.borrow().clone()
    }

    /// The room that `key` holds. `what` is the call that needed it, for the message.
    ///
    /// # Panics
    /// Outside a runtime: that is an error in the program, not a condition to be handled.
    // Not a method used inside `key.with(|room| …)`: in a closure the caller's location would be lost.
    #[track_caller]
    pub(crate) fn get(key: &'static LocalKey<Current<T>>, what: &str) -> Rc<T> {
        match key.with(Current::try_get) {
            Some(room) => room,
            None => panic!(
                "{what} was called outside a runtime: it works only inside `runtime::block_on(async {{ … }})`, on the thread that called it"
            ),
        }
    }
}
