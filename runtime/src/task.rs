//! A spawned future in its slot: the table of tasks, and what happens to a task from spawn to end.
//!
//! A slot holds the future, the place for its output, its waker and what people want to know of it. The loop
//! ([`executor`](crate::executor)) calls [`Tasks::begin`] before a poll, which moves the future out of its slot,
//! and [`Tasks::pause`] or [`Tasks::end`] after it. So while a future runs, nothing of the table is borrowed, and it
//! may spawn, abort, wake or drop whatever it likes (traps 18 and 19).
//!
//! Invariants:
//! - The future of a task is dropped exactly once: when it is ready, when it panicked, when it was aborted, or when
//!   the runtime leaves `block_on`.
//! - Its `JoinHandle` is woken last: when its output, or its error, is in its `Join` and its future is gone.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::mem;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use slab::Slab;

use crate::current::Current;
use crate::dump::{TaskInfo, TaskState};
use crate::holders;
use crate::id::{self, TaskId};
use crate::join::{Abort, Join, JoinError, JoinHandle, Outcome};
use crate::label::{self, Label};
use crate::panics::quietly;
use crate::resource::Resource;
use crate::scheduler::{RunQueue, TaskMeta};
use crate::trace::{self, By, What};
use crate::waker::{RemoteInbox, TaskWaker, enqueue};

thread_local! {
    /// The tasks of the runtime that runs on this thread.
    pub(crate) static TASKS: Current<Tasks> = const { Current::new() };
}

/// Makes `tasks` those of this thread, or says that there are none.
pub(crate) fn enter(tasks: Option<Rc<Tasks>>) {
    TASKS.with(|current| current.set(tasks));
}

/// A future whose output's type has been forgotten: when it is ready, it puts the output where it belongs.
///
/// Implemented for every future, so that a `Box` of one is a task as it is. (An `async` block around it that did
/// the same would hold it twice: once as captured, once as awaited.)
trait Erased {
    fn poll_into(self: Pin<&mut Self>, cx: &mut Context<'_>, join: &dyn Outcome) -> Poll<()>;
}

impl<F> Erased for F
where
    F: Future,
    F::Output: 'static,
{
    fn poll_into(self: Pin<&mut Self>, cx: &mut Context<'_>, join: &dyn Outcome) -> Poll<()> {
        self.poll(cx).map(|output| {
            let join: &dyn Any = join;
            match join.downcast_ref::<Join<F::Output>>() {
                Some(join) => join.put(Ok(output)),
                None => unreachable!("a task is spawned with the Join of its own output"),
            }
        })
    }
}

/// The part of a task that runs: moved out of the slot for each poll.
pub(crate) struct Body {
    future: Pin<Box<dyn Erased>>,
    join: Rc<dyn Outcome>,
}

impl Body {
    /// Polls once. `Ready(Err)`: it panicked. trap 20: the panic stops here.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), JoinError>> {
        let Body { future, join } = self;
        // `AssertUnwindSafe`: what the panic left half done is the future's, and that is dropped and never seen again.
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll_into(cx, &**join))) {
            Ok(polled) => polled.map(Ok),
            Err(payload) => Poll::Ready(Err(JoinError::Panicked(payload))),
        }
    }
}

enum Stage {
    /// The root future of `block_on`. It stays on the caller's stack, and only its place in the queue is here.
    Root,
    Waiting(Body),
    /// The loop has it.
    Running,
}

struct Slot {
    generation: u64,
    stage: Stage,
    /// The waker, twice: as what the loop and a spawn work with, and ready to be lent to the poll. Making a `Waker`
    /// for each poll would cost two atomic operations.
    task_waker: Arc<TaskWaker>,
    waker: Option<Waker>,
    aborted: bool,
    polls: u32,
    /// What the last poll said it waits for.
    waiting: Label,
    /// What it was given beside its future: nothing, as a rule, so it takes no room in the slot.
    meta: Option<Box<TaskMeta>>,
    spawned_at: &'static Location<'static>,
}

