//! Who holds the locks that others wait for: what a [`dump`](crate::dump()) and the stall report need to name a
//! deadlock.
//!
//! A lock that nobody waits for costs a store here. Only while somebody does, it stands in a table, and its changes of
//! hands with it.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use crate::id::{self, TaskId};

thread_local! {
    /// Locks that are waited for, by their numbers.
    static HELD: RefCell<BTreeMap<u64, TaskId>> = const { RefCell::new(BTreeMap::new()) };
}

/// What a lock keeps for this.
#[derive(Clone, Copy, Default)]
pub(crate) struct Holder {
    task: Option<TaskId>,
    /// It stands in the table.
    listed: bool,
}

/// The running task has taken the lock; `awaited`: and others wait for it.
pub(crate) fn taken(lock: u64, holder: &Cell<Holder>, awaited: bool) {
    holder.set(Holder { task: id::current_task(), listed: false });
    if awaited {
        waited_for(lock, holder);
    }
}

/// Somebody begins to wait for the lock.
pub(crate) fn waited_for(lock: u64, holder: &Cell<Holder>) {
    if let Holder { task: Some(task), listed: false } = holder.get() {
        holder.set(Holder { task: Some(task), listed: true });
        HELD.with_borrow_mut(|held| held.insert(lock, task));
    }
}

/// The lock is given back.
pub(crate) fn released(lock: u64, holder: &Cell<Holder>) {
    if holder.take().listed {
        HELD.with_borrow_mut(|held| held.remove(&lock));
    }
}

/// Who holds the lock, if somebody waits for it.
pub(crate) fn of(lock: u64) -> Option<TaskId> {
    HELD.with_borrow(|held| held.get(&lock).copied())
}
