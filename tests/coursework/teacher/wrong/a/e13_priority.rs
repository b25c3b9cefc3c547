//! 13, wrong: a heap of priority and id, from which equals come out last in, first out (trap 13).
//! says: trap 13

use std::collections::BinaryHeap;

use runtime::{Scheduler, TaskId, TaskMeta};

#[derive(Default)]
pub struct ByPriority {
    ready: BinaryHeap<(i32, TaskId)>,
}

impl Scheduler for ByPriority {
    fn push(&mut self, id: TaskId, meta: &TaskMeta) {
        self.ready.push((meta.priority, id));
    }

    fn pop(&mut self) -> Option<TaskId> {
        self.ready.pop().map(|(_, id)| id)
    }
}
