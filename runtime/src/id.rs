//! The name of a task for as long as the runtime lives: a key and a generation.

use std::fmt;

/// Names one task of one runtime, and never another, even when its place in the table is used again.
///
/// A *key* says where the task's slot is; keys are reused, so it is not enough. The *generation* is the number
/// of the spawn, counted over the whole runtime, and never comes again. Whoever holds an old id (a kept waker,
/// a kept [`JoinHandle`](crate::JoinHandle)) finds at that key a slot of another generation, and leaves it alone.
/// The generation is also what people see: `#4` is the fourth future that this runtime was given.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskId {
    // First, so that ids sort by age.
    pub(crate) generation: u64,
    pub(crate) key: u32,
}

impl TaskId {
    /// The number of the spawn, from 1; the root future of a `block_on` is counted too.
    pub fn number(self) -> u64 {
        self.generation
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.generation)
    }
}

impl fmt::Debug for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TaskId(#{} in slot {})", self.generation, self.key)
    }
}
