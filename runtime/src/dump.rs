//! What the loop knows of its tasks, for people: [`dump`](crate::dump()) and the reports.

use std::fmt;
use std::panic::Location;

use crate::id::TaskId;
use crate::resource::{Resource, Waiting};

/// All tasks of a runtime as they are at this moment: [`dump`](crate::dump()). Printed, it is a line a task. asyncio's
/// `all_tasks`, tokio's `Handle::dump`.
///
/// ```
/// runtime::block_on(async {
///     let tea = runtime::sleep(std::time::Duration::from_secs(240));
///     runtime::Task::new().name("tea").spawn(tea);
///     runtime::yield_now().await;
///     let dump = runtime::dump();
///     print!("{dump}");
///     //   #1 root, spawned at src/main.rs:1:10: runs
///     //   #2 tea, spawned at src/main.rs:3:38: waits for a time, at src/main.rs:2:15
///     assert_eq!(dump.to_string().lines().count(), dump.tasks.len());
/// });
/// ```
#[derive(Clone, Debug)]
pub struct Dump {
    /// The tasks, the oldest first.
    pub tasks: Vec<TaskInfo>,
}

impl Dump {
    /// Circles of tasks each of which waits for the next: for a lock that it holds, or for its end. Unless one is
    /// aborted, none of them will ever go on. (One that waits for something else as well, such as a time limit, is in
    /// none.)
    ///
    /// ```
    /// use runtime::{join, spawn, sync::Mutex, yield_now};
    /// use std::rc::Rc;
    ///
    /// async fn take_both(first: Rc<Mutex<()>>, second: Rc<Mutex<()>>) {
    ///     let _first = first.lock().await;
    ///     yield_now().await;
    ///     let _second = second.lock().await;
    /// }
    ///
    /// runtime::block_on(async {
    ///     let (left, right) = (Rc::new(Mutex::new(())), Rc::new(Mutex::new(())));
    ///     let one = spawn(take_both(left.clone(), right.clone()));
    ///     let two = spawn(take_both(right, left));
    ///     for _ in 0..3 {
    ///         yield_now().await;
    ///     }
    ///     assert_eq!(runtime::dump().deadlocks(), [[one.id(), two.id()]]);
    /// });
    /// ```
    pub fn deadlocks(&self) -> Vec<Vec<TaskId>> {
        let mut seen_from = vec![None; self.tasks.len()];
        let mut circles = Vec::new();
        for start in 0..self.tasks.len() {
            // Each waits for one other at most, so there is only one way to follow.
            let mut way = Vec::new();
            let mut next = Some(start);
            while let Some(task) = next
                && seen_from[task].is_none()
            {
                seen_from[task] = Some(start);
                way.push(task);
                next = self.waits_for(task);
            }
            if let Some(closing) = next.and_then(|task| way.iter().position(|&before| before == task)) {
                circles.push(way[closing..].iter().map(|&task| self.tasks[task].id).collect());
            }
        }
        circles
    }

    /// The one task that can wake this one. None if others may: then more than one holds its waker.
    fn waits_for(&self, task: usize) -> Option<usize> {
        let task = &self.tasks[task];
        let TaskState::Waiting(Some(waiting)) = task.state else { return None };
        let number = match waiting.on {
            Resource::Task => waiting.id,
            _ => task.held_by?.number(),
        };
        let found = self.tasks.binary_search_by_key(&number, |task| task.id.number());
        found.ok().filter(|_| task.wakers == 1)
    }
}

/// What is known of one task.
///
/// ```
/// use runtime::{Task, TaskState};
/// runtime::block_on(async {
///     let page = Task::new().name("page").group("pages").spawn(async {
///         runtime::sleep(std::time::Duration::from_secs(60)).await
///     });
///     runtime::yield_now().await;
///     let info = runtime::dump().tasks.pop().unwrap();
///     assert_eq!((info.id, info.polls), (page.id(), 1));
///     assert_eq!((info.name.as_deref(), info.group), (Some("page"), Some("pages")));
///     assert!(matches!(info.state, TaskState::Waiting(_)));
///     assert_eq!((info.wakers, info.held_by), (1, None)); // the timer has one; it is no lock
///     println!("{} was spawned at {}", info.id, info.spawned_at);
/// });
/// ```
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
    /// How many wakers of it others hold: what it waits for.
    pub wakers: usize,
    /// If it waits for a lock: the task that has it.
    pub held_by: Option<TaskId>,
}

/// What a task does.
///
/// ```
/// use runtime::{TaskState, spawn};
/// runtime::block_on(async {
///     let tea = spawn(runtime::sleep(std::time::Duration::from_secs(240)));
///     let lost = spawn(std::future::pending::<()>()); // it keeps no waker
///     runtime::yield_now().await;
///     let new = spawn(async {});
///     let tasks = runtime::dump().tasks;
///     let states: Vec<_> = tasks.into_iter().map(|task| task.state).collect();
///     assert!(matches!(states[0], TaskState::Running)); // the root, which asks
///     assert!(matches!(states[1], TaskState::Waiting(Some(_))));
///     assert!(matches!(states[2], TaskState::Lost(None)));
///     assert!(matches!(states[3], TaskState::Queued));
/// });
/// ```
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
    /// waker, or whoever kept it has thrown it away.
    ///
    /// The opposite is not certain: a task whose waker is held may be lost too, if its holder never uses it.
    Lost(Option<Waiting>),
}

impl fmt::Display for Dump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for task in &self.tasks {
            writeln!(f, "  {task}")?;
        }
        for circle in self.deadlocks() {
            f.write_str("  deadlock, each waits for the next: ")?;
            for id in &circle {
                write!(f, "{id}, ")?;
            }
            writeln!(f, "and that one for {}", circle[0])?;
        }
        Ok(())
    }
}

impl fmt::Display for TaskInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name.as_deref().unwrap_or("task");
        write!(f, "{} {name}, spawned at {}: {}", self.id, self.spawned_at, self.state)?;
        match self.held_by {
            Some(holder) => write!(f, "; {holder} has it"),
            None => Ok(()),
        }
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
