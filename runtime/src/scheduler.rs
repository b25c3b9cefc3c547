//! Who runs next: the run queue, and the policies that order it.
//!
//! The usual policy is first in, first out: every task that is ready is polled before any is polled again. Others
//! go in through [`Builder::scheduler`](crate::Builder::scheduler); writing one is a few lines, as [`Scheduler`] shows.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use crate::id::TaskId;
use crate::panics::quietly;

/// What a policy may know of a task.
///
/// ```
/// use runtime::{Scheduler, TaskId, TaskMeta};
/// # use std::collections::VecDeque;
/// /// One group before all others, and the root (which has a name, but no group) before that.
/// #[derive(Default)]
/// struct Preferred { first: VecDeque<TaskId>, then: VecDeque<TaskId> }
///
/// impl Scheduler for Preferred {
///     fn push(&mut self, id: TaskId, meta: &TaskMeta) {
///         let is_root = meta.name.as_deref() == Some("root");
///         if is_root || meta.group == Some("interactive") || meta.priority > 0 {
///             self.first.push_back(id);
///         } else {
///             self.then.push_back(id);
///         }
///     }
///
///     fn pop(&mut self) -> Option<TaskId> {
///         self.first.pop_front().or_else(|| self.then.pop_front())
///     }
/// }
/// # let runtime = runtime::Builder::new().scheduler(Preferred::default()).build()?;
/// # let log = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
/// # runtime.block_on(async {
/// #     let tasks = ["batch", "interactive"].map(|group| {
/// #         let log = log.clone();
/// #         runtime::Task::new().group(group).spawn(async move { log.borrow_mut().push(group) })
/// #     });
/// #     runtime::join_all(tasks).await;
/// # });
/// # assert_eq!(*log.borrow(), ["interactive", "batch"]);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct TaskMeta {
    /// The name it was given.
    pub name: Option<String>,
    /// The group it belongs to.
    pub group: Option<&'static str>,
    /// What [`Task::priority`](crate::Task::priority) said; 0 unless set. The usual policy takes no notice.
    pub priority: i32,
}

/// A policy: in which order the tasks that are ready are polled.
///
/// A task is pushed when it becomes ready and popped to be polled; between the two it is not pushed again. What is
/// pushed must be popped at some time: a `pop` that gives `None` while some are left ends `block_on` with a panic, as
/// they would wait for ever.
///
/// It is called while the run queue is borrowed, so it must not spawn or wake: that panics.
///
/// ```
/// use runtime::{Builder, Scheduler, Task, TaskId, TaskMeta};
/// use std::{cell::RefCell, cmp::Reverse, collections::BTreeMap, rc::Rc};
///
/// /// The highest priority first, and first in, first out within one. (A low one waits for as long as there are higher
/// /// ones: it starves if these never wait. Exercise 13 of the course is to do better.)
/// #[derive(Default)]
/// struct ByPriority {
///     ready: BTreeMap<(Reverse<i32>, u64), TaskId>,
///     pushes: u64,
/// }
///
/// impl Scheduler for ByPriority {
///     fn push(&mut self, id: TaskId, meta: &TaskMeta) {
///         self.pushes += 1;
///         self.ready.insert((Reverse(meta.priority), self.pushes), id);
///     }
///
///     fn pop(&mut self) -> Option<TaskId> {
///         self.ready.pop_first().map(|(_, id)| id)
///     }
/// }
///
/// let log = Rc::new(RefCell::new(Vec::new()));
/// let runtime = Builder::new().scheduler(ByPriority::default()).build()?;
/// runtime.block_on(async {
///     let tasks = [1, 3, 2].map(|n| {
///         let log = log.clone();
///         Task::new().priority(n).spawn(async move { log.borrow_mut().push(n) })
///     });
///     runtime::join_all(tasks).await;
/// });
/// assert_eq!(*log.borrow(), [3, 2, 1]);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// One that goes by what tasks have used so far asks for the times: see [`ran`](Self::ran).
pub trait Scheduler {
    /// The task is ready.
    fn push(&mut self, id: TaskId, meta: &TaskMeta);