impl Slot {
    fn name(&self) -> Option<&String> {
        self.meta.as_ref()?.name.as_ref()
    }

    fn group(&self) -> Option<&'static str> {
        self.meta.as_ref()?.group
    }

    /// How many wakers others hold.
    fn wakers(&self) -> usize {
        // A root that panics has lost the one that was lent to its poll.
        Arc::strong_count(&self.task_waker).saturating_sub(OWN_WAKERS)
    }

    /// Nobody can wake it.
    fn is_lost(&self) -> bool {
        self.task_waker.unshared(OWN_WAKERS) && !self.task_waker.is_queued()
    }

    fn state(&self) -> TaskState {
        if matches!(self.stage, Stage::Running) {
            TaskState::Running
        } else if self.task_waker.is_queued() {
            TaskState::Queued
        } else if self.is_lost() {
            TaskState::Lost(self.waiting.waiting())
        } else {
            TaskState::Waiting(self.waiting.waiting())
        }
    }
}

/// How many holders of its `TaskWaker` a slot accounts for.
const OWN_WAKERS: usize = 2;

/// How many wakers of ended tasks are kept for the next ones.
const SPARE_WAKERS: usize = 1024;

/// From how many places on a table is large.
const LARGE: usize = 1024;

/// What [`Tasks::begin`] found.
pub(crate) enum Begun {
    /// The task is gone: a late wake. Trap 4: there is nothing to poll.
    Gone,
    /// Poll the root.
    Root(Waker),
    /// Poll this.
    Task(Body, Waker),
    /// It was aborted: [`Tasks::end_aborted`] it.
    Aborted(Body),
}

/// The table of tasks.
pub(crate) struct Tasks {
    runtime: u64,
    slots: RefCell<Slab<Slot>>,
    queue: Rc<RunQueue>,
    inbox: Arc<RemoteInbox>,
    /// Wakers of ended tasks that nobody else holds, to be used again.
    spare: RefCell<Vec<(Arc<TaskWaker>, Waker)>>,
    generations: Cell<u64>,
    /// Polls of ended tasks, by group.
    polls: RefCell<Vec<(Option<&'static str>, u64)>>,
    /// `block_on` is being left: nothing new starts.
    closing: Cell<bool>,
}

impl Tasks {
    pub(crate) fn new(runtime: u64, queue: Rc<RunQueue>, inbox: Arc<RemoteInbox>) -> Self {
        Tasks {
            runtime,
            slots: RefCell::default(),
            queue,
            inbox,
            spare: RefCell::default(),
            generations: Cell::new(0),
            polls: RefCell::default(),
            closing: Cell::new(false),
        }
    }

    /// A future becomes a task: it gets a slot and a place in the queue.
    pub(crate) fn spawn<F>(
        self: Rc<Self>,
        future: F,
        meta: TaskMeta,
        at: &'static Location<'static>,
    ) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
    {
        let join = Rc::new(Join::new());
        if self.closing.get() {
            // A destructor spawns while `block_on` is being left. Rule 8: no task outlives it.
            drop(future);
            join.fail(JoinError::Cancelled);
            join.announce();
            let id = TaskId { generation: 0, key: u32::MAX };
            return JoinHandle { id, join, tasks: self };
        }
        let meta = TaskMeta { group: meta.group.or_else(|| self.group_of_spawner()), ..meta };
        let body = Body { future: Box::pin(future), join: join.clone() };
        let id = self.insert(Stage::Waiting(body), meta, at);
        JoinHandle { id, join, tasks: self }
    }

    fn group_of_spawner(&self) -> Option<&'static str> {
        self.slot(id::current_task()?, |slot| slot.group())?
    }

