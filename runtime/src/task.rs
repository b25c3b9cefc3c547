//! What happens to a task from spawn to end.
//!
//! Its slot ([`slots`](crate::slots)) holds the future and then its outcome, its waker, and what people want to know of it.
//! The loop ([`executor`](crate::executor)) calls [`Tasks::begin`] before a poll, which moves the future out of its slot,
//! and [`Tasks::pause`] or [`Tasks::end`] after it. So while a future runs, nothing of the table is borrowed, and it
//! may spawn, abort, wake or drop whatever it likes (traps 18 and 19).
//!
//! Invariants:
//! - The future of a task is dropped exactly once: when it is ready, when it panicked, when it was aborted, or when
//!   the runtime leaves `block_on`.
//! - Its `JoinHandle` is woken last: when its outcome is in its slot and its future is gone.

use std::cell::{Cell, RefCell};
use std::mem;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use crate::current::Current;
use crate::dump::TaskInfo;
use crate::holders;
use crate::id::{self, TaskId};
use crate::label;
use crate::outcome::{Body, JoinError, Outcome};
use crate::panics::quietly;
use crate::resource::Resource;
use crate::scheduler::{RunQueue, TaskMeta};
use crate::slots::{ROOT, Slot, Slots, Stage};
use crate::trace::{self, By, What};
use crate::waiting;
use crate::waker::{RemoteInbox, enqueue};

thread_local! {
    /// The tasks of the runtime that runs on this thread.
    pub(crate) static TASKS: Current<Tasks> = const { Current::new() };
}

/// Makes `tasks` those of this thread, or says that there are none.
pub(crate) fn enter(tasks: Option<Rc<Tasks>>) {
    TASKS.with(|current| current.set(tasks));
}

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

/// The tasks of a runtime.
pub(crate) struct Tasks {
    slots: RefCell<Slots>,
    queue: Rc<RunQueue>,
    inbox: Arc<RemoteInbox>,
    generations: Cell<u64>,
    /// Polls of ended tasks, by group.
    polls: RefCell<Vec<(Option<&'static str>, u64)>>,
    /// `block_on` is being left: nothing new starts.
    closing: Cell<bool>,
}

impl Tasks {
    pub(crate) fn new(queue: Rc<RunQueue>, inbox: Arc<RemoteInbox>) -> Self {
        Tasks {
            slots: RefCell::new(Slots::new()),
            queue,
            inbox,
            generations: Cell::new(0),
            polls: RefCell::default(),
            closing: Cell::new(false),
        }
    }

    /// A future becomes a task: it gets a slot and a place in the queue. Gives the key of the slot, for the handle.
    pub(crate) fn spawn(&self, body: Body, meta: TaskMeta, at: &'static Location<'static>) -> u32 {
        if self.closing.get() {
            // A destructor spawns while `block_on` is being left. Rule 8: no task outlives it.
            drop(body);
            let over = Stage::Done(Err(JoinError::Cancelled));
            return self.slots.borrow_mut().insert(0, over, at, &self.inbox).task_waker.id().key;
        }
        let meta = TaskMeta { group: meta.group.or_else(|| self.group_of_spawner()), ..meta };
        self.insert(Stage::Task(Some(body)), meta, at)
    }

    fn group_of_spawner(&self) -> Option<&'static str> {
        self.slots.borrow().group(id::current_task()?)
    }

    /// A look at a task's slot, if it is not gone. `look` must run no code of the user's.
    fn slot<T>(&self, id: TaskId, look: impl FnOnce(&mut Slot) -> T) -> Option<T> {
        self.slots.borrow_mut().find(id).filter(|slot| slot.is_alive()).map(look)
    }

    /// Gives the root future of a `block_on` its slot.
    pub(crate) fn insert_root(&self, at: &'static Location<'static>) {
        let meta = TaskMeta { name: Some(ROOT.to_owned()), ..TaskMeta::default() };
        let key = self.insert(Stage::Root, meta, at);
        self.slots.borrow_mut().detach(key); // it has no handle
    }

    fn insert(&self, stage: Stage, meta: TaskMeta, spawned_at: &'static Location<'static>) -> u32 {
        // trap 5: a slot's key is used again, the generation never.
        let generation = self.generations.get() + 1;
        self.generations.set(generation);
        let told = trace::is_watched().then(|| (meta.name.clone(), meta.group));
        let is_root = matches!(stage, Stage::Root);
        let plain = meta.name.is_none() && meta.group.is_none() && meta.priority == 0;
        let mut slots = self.slots.borrow_mut();
        let slot = slots.insert(generation, stage, spawned_at, &self.inbox);
        let id = slot.task_waker.id();
        self.queue.introduce(id, || meta.clone());
        let first = slot.task_waker.mark();
        if !plain && !is_root {
            slots.describe(id, meta);
        }
        // After the borrow: an observer may ask for a dump.
        drop(slots);
        if let Some((name, group)) = told {
            let (parent, name) = (trace::acting_task(), name.as_deref());
            trace::emit(|| What::Spawned { task: id, parent, name, group, at: spawned_at });
        }
        enqueue(&self.queue, id, first);
        id.key
    }