    /// Who is polled next? `None` if nobody is ready.
    fn pop(&mut self) -> Option<TaskId>;

    /// The poll of the task took this long. Called if [`wants_time`](Self::wants_time) says so (or polls are timed for
    /// another reason), after the poll: a task that has woken itself in it was pushed before. Unless written, it takes no
    /// notice.
    ///
    /// ```
    /// use runtime::{Builder, Scheduler, TaskId, TaskMeta};
    /// use std::{collections::HashMap, time::Duration};
    ///
    /// /// Who has used the least time so far. (So a new task keeps all others waiting until it has used as much as they:
    /// /// exercise 14 of the course is to do better.)
    /// #[derive(Default)]
    /// struct LeastTime {
    ///     ready: Vec<TaskId>,
    ///     used: HashMap<TaskId, Duration>,
    /// }
    ///
    /// impl Scheduler for LeastTime {
    ///     fn push(&mut self, id: TaskId, _: &TaskMeta) {
    ///         self.ready.push(id);
    ///     }
    ///
    ///     fn pop(&mut self) -> Option<TaskId> {
    ///         let least = self.ready.iter().min_by_key(|id| (self.used.get(id), **id)).copied()?;
    ///         self.ready.retain(|id| *id != least);
    ///         Some(least)
    ///     }
    ///
    ///     fn ran(&mut self, id: TaskId, took: Duration) {
    ///         *self.used.entry(id).or_default() += took;
    ///     }
    ///
    ///     fn gone(&mut self, id: TaskId) {
    ///         self.used.remove(&id);
    ///     }
    ///
    ///     fn wants_time(&self) -> bool {
    ///         true
    ///     }
    /// }
    ///
    /// let runtime = Builder::new().scheduler(LeastTime::default()).build()?;
    /// assert_eq!(runtime.block_on(async { runtime::spawn(async { 1 }).await.unwrap() }), 1);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    fn ran(&mut self, id: TaskId, took: Duration) {
        let _ = (id, took);
    }

    /// The task is over: what a policy has noted of it can go. Its id may still stand in the queue, or be pushed once more
    /// by a wake that comes too late: pop it as any other. A panic in here is the policy's own, and the loop goes on.
    /// Unless written, it takes no notice.
    ///
    /// ```
    /// use runtime::{Builder, Fifo, Scheduler, TaskId, TaskMeta};
    /// use std::{cell::RefCell, collections::HashMap, rc::Rc};
    ///
    /// /// Fifo, and how often each task has had a turn.
    /// #[derive(Default)]
    /// struct Counting { fifo: Fifo, turns: Rc<RefCell<HashMap<TaskId, u32>>> }
    ///
    /// impl Scheduler for Counting {
    ///     fn push(&mut self, id: TaskId, meta: &TaskMeta) {
    ///         self.fifo.push(id, meta);
    ///     }
    ///
    ///     fn pop(&mut self) -> Option<TaskId> {
    ///         let id = self.fifo.pop()?;
    ///         *self.turns.borrow_mut().entry(id).or_default() += 1;
    ///         Some(id)
    ///     }
    ///
    ///     fn gone(&mut self, id: TaskId) {
    ///         self.turns.borrow_mut().remove(&id); // or it would be kept for as long as the runtime
    ///     }
    /// }
    ///
    /// let policy = Counting::default();
    /// let turns = policy.turns.clone();
    /// Builder::new().scheduler(policy).build()?.block_on(async {
    ///     runtime::join_all((0..100).map(|_| runtime::spawn(async {}))).await;
    ///     assert_eq!(turns.borrow().len(), 1); // the root
    /// });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    fn gone(&mut self, id: TaskId) {
        let _ = id;
    }

    /// Whether polls are to be timed: that costs more than a short poll itself. Not unless written. Asked once, when
    /// the runtime is made.
    fn wants_time(&self) -> bool {
        false
    }
}

/// A queue that was longer than this gives memory back when it is empty.
const LARGE: usize = 1024;

