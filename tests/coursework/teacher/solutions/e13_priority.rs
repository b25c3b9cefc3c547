//! 13: a solution.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use runtime::{Scheduler, TaskId, TaskMeta};

/// Each so-many-th pop is the turn of whoever has waited longest.
const PATIENCE: u64 = 10;

#[derive(Default)]
pub struct ByPriority {
    /// The priority, then the number of the push.
    ready: BTreeMap<(Reverse<i32>, u64), TaskId>,
    pushes: u64,
    pops: u64,
}

impl Scheduler for ByPriority {
    fn push(&mut self, id: TaskId, meta: &TaskMeta) {
        self.pushes += 1;
        self.ready.insert((Reverse(meta.priority), self.pushes), id);
    }

    fn pop(&mut self) -> Option<TaskId> {
        self.pops += 1;
        if self.pops.is_multiple_of(PATIENCE) {
            let oldest = self.ready.keys().min_by_key(|(_, push)| *push).copied()?;
            return self.ready.remove(&oldest);
        }
        self.ready.pop_first().map(|(_, id)| id)
    }
}
