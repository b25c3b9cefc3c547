//! A flag that one can wait for.

use std::cell::Cell;
use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::waiters::{Place, Waiters};
use crate::label;
use crate::resource::Resource;
use crate::trace::{self, SyncStep};

/// A flag that any number of tasks can wait for. asyncio's `Event`; tokio's `Notify` comes nearest.
///
/// ```
/// use runtime::sync::Event;
/// use std::rc::Rc;
/// runtime::block_on(async {
///     let start = Rc::new(Event::new());
///     let runners = [1, 2, 3].map(|n| {
///         let start = start.clone();
///         runtime::spawn(async move {
///             start.wait().await;
///             n
///         })
///     });
///     start.set();
///     assert_eq!(runtime::join_all(runners).await.len(), 3);
/// });
/// ```
pub struct Event {
    id: u64,
    /// Invariant: nobody waits while it is set.
    set: Cell<bool>,
    line: Waiters<()>,
}

impl Event {
    /// A flag that is not set.
    pub fn new() -> Self {
        Event { id: label::new_id(), set: Cell::new(false), line: Waiters::new() }
    }

    /// Sets the flag: all who wait go on, in the order in which they came.
    pub fn set(&self) {
        self.set.set(true);
        trace::sync(Resource::Event, self.id, SyncStep::Set);
        self.line.grant_all(|()| ());
    }

    /// Takes the flag back. A task that was let through before goes on, even if its turn comes only now.
    ///
    /// ```
    /// use runtime::{join, sync::Event};
    /// runtime::block_on(async {
    ///     let door = Event::new();
    ///     join(door.wait(), async {
    ///         door.set();
    ///         door.clear(); // the one that waited is through
    ///     })
    ///     .await;
    ///     assert!(!door.is_set()); // and whoever comes now waits
    /// });
    /// ```
    pub fn clear(&self) {
        self.set.set(false);
        trace::sync(Resource::Event, self.id, SyncStep::Cleared);
    }

    /// The flag is set.
    pub fn is_set(&self) -> bool {
        self.set.get()
    }

    /// Waits until the flag is set; ready at once if it is.
    ///
    /// Cancel safety: dropping the future leaves nothing behind.
    #[track_caller]
    pub fn wait(&self) -> EventWait<'_> {
        EventWait { event: self, place: Place::default(), at: Location::caller() }
    }
}

impl Default for Event {
    fn default() -> Self {
        Event::new()
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("id", &self.id)
            .field("set", &self.set.get())
            .field("waiting", &self.line.len())
            .finish()
    }
}

/// The future of [`Event::wait`].
///
/// What is set stays set, so nothing is missed by one that was dropped:
///
/// ```
/// use runtime::{sync::Event, timeout};
/// use std::time::Duration;
/// runtime::block_on(async {
///     let event = Event::new();
///     assert!(timeout(Duration::from_millis(1), event.wait()).await.is_err());
///     event.set();
///     event.wait().await;
/// });
/// ```
#[must_use = "a future does nothing until it is awaited"]
pub struct EventWait<'a> {
    event: &'a Event,
    place: Place,
    at: &'static Location<'static>,
}

impl Future for EventWait<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let event = self.event;
        if !self.place.is_taken() {
            if event.set.get() {
                return Poll::Ready(());
            }
            self.place = event.line.join(());
        }
        let polled = event.line.poll(&mut self.place, cx);
        if polled.is_pending() {
            label::set(Resource::Event, event.id, Some(self.at));
        }
        polled
    }
}

impl Drop for EventWait<'_> {
    fn drop(&mut self) {
        self.event.line.leave(&mut self.place);
    }
}
