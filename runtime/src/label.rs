//! What a task waits for: the label that every future of this crate leaves behind when it returns `Pending`.
//!
//! A future that cannot go on stores here what it waits for; after the poll the loop takes the label into the task's
//! slot. From there [`dump`](crate::dump), the stall report and an observer read it. The cost is a store, so it is
//! always on. A future that waits for several things leaves the last one it looked at.

use std::cell::Cell;
use std::panic::Location;

use crate::resource::{Resource, Waiting};
use crate::trace::{self, What};

thread_local! {
    static LABEL: Cell<Option<Waiting>> = const { Cell::new(None) };
    static IDS: Cell<u64> = const { Cell::new(0) };
    /// Where the waker has just been left, it replaced another's.
    static REPLACED: Cell<bool> = const { Cell::new(false) };
}

/// Says what the future that is being polled waits for, just before it returns `Pending`. For futures written by hand.
///
/// ```
/// use std::future::poll_fn;
/// use std::task::Poll;
/// runtime::block_on(async {
///     let stuck = runtime::Task::new().name("stuck").spawn(poll_fn(|_| -> Poll<()> {
///         runtime::waiting_on("the printer");
///         Poll::Pending
///     }));
///     runtime::yield_now().await;
///     assert!(runtime::dump().to_string().contains("the printer"));
///     stuck.abort();
/// });
/// ```
#[track_caller]
pub fn waiting_on(what: &'static str) {
    set(Resource::Other(what), 0, Some(Location::caller()));
}

/// Leaves a label: the future has left its waker with this, and is about to return `Pending`.
pub(crate) fn set(on: Resource, id: u64, at: Option<&'static Location<'static>>) {
    let waiting = Waiting { on, id, at };
    LABEL.set(Some(waiting));
    trace::emit(|| What::Waits { on: waiting, replaced: REPLACED.take() });
}

/// Leaves a label where nothing else keeps the waker: the task has been woken, or its children keep wakers of theirs.
pub(crate) fn set_own(on: Resource, at: Option<&'static Location<'static>>) {
    LABEL.set(Some(Waiting { on, id: 0, at }));
}

/// Leaves a label again that another has covered.
pub(crate) fn restore(waiting: Option<Waiting>) {
    LABEL.set(waiting);
}

/// Says that the waker that is being left somewhere takes the place of another.
pub(crate) fn replaced() {
    REPLACED.set(true);
}

/// Adds the place to a label that was left without one.
pub(crate) fn place(at: &'static Location<'static>) {
    if let Some(Waiting { on, id, at: None }) = LABEL.get() {
        restore(Some(Waiting { on, id, at: Some(at) }));
    }
}

/// A poll begins: nothing is waited for yet.
pub(crate) fn clear() {
    LABEL.set(None);
    REPLACED.set(false);
}

/// The label that the poll left.
pub(crate) fn get() -> Option<Waiting> {
    LABEL.get()
}

/// The numbers begin anew, so that a run that is repeated gives the same ones. Gives the last one before.
#[cfg(feature = "sim")]
pub(crate) fn renumber(last: u64) -> u64 {
    IDS.replace(last)
}

/// A number for a new lock, channel or the like.
pub(crate) fn new_id() -> u64 {
    let id = IDS.get() + 1;
    IDS.set(id);
    id
}
