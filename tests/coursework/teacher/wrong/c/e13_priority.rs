//! 13, wrong: a map from priorities to tasks, in which equals overwrite each other.
//! says: lost

use std::collections::BTreeMap;

use runtime::{Scheduler, TaskId, TaskMeta};

#[derive(Default)]
pub struct ByPriority {
    ready: BTreeMap<i32, TaskId>,
}

impl Scheduler for ByPriority {
    fn push(&mut self, id: TaskId, meta: &TaskMeta) {
        self.ready.insert(meta.priority, id);
    }

    fn pop(&mut self) -> Option<TaskId> {
        self.ready.pop_last().map(|(_, id)| id)
    }
}
