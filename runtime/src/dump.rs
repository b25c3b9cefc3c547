//! What the loop knows of its tasks, for people: [`dump`](crate::dump()) and the reports.

use std::fmt;
use std::panic::Location;

use crate::id::TaskId;
use crate::label::Waiting;

/// All tasks of a runtime as they are at this moment: [`dump`](crate::dump()). Printed, it is a line a task.
#[derive(Clone, Debug)]
pub struct Dump {
    /// The tasks, the oldest first.
    pub tasks: Vec<TaskInfo>,
}

/// What is known of one task.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TaskInfo {
    /// Its id.
    pub id: TaskId,
    /// Its name, if it was given one; the root is called `root`.
    pub name: Option<String>,
    /// The group it belongs to.
    pub group: Option<&'static str>,
    /// Where in the program it was spawned.
    pub spawned_at: &'static Location<'static>,
    /// How often it was polled.
    pub polls: u32,
    /// What it does now.
    pub state: TaskState,
}

/// What a task does.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum TaskState {
    /// It is being polled.
    Running,
    /// It stands in the run queue.
    Queued,
    /// It waits: for this, if the future it waits in says so (all of this crate's do).
    Waiting(Option<Waiting>),
    /// It waits, but nobody holds its waker: nothing will ever wake it. A future has returned `Pending` and kept no
    /// waker, or who kept it has thrown it away.
    ///
    /// The opposite is not certain: a task whose waker is held may be lost too, if its holder never uses it.
    Lost(Option<Waiting>),
}

impl fmt::Display for Dump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for task in &self.tasks {
            writeln!(f, "  {task}")?;
        }
        Ok(())
    }
}

impl fmt::Display for TaskInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name.as_deref().unwrap_or("task");
        write!(f, "{} {name}, spawned at {}: {}", self.id, self.spawned_at, self.state)
    }
}

impl fmt::Display for TaskState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TaskState::Running => f.write_str("runs"),
            TaskState::Queued => f.write_str("is ready and queued"),
            TaskState::Waiting(Some(waiting)) => write!(f, "waits for {waiting}"),
            TaskState::Waiting(None) => f.write_str("waits for something that does not say what it is"),
            TaskState::Lost(Some(waiting)) => {
                write!(f, "is lost (nobody holds its waker); waits for {waiting}")
            }
            TaskState::Lost(None) => f.write_str("is lost: it returned Pending and nobody holds its waker"),
        }
    }
}
