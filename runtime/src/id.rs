//! The name of a task for as long as the runtime lives: a key and a generation.

use std::cell::Cell;
use std::fmt;

/// Names one task of one runtime, and never another, even when its place in the table is used again.
///
/// A *key* says where the task's slot is; keys are reused, so it is not enough. The *generation* is the number
/// of the spawn, counted over the whole runtime, and never comes again. Whoever holds an old id (a kept waker,
/// a kept [`AbortHandle`](crate::AbortHandle)) finds at that key a slot of another generation, and leaves it alone.
/// The generation is also what people see: `#4` is the fourth future that this runtime was given.
///
/// ```
/// runtime::block_on(async {
///     let [first, second] = [1, 2].map(|_| runtime::spawn(async {}).id());
///     assert_eq!((first.number(), second.number()), (2, 3)); // the root is 1
///     assert!(first < second); // they sort by age
///     assert_eq!(second.to_string(), "#3"); // as in every report
/// });
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskId {
    // First, so that ids sort by age.
    pub(crate) generation: u64,
    pub(crate) key: u32,
}

impl TaskId {
    /// The number of the spawn, from 1; the root future of a `block_on` is counted too. 0 if no task came of it, as it
    /// was spawned by a destructor while `block_on` was being left.
    pub fn number(self) -> u64 {
        self.generation
    }

    /// Where in the table of tasks it is. A later task may be there, too.
    ///
    /// ```
    /// runtime::block_on(async {
    ///     let first = runtime::spawn(async {}).id();
    ///     runtime::yield_now().await; // it ends
    ///     let second = runtime::spawn(async {}).id();
    ///     assert_eq!(first.key(), second.key()); // its place is used again,
    ///     assert_ne!(first, second); // and yet they are told apart
    /// });
    /// ```
    pub fn key(self) -> u32 {
        self.key
    }
}

/// Names one child of a [`task_group`](fn@crate::task_group).
///
/// A child is polled inside its parent, the task around the group. It is no task: it has no slot and no place in the
/// run queue. This names it for people and in a trace: `#4.2` is the second child of task `#4`.
///
/// ```
/// use runtime::trace::{ChildStep, Event, What};
/// use std::{cell::Cell, io, rc::Rc};
/// let seen = Rc::new(Cell::new(None));
/// let last = seen.clone();
/// let observer = move |event: &Event<'_>| match event.what {
///     What::Child { child, step: ChildStep::Spawned { .. } } => last.set(Some(child)),
///     _ => {}
/// };
/// let runtime = runtime::Builder::new().observer(observer).build()?;
/// runtime.block_on(runtime::task_group(async |group| {
///     group.spawn(async { Ok(()) });
///     Ok::<(), io::Error>(())
/// }))?;
/// let child = seen.get().unwrap();
/// assert_eq!(child.to_string(), "#1.1"); // in the root
/// assert_eq!((child.task().number(), child.number()), (1, 1));
/// println!("{child} was in group {}", child.group()); // another group of the root has another
/// # Ok::<(), io::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChildId {
    pub(crate) task: TaskId,
    pub(crate) group: u64,
    pub(crate) number: u64,
}

impl ChildId {
    /// The task it is polled in.
    pub fn task(self) -> TaskId {
        self.task
    }

    /// Its group: a task may have several.
    pub fn group(self) -> u64 {
        self.group
    }

    /// Its number within the group, from 1. The group's body is 0.
    pub fn number(self) -> u64 {
        self.number
    }
}

thread_local! {
    /// The task that is being polled, or was last. Const and without a destructor: a store each poll.
    static RUNNING: Cell<Option<TaskId>> = const { Cell::new(None) };
}

/// The task that calls this; `None` outside a runtime. asyncio's `current_task`, tokio's `task::try_id`.
///
/// ```
/// assert_eq!(runtime::current_task(), None);
/// runtime::block_on(async {
///     let task = runtime::spawn(async { runtime::current_task() });
///     let id = task.id();
///     assert_eq!(task.await.unwrap(), Some(id));
/// });
/// ```
pub fn current_task() -> Option<TaskId> {
    RUNNING.get()
}

/// From now on it is this one.
pub(crate) fn set_running(task: Option<TaskId>) {
    RUNNING.set(task);
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

impl fmt::Display for ChildId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.task, self.number)
    }
}

impl fmt::Debug for ChildId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChildId({self} in group {})", self.group)
    }
}
