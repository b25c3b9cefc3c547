//! Who runs next: the run queue.
//!
//! First in, first out: every task that is ready gets its turn before any gets a second one.

use std::cell::RefCell;
use std::collections::VecDeque;

use crate::id::TaskId;

/// The tasks that are ready to be polled, in the order in which they will be.
///
/// Invariant: a task stands here at most once. The queue does not check that; the flag in the task's waker does,
/// before it pushes ([`waker`](crate::waker)).
#[derive(Default)]
pub(crate) struct RunQueue {
    ready: RefCell<VecDeque<TaskId>>,
}

impl RunQueue {
    /// Puts a task at the end.
    pub(crate) fn push(&self, id: TaskId) {
        self.ready.borrow_mut().push_back(id);
    }

    /// Takes the task at the front.
    ///
    /// trap 13: popping where one pushes would be as fast and shorter, and would leave the first tasks waiting
    /// for as long as the last ones keep waking each other.
    pub(crate) fn pop(&self) -> Option<TaskId> {
        self.ready.borrow_mut().pop_front()
    }

    /// How many are ready.
    pub(crate) fn len(&self) -> usize {
        self.ready.borrow().len()
    }

    /// Forgets all: the runtime leaves `block_on`.
    pub(crate) fn clear(&self) {
        *self.ready.borrow_mut() = VecDeque::new();
    }
}
