//! 13, wrong: strictly by priority: the low ones starve.
//! says: b starves

use std::cmp::Reverse;
use std::collections::BTreeMap;

use runtime::{Scheduler, TaskId, TaskMeta};

#[derive(Default)]
pub struct ByPriority {
    ready: BTreeMap<(Reverse<i32>, u64), TaskId>,
    pushes: u64,
}

impl Scheduler for ByPriority {
    fn push(&mut self, id: TaskId, meta: &TaskMeta) {
        self.pushes += 1;
        self.ready.insert((Reverse(meta.priority), self.pushes), id);
    }

    fn pop(&mut self) -> Option<TaskId> {
        self.ready.pop_first().map(|(_, id)| id)
    }
}
