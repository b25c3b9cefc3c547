//! 14, wrong: a task that is gone is never forgotten: `gone` does nothing, as it does unless it is written.
//! says: `gone` is where to forget it

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use runtime::{Scheduler, TaskId, TaskMeta};

#[derive(Default)]
pub struct FairShare {
    /// In the order of the pushes.
    ready: VecDeque<TaskId>,
    used: HashMap<TaskId, Duration>,
    /// Where the others are: what the one had used that was popped last. It never goes down.
    floor: Duration,
}

impl Scheduler for FairShare {
    fn push(&mut self, id: TaskId, _: &TaskMeta) {
        let used = self.used.entry(id).or_default();
        *used = (*used).max(self.floor);
        self.ready.push_back(id);
    }

    fn pop(&mut self) -> Option<TaskId> {
        // Not sorted by the pushes: a task that woke itself was pushed before its time was known.
        let least = (0..self.ready.len()).min_by_key(|at| self.used.get(&self.ready[*at]))?;
        let id = self.ready.remove(least)?;
        self.floor = self.floor.max(self.used.get(&id).copied().unwrap_or_default());
        Some(id)
    }

    fn ran(&mut self, id: TaskId, took: Duration) {
        *self.used.entry(id).or_default() += took;
    }

    fn wants_time(&self) -> bool {
        true
    }

    fn gone(&mut self, _: TaskId) {}
}
