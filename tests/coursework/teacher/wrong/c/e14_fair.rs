//! 14, wrong: sorted at the push, when the time of a task that woke itself is not known yet.
//! says: compare the times when you pop

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use runtime::{Scheduler, TaskId, TaskMeta};

#[derive(Default)]
pub struct FairShare {
    ready: BTreeMap<(Duration, u64), TaskId>,
    pushes: u64,
    used: HashMap<TaskId, Duration>,
    floor: Duration,
}

impl Scheduler for FairShare {
    fn push(&mut self, id: TaskId, _: &TaskMeta) {
        let used = self.used.entry(id).or_default();
        *used = (*used).max(self.floor);
        self.pushes += 1;
        self.ready.insert((*used, self.pushes), id);
    }

    fn pop(&mut self) -> Option<TaskId> {
        let ((used, _), id) = self.ready.pop_first()?;
        self.floor = self.floor.max(used);
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