/// The tasks that are ready to be polled, in the order in which they will be.
///
/// Invariant: a task stands here at most once. The queue does not check that; the flag in the task's waker does,
/// before it pushes ([`waker`](crate::waker)).
#[derive(Default)]
pub(crate) struct RunQueue {
    /// First in, first out, unless there is a policy.
    fifo: RefCell<VecDeque<TaskId>>,
    policy: Option<RefCell<Policy>>,
}

struct Policy {
    scheduler: Box<dyn Scheduler>,
    metas: HashMap<TaskId, TaskMeta>,
    /// How many were pushed and not popped.
    len: usize,
}

impl RunQueue {
    pub(crate) fn new(scheduler: Option<Box<dyn Scheduler>>) -> Self {
        let policy =
            scheduler.map(|scheduler| RefCell::new(Policy { scheduler, metas: HashMap::new(), len: 0 }));
        RunQueue { fifo: RefCell::default(), policy }
    }

    /// A task begins to exist. `meta` is made only if a policy wants it.
    pub(crate) fn introduce(&self, id: TaskId, meta: impl FnOnce() -> TaskMeta) {
        if let Some(policy) = &self.policy {
            policy.borrow_mut().metas.insert(id, meta());
        }
    }

    /// A task is over.
    pub(crate) fn forget(&self, id: TaskId) {
        if let Some(policy) = &self.policy {
            let Policy { scheduler, metas, .. } = &mut *policy.borrow_mut();
            // It may be called while a panic goes through the loop: a second one would end the process.
            quietly(|| scheduler.gone(id));
            metas.remove(&id);
            if metas.len() <= 1 && metas.capacity() > LARGE {
                metas.shrink_to(LARGE);
            }
        }
    }

    /// A task is ready.
    #[inline]
    pub(crate) fn push(&self, id: TaskId) {
        match &self.policy {
            None => self.fifo.borrow_mut().push_back(id),
            Some(policy) => policy.borrow_mut().push(id),
        }
    }

    /// Who is polled next.
    ///
    /// trap 13: popping where one pushes would be as fast and shorter, and would leave the first tasks waiting
    /// for as long as the last ones keep waking each other.
    #[inline]
    pub(crate) fn pop(&self) -> Option<TaskId> {
        match &self.policy {
            None => {
                let mut fifo = self.fifo.borrow_mut();
                let next = fifo.pop_front();
                if fifo.is_empty() && fifo.capacity() > LARGE {
                    fifo.shrink_to(LARGE);
                }
                next
            }
            Some(policy) => policy.borrow_mut().pop(),
        }
    }

    /// The policy hears how long a poll took, if it wants to.
    pub(crate) fn ran(&self, id: TaskId, took: Duration) {
        if let Some(policy) = &self.policy {
            policy.borrow_mut().scheduler.ran(id, took);
        }
    }

    /// Whether polls are to be timed.
    pub(crate) fn wants_time(&self) -> bool {
        self.policy.as_ref().is_some_and(|policy| policy.borrow().scheduler.wants_time())
    }

    /// How many are ready.
    pub(crate) fn len(&self) -> usize {
        match &self.policy {
            None => self.fifo.borrow().len(),
            Some(policy) => policy.borrow().len,
        }
    }

    /// Forgets all: the runtime leaves `block_on`.
    pub(crate) fn clear(&self) {
        *self.fifo.borrow_mut() = VecDeque::new();
        if let Some(policy) = &self.policy {
            let mut policy = policy.borrow_mut();
            while policy.len > 0 {
                policy.len -= 1;
                let _ = policy.scheduler.pop();
            }
            policy.metas = HashMap::new();
        }
    }
}

// Cold, so that the usual queue is inlined where it is used.
impl Policy {
    #[cold]
    fn push(&mut self, id: TaskId) {
        self.len += 1;
        match self.metas.get(&id) {
            Some(meta) => self.scheduler.push(id, meta),
            None => self.scheduler.push(id, &TaskMeta::default()),
        }
    }

    #[cold]
    fn pop(&mut self) -> Option<TaskId> {
        let left = self.len.checked_sub(1)?;
        let popped = self.scheduler.pop();
        if popped.is_none() {
            panic!(
                "the scheduler gives no task, though {} were pushed and not popped: it has lost them",
                self.len
            );
        }
        self.len = left;
        popped
    }
}