    /// A look at a task's slot, if it is not gone. `look` must run no code of the user's.
    fn slot<T>(&self, id: TaskId, look: impl FnOnce(&mut Slot) -> T) -> Option<T> {
        let mut slots = self.slots.borrow_mut();
        // trap 5: the key may have a new tenant; the generation tells.
        slots.get_mut(id.key as usize).filter(|slot| slot.generation == id.generation).map(look)
    }

    /// Gives the root future of a `block_on` its slot.
    pub(crate) fn insert_root(&self, at: &'static Location<'static>) {
        let meta = TaskMeta { name: Some("root".to_owned()), ..TaskMeta::default() };
        self.insert(Stage::Root, meta, at);
    }

    fn insert(&self, stage: Stage, meta: TaskMeta, spawned_at: &'static Location<'static>) -> TaskId {
        // trap 5: a slot's key is used again, the generation never.
        let generation = self.generations.get() + 1;
        self.generations.set(generation);
        let told = trace::is_watched().then(|| (meta.name.clone(), meta.group));
        let plain = meta.name.is_none() && meta.group.is_none() && meta.priority == 0;
        let mut slots = self.slots.borrow_mut();
        let entry = slots.vacant_entry();
        let key = u32::try_from(entry.key()).expect("memory ends before 2^32 tasks are alive");
        let id = TaskId { generation, key };
        let (task_waker, waker) = self.waker(id);
        self.queue.introduce(id, || meta.clone());
        let first = task_waker.mark();
        let waker = Some(waker);
        entry.insert(Slot {
            generation,
            stage,
            task_waker,
            waker,
            aborted: false,
            polls: 0,
            waiting: Label::NONE,
            meta: (!plain).then(|| Box::new(meta)),
            spawned_at,
        });
        // After the borrow: an observer may ask for a dump.
        drop(slots);
        if let Some((name, group)) = told {
            let (parent, name) = (trace::acting_task(), name.as_deref());
            trace::emit(|| What::Spawned { task: id, parent, name, group, at: spawned_at });
        }
        enqueue(&self.queue, id, first);
        id
    }

    fn waker(&self, id: TaskId) -> (Arc<TaskWaker>, Waker) {
        if let Some((task_waker, waker)) = self.spare.borrow_mut().pop()
            && task_waker.reuse(OWN_WAKERS, id)
        {
            return (task_waker, waker);
        }
        let task_waker = Arc::new(TaskWaker::new(self.runtime, id, self.inbox.clone()));
        (task_waker.clone(), Waker::from(task_waker))
    }

    /// The loop is about to poll a task: moves what is to be polled out of its slot.
    #[inline] // with `pause`: a tenth of a yield, as the body then moves in registers
    pub(crate) fn begin(&self, id: TaskId) -> Begun {
        let mut slots = self.slots.borrow_mut();
        // trap 5: the key may have a new tenant; the generation tells.
        let Some(slot) = slots.get_mut(id.key as usize).filter(|slot| slot.generation == id.generation)
        else {
            return Begun::Gone;
        };
        slot.task_waker.about_to_poll();
        let stage = mem::replace(&mut slot.stage, Stage::Running);
        let body = match stage {
            Stage::Root => None,
            Stage::Waiting(body) => Some(body),
            Stage::Running => {
                unreachable!("a task is polled from the loop alone, and the loop is not inside a poll")
            }
        };
        if slot.aborted
            && let Some(body) = body
        {
            return Begun::Aborted(body);
        }
        slot.polls = slot.polls.saturating_add(1);
        id::set_running(Some(id));
        label::clear();
        let waker = slot.waker.take().expect("it is lent to one poll at a time");
        match body {
            None => Begun::Root(waker),
            Some(body) => Begun::Task(body, waker),
        }
    }

