//! `spawn`: a future becomes a task.

use std::panic::Location;

use crate::current::Current;
use crate::join::JoinHandle;
use crate::outcome::Body;
use crate::scheduler::TaskMeta;
use crate::task::TASKS;

/// Starts a future as a task of its own, on this thread's loop: it is queued now and runs when the loop gets to it.
/// Like asyncio's `create_task` and tokio's `spawn_local`.
///
/// The future need not be `Send`: it never leaves this thread. A task ends when its future is ready, panics or is
/// [aborted](JoinHandle::abort), and at the latest when `block_on` returns.
///
/// # Panics
/// Outside a runtime.
///
/// # Example
/// ```
/// use std::{cell::Cell, rc::Rc};
/// let count = Rc::new(Cell::new(0));
/// runtime::block_on(async {
///     let tasks: Vec<_> = (1..=10)
///         .map(|n| {
///             let count = count.clone();
///             runtime::spawn(async move { count.set(count.get() + n) })
///         })
///         .collect();
///     for task in tasks {
///         task.await.unwrap();
///     }
/// });
/// assert_eq!(count.get(), 55);
/// ```
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + 'static,
{
    Task::new().spawn(future)
}

/// A task about to be spawned, with what people shall know of it. tokio's `task::Builder`.
///
/// ```
/// use runtime::Task;
/// runtime::block_on(async {
///     let file = Task::new().name("file1.txt").group("downloads").priority(1);
///     let handle = file.spawn(async { 404 });
///     assert!(runtime::dump().to_string().contains("file1.txt"));
///     assert_eq!(handle.await.unwrap(), 404);
///     assert_eq!(runtime::stats().polls_of("downloads"), 1);
/// });
/// ```
#[derive(Default)]
pub struct Task {
    meta: TaskMeta,
}

impl Task {
    /// A task without a name, in the group of the task that spawns it.
    pub fn new() -> Self {
        Task::default()
    }

    /// Names it, for reports.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.meta.name = Some(name.into());
        self
    }

    /// Puts it into a group, to be counted apart; the tasks that it spawns belong to it too.
    pub fn group(mut self, group: &'static str) -> Self {
        self.meta.group = Some(group);
        self
    }

    /// For a [`Scheduler`](crate::Scheduler) that goes by priority, as the one in its example does; 0 unless set. The
    /// usual one takes no notice.
    pub fn priority(mut self, priority: i32) -> Self {
        self.meta.priority = priority;
        self
    }

    /// As [`spawn`](fn@spawn).
    ///
    /// # Panics
    /// Outside a runtime.
    #[track_caller]
    pub fn spawn<F>(self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
    {
        self.spawn_at(future, Location::caller())
    }

    /// As `spawn`, for whoever spawns in another's name.
    #[track_caller]
    pub(crate) fn spawn_at<F>(self, future: F, at: &'static Location<'static>) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
    {
        let tasks = Current::get(&TASKS, "spawn");
        let key = tasks.spawn(Body::new(future), self.meta, at);
        JoinHandle::new(tasks, key)
    }
}
