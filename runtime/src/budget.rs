//! How much I/O a task may do in one poll.
//!
//! A socket that always has more to read never says `WouldBlock`, so a task that reads it in a loop never has to wait,
//! and would keep the thread (trap 14 in another dress). So each poll has a number of operations that may succeed; when
//! they are used up, the next one says `Pending` although it could go on, and the task is queued again behind the
//! others. tokio has this under the name of coop.

use std::cell::Cell;
use std::task::Context;

use crate::label;
use crate::resource::Resource;

thread_local! {
    static LEFT: Cell<u32> = const { Cell::new(u32::MAX) };
}

/// A poll begins, with so many operations.
pub(crate) fn start(operations: u32) {
    LEFT.set(operations);
}

/// An operation has succeeded.
pub(crate) fn spend() {
    LEFT.set(LEFT.get().saturating_sub(1));
}

/// All are used up: the task has been queued again and shall return `Pending`.
pub(crate) fn is_spent(cx: &Context<'_>) -> bool {
    if LEFT.get() > 0 {
        return false;
    }
    label::set_own(Resource::Turn, None);
    cx.waker().wake_by_ref();
    true
}