    /// The loop is about to poll a task: moves what is to be polled out of its slot.
    pub(crate) fn begin(&self, id: TaskId) -> Begun {
        let mut slots = self.slots.borrow_mut();
        let Some(slot) = slots.find(id) else { return Begun::Gone };
        slot.task_waker.about_to_poll();
        const ALONE: &str = "a task is polled from the loop alone, and the loop is not inside a poll";
        let body = match &mut slot.stage {
            Stage::Task(body) => Some(body.take().expect(ALONE)),
            Stage::Root => None,
            Stage::Aborted(body) => return Begun::Aborted(body.take().expect(ALONE)),
            Stage::Vacant(_) | Stage::Done(_) | Stage::Taken => return Begun::Gone,
        };
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
    pub(crate) fn pause(&self, id: TaskId, body: Body, waker: Waker) -> Option<Body> {
        let mut slots = self.slots.borrow_mut();
        let slot = slots.at(id.key);
        slot.waker = Some(waker);
        slot.waiting = label::get();
        let Stage::Task(place) = &mut slot.stage else { return Some(body) };
        *place = Some(body);
        None
    }

    /// The same for the root, which has no body here.
    pub(crate) fn pause_root(&self, id: TaskId, waker: Waker) {
        let mut slots = self.slots.borrow_mut();
        let slot = slots.at(id.key);
        slot.waker = Some(waker);
        slot.waiting = label::get();
    }

    /// The task was aborted, and is not being polled.
    pub(crate) fn end_aborted(&self, id: TaskId, body: Body) {
        self.end(id, body, None, Err(JoinError::Cancelled));
    }

    /// The task is over.
    pub(crate) fn end(&self, id: TaskId, body: Body, waker: Option<Waker>, mut outcome: Outcome) {
        id::set_running(Some(id));
        trace::act(By::Task(id));
        trace::emit(|| match &outcome {
            Ok(_) => What::Ready { task: id },
            Err(JoinError::Panicked(_)) => What::Panicked { task: id },
            Err(JoinError::Cancelled) => What::Cancelled { task: id },
        });
        #[cfg(feature = "sim")]
        if let Err(error @ JoinError::Panicked(_)) = &outcome {
            crate::sim::task_panicked(id, error);
        }
        // trap 18: from here on destructors of the user's run. The slot is still there and marked as running, no
        // borrow is held, and a panic in one of them is the task's own: it replaces the output.
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(body))) {
            let replaced = mem::replace(&mut outcome, Err(JoinError::Panicked(payload)));
            quietly(|| drop(replaced));
        }
        self.leave(id, waker, outcome);
        trace::act(By::Loop);
    }

    /// The future is gone: the outcome stays in the slot for the handle, or is dropped if that is gone, too.
    fn leave(&self, id: TaskId, waker: Option<Waker>, outcome: Outcome) {
        let (joiner, unwanted) = {
            let mut slots = self.slots.borrow_mut();
            let slot = slots.at(id.key);
            slot.waker = waker.or(slot.waker.take());
            let (polls, wakers) = (slot.polls, slot.wakers());
            let left = if slot.is_detached() {
                slots.free(id.key);
                (None, Some(outcome))
            } else {
                slot.stage = Stage::Done(outcome);
                (slots.take_joiner(id.key), None)
            };
            let group = slots.undescribe(id);
            drop(slots);
            self.queue.forget(id);
            trace::emit(|| What::Gone { task: id, wakers });
            self.count(group, polls.into());
            left
        };
        if let Some(joiner) = joiner {
            waiting::wake(joiner);
        }
        quietly(|| drop(unwanted));
    }

    /// The id of the task at `key`, for its handle.
    pub(crate) fn id(&self, key: u32) -> TaskId {
        self.slots.borrow_mut().at(key).task_waker.id()
    }

    /// The task at `key` has ended.
    pub(crate) fn is_done(&self, key: u32) -> bool {
        !self.slots.borrow_mut().at(key).is_alive()
    }

    /// The handle of the task at `key` is polled: it gets the outcome, `None` if it has got it before; or its waker is
    /// kept.
    pub(crate) fn join(&self, key: u32, cx: &Context<'_>) -> Poll<Option<Outcome>> {
        let mut slots = self.slots.borrow_mut();
        let slot = slots.at(key);
        if !slot.is_alive() {
            return Poll::Ready(match mem::replace(&mut slot.stage, Stage::Taken) {
                Stage::Done(outcome) => Some(outcome),
                _ => None,
            });
        }
        let generation = slot.task_waker.generation();
        // trap 6: another task may poll than before.
        let kept = slots.joiner(key).is_some_and(|kept| kept.will_wake(cx.waker()));
        drop(slots);
        if !kept {
            let waker = cx.waker().clone();
            let replaced = self.slots.borrow_mut().set_joiner(key, waker);
            if replaced.is_some() {
                label::replaced();
            }
            drop(replaced); // trap 17: after the borrow
        }
        label::set(Resource::Task, generation, None);
        Poll::Pending
    }

    /// The handle of the task at `key` is gone: nobody wants the outcome.
    pub(crate) fn let_go(&self, key: u32) {
        let mut slots = self.slots.borrow_mut();
        let joiner = slots.detach(key);
        let outcome = (!slots.at(key).is_alive()).then(|| slots.free(key));
        drop(slots);
        drop((joiner, outcome)); // traps 17 and 18: after the borrow
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

    /// Cancels a task, if it has not ended.
    pub(crate) fn abort(&self, id: TaskId) {
        let found = self.slot(id, |slot| {
            slot.stage = match mem::replace(&mut slot.stage, Stage::Taken) {
                Stage::Task(body) | Stage::Aborted(body) => Stage::Aborted(body),
                other => other,
            };
            slot.task_waker.mark()
        });
        if let Some(first) = found {
            enqueue(&self.queue, id, first);
        }
    }

    /// A task has ended.
    pub(crate) fn is_gone(&self, id: TaskId) -> bool {
        self.slot(id, |_| ()).is_none()
    }

    /// Leaves `block_on`: drops all tasks, the oldest first. Their destructors may still spawn (what they spawn is
    /// cancelled at once, until [`reopen`](Self::reopen)), wake and abort.
    pub(crate) fn close(&self) {
        self.closing.set(true);
        let mut ids: Vec<TaskId> = {
            let slots = self.slots.borrow();
            slots.iter().filter(|(_, slot)| slot.is_alive()).map(|(id, _)| id).collect()
        };
        ids.sort(); // by generation: the oldest first
        for id in ids {
            let (stage, waker) = {
                let mut slots = self.slots.borrow_mut();
                let slot = slots.at(id.key);
                (mem::replace(&mut slot.stage, Stage::Task(None)), slot.waker.take())
            };
            match stage {
                Stage::Task(Some(body)) | Stage::Aborted(Some(body)) => {
                    self.end(id, body, waker, Err(JoinError::Cancelled));
                }
                // The root, whose future is gone by now, and which has no handle.
                _ => self.leave(id, waker, Err(JoinError::Cancelled)),
            }
        }
    }

    /// The loop is left: tasks may be spawned in the next `block_on`.
    pub(crate) fn reopen(&self) {
        self.closing.set(false);
    }

    /// What people call the task: its name, or else its number and where it was spawned.
    pub(crate) fn label(&self, id: TaskId) -> String {
        let slots = self.slots.borrow();
        let Some(slot) = slots.get(id) else { return format!("task {id}") };
        match slots.name(id, slot) {
            Some(name) => name.to_owned(),
            None => format!("task {id}, spawned at {}", slot.spawned_at),
        }
    }

    /// What people call the task, and where it was spawned; `None` if it is gone.
    pub(crate) fn origin(&self, id: TaskId) -> Option<(String, &'static Location<'static>)> {
        let slots = self.slots.borrow();
        let slot = slots.get(id)?;
        let name = slots.name(id, slot).map_or_else(|| format!("task {id}"), str::to_owned);
        Some((name, slot.spawned_at))
    }

    /// Tells the observer that the poll of a task is over and the task goes on waiting.
    pub(crate) fn tell_pending(&self, id: TaskId) {
        // One that has aborted itself waits for nothing: it is about to end.
        let waits = |slot: &mut Slot| {
            let aborted = matches!(slot.stage, Stage::Aborted(_));
            (!aborted).then(|| (slot.wakers(), slot.is_lost()))
        };
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
            .filter(|(_, slot)| slot.is_alive())
            .map(|(id, slot)| TaskInfo {
                held_by: slot
                    .waiting
                    .waiting()
                    .filter(|w| w.on == Resource::Lock)
                    .and_then(|w| holders::of(w.id)),
                id,
                name: slots.name(id, slot).map(str::to_owned),
                group: slots.group(id),
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
        let slots = self.slots.borrow();
        for (id, slot) in slots.iter().filter(|(_, slot)| slot.is_alive()) {
            add(&mut polls, slots.group(id), slot.polls.into());
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