    /// The poll returned `Pending`: back into the slot. Gives the body again if the task was aborted meanwhile
    /// (by itself, trap 19): [`end_aborted`](Self::end_aborted) it.
    #[must_use]
    #[inline]
    pub(crate) fn pause(&self, id: TaskId, body: Body, waker: Waker) -> Option<Body> {
        let mut slots = self.slots.borrow_mut();
        let slot = &mut slots[id.key as usize];
        slot.waker = Some(waker);
        slot.waiting = label::get();
        if slot.aborted {
            return Some(body);
        }
        slot.stage = Stage::Waiting(body);
        None
    }

    /// The same for the root, which has no body here.
    pub(crate) fn pause_root(&self, id: TaskId, waker: Waker) {
        let mut slots = self.slots.borrow_mut();
        let slot = &mut slots[id.key as usize];
        slot.waker = Some(waker);
        slot.waiting = label::get();
        slot.stage = Stage::Root;
    }

    /// The task was aborted, and is not being polled.
    pub(crate) fn end_aborted(&self, id: TaskId, body: Body) {
        self.end(id, body, None, Some(JoinError::Cancelled));
    }

    /// The task is over: because of `error`, or with the output that is in its `Join` already.
    pub(crate) fn end(&self, id: TaskId, body: Body, waker: Option<Waker>, error: Option<JoinError>) {
        id::set_running(Some(id));
        trace::act(By::Task(id));
        trace::emit(|| match &error {
            None => What::Ready { task: id },
            Some(JoinError::Panicked(_)) => What::Panicked { task: id },
            Some(JoinError::Cancelled) => What::Cancelled { task: id },
        });
        #[cfg(feature = "sim")]
        if let Some(error @ JoinError::Panicked(_)) = &error {
            crate::sim::task_panicked(id, error);
        }
        let Body { future, join } = body;
        if let Some(error) = error {
            join.fail(error);
        }
        // trap 18: from here on destructors of the user's run. The slot is still there and marked as running, no
        // borrow is held, and a panic in one of them is the task's own: it replaces the output.
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(future))) {
            quietly(|| join.fail(JoinError::Panicked(payload)));
        }
        self.remove(id, waker);
        // Wakes the joiner, and, if the handle is gone, drops the output.
        quietly(|| {
            join.announce();
            drop(join);
        });
        trace::act(By::Loop);
    }

    fn remove(&self, id: TaskId, waker: Option<Waker>) {
        let slot = {
            let mut slots = self.slots.borrow_mut();
            let slot = slots.remove(id.key as usize);
            // A table that was large once gives its memory back when only the root is left.
            if slots.len() <= 1 && slots.capacity() > LARGE {
                slots.shrink_to_fit();
                self.queue.shrink();
            }
            slot
        };
        self.queue.forget(id);
        trace::emit(|| What::Gone { task: id, wakers: slot.wakers() });
        self.count(slot.group(), slot.polls.into());
        if let Some(waker) = waker.or(slot.waker) {
            let mut spare = self.spare.borrow_mut();
            if spare.len() < SPARE_WAKERS && slot.task_waker.unshared(OWN_WAKERS) {
                spare.push((slot.task_waker, waker));
            }
        }
    }

    /// A task was woken from another thread. Gives how many wakes became this one.
    pub(crate) fn arrived(&self, id: TaskId) -> u32 {
        let found = self.slot(id, |slot| (slot.task_waker.arrived(), slot.task_waker.mark()));
        match found {
            Some((wakes, first)) => {
                enqueue(&self.queue, id, first);
                wakes
            }
            None => {
                trace::emit(|| What::Late { task: id });
                1
            }
        }
    }

    /// Leaves `block_on`: drops all tasks, the oldest first. Their destructors may still spawn (what they spawn is
    /// cancelled at once, until [`reopen`](Self::reopen)), wake and abort.
    pub(crate) fn close(&self) {
        self.closing.set(true);
        let mut ids: Vec<TaskId> = {
            let slots = self.slots.borrow();
            slots.iter().map(|(key, slot)| TaskId { generation: slot.generation, key: key as u32 }).collect()
        };
        ids.sort(); // by generation: the oldest first
        for id in ids {
            let (stage, waker) = {
                let mut slots = self.slots.borrow_mut();
                let slot = &mut slots[id.key as usize];
                (mem::replace(&mut slot.stage, Stage::Running), slot.waker.take())
            };
            match stage {
                Stage::Waiting(body) => self.end(id, body, waker, Some(JoinError::Cancelled)),
                Stage::Root | Stage::Running => self.remove(id, waker),
            }
        }
    }

    /// The loop is left: tasks may be spawned in the next `block_on`.
    pub(crate) fn reopen(&self) {
        self.closing.set(false);
    }

    /// What people call the task: its name, or else its number and where it was spawned.
    pub(crate) fn label(&self, id: TaskId) -> String {
        let label = self.slot(id, |slot| match slot.name() {
            Some(name) => name.clone(),
            None => format!("task {id}, spawned at {}", slot.spawned_at),
        });
        label.unwrap_or_else(|| format!("task {id}"))
    }

    /// What people call the task, and where it was spawned; `None` if it is gone.
    pub(crate) fn origin(&self, id: TaskId) -> Option<(String, &'static Location<'static>)> {
        self.slot(id, |slot| (slot.name().cloned().unwrap_or_else(|| format!("task {id}")), slot.spawned_at))
    }

    /// Tells the observer that the poll of a task is over and the task goes on waiting.
    pub(crate) fn tell_pending(&self, id: TaskId) {
        // One that has aborted itself waits for nothing: it is about to end.
        let waits = |slot: &mut Slot| (!slot.aborted).then(|| (slot.wakers(), slot.is_lost()));
        let Some((wakers, lost)) = self.slot(id, waits).flatten() else { return };
        trace::emit(|| What::Pending { task: id, on: label::get().waiting(), wakers });
        if lost {
            trace::emit(|| What::Lost { task: id });
        }
    }

    /// Of each task, what is known: the oldest first.
    pub(crate) fn dump(&self) -> Vec<TaskInfo> {
        let slots = self.slots.borrow();
        let mut tasks: Vec<_> = slots
            .iter()
            .map(|(key, slot)| TaskInfo {
                held_by: slot
                    .waiting
                    .waiting()
                    .filter(|w| w.on == Resource::Lock)
                    .and_then(|w| holders::of(w.id)),
                id: TaskId { generation: slot.generation, key: key as u32 },
                name: slot.name().cloned(),
                group: slot.group(),
                spawned_at: slot.spawned_at,
                polls: slot.polls,
                wakers: slot.wakers(),
                state: slot.state(),
            })
            .collect();
        tasks.sort_by_key(|task| task.id);
        tasks
    }

    /// How many futures this runtime was given, roots included.
    pub(crate) fn spawned(&self) -> u64 {
        self.generations.get()
    }

    /// Polls so far, by group.
    pub(crate) fn polls(&self) -> Vec<(Option<&'static str>, u64)> {
        let mut polls = self.polls.borrow().clone();
        for (_, slot) in self.slots.borrow().iter() {
            add(&mut polls, slot.group(), slot.polls.into());
        }
        polls
    }

    fn count(&self, group: Option<&'static str>, polls: u64) {
        add(&mut self.polls.borrow_mut(), group, polls);
    }
}

fn add(polls: &mut Vec<(Option<&'static str>, u64)>, group: Option<&'static str>, n: u64) {
    match polls.iter_mut().find(|(known, _)| *known == group) {
        Some((_, count)) => *count += n,
        None => polls.push((group, n)),
    }
}

impl Abort for Tasks {
    fn abort(&self, id: TaskId) {
        let found = self.slot(id, |slot| {
            slot.aborted = true;
            slot.task_waker.mark()
        });
        if let Some(first) = found {
            enqueue(&self.queue, id, first);
        }
    }

    fn is_gone(&self, id: TaskId) -> bool {
        self.slot(id, |_| ()).is_none()
    }
}
