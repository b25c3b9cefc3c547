//! 14, wrong: a new task starts at 0, and has the thread to itself (trap 13).
//! says: starts where the others are

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use runtime::{Scheduler, TaskId, TaskMeta};

#[derive(Default)]
pub struct FairShare {
    /// In the order of the pushes.
    ready: VecDeque<TaskId>,
    used: HashMap<TaskId, Duration>,
}

impl Scheduler for FairShare {
    fn push(&mut self, id: TaskId, _: &TaskMeta) {
        self.ready.push_back(id);
    }

    fn pop(&mut self) -> Option<TaskId> {
        // Not sorted by the pushes: a task that woke itself was pushed before its time was known.
        let least = (0..self.ready.len()).min_by_key(|at| self.used.get(&self.ready[*at]))?;
        let id = self.ready.remove(least)?;
        Some(id)
    }

    fn ran(&mut self, id: TaskId, took: Duration) {
        *self.used.entry(id).or_default() += took;
    }

    fn wants_time(&self) -> bool {
        true
    }

    fn gone(&mut self, id: TaskId) {
        self.used.remove(&id);
    }
}
