//! The table of tasks: a slot for each, and where the free ones are.
//!
//! A slot is a task's from its spawn until the task has ended *and* its `JoinHandle` is gone: in between, the outcome
//! lies in it. A slot that is free keeps its waker for the next task, if nobody else has it.
//!
//! Slots lie in chunks. In one list that doubles when it is full, half of the room would lie empty after a growth, and
//! a hundred thousand slots be copied in it; in chunks, a slot stays where it is.

use std::collections::BTreeMap;
use std::mem;
use std::panic::Location;
use std::sync::Arc;
use std::task::Waker;

use slab::Slab;

use crate::dump::TaskState;
use crate::id::TaskId;
use crate::label::Label;
use crate::outcome::{Body, Outcome};
use crate::scheduler::TaskMeta;
use crate::waker::{RemoteInbox, TaskWaker};

/// How many slots a chunk has.
const CHUNK: usize = 64;

/// How many chunks are kept when only the root is left.
const KEPT: usize = 16;

/// No slot.
const NONE: u32 = u32::MAX;

/// What the root is called.
pub(crate) const ROOT: &str = "root";

/// How many holders of its `TaskWaker` a slot accounts for.
const OWN_WAKERS: usize = 2;

/// Where a task is on its way from spawn to end.
pub(crate) enum Stage {
    /// No task is here. The next slot that is free.
    Vacant(u32),
    /// The root future of `block_on`. It stays on the caller's stack, and only its place in the queue is here.
    Root,
    /// `None`: the loop has it.
    Task(Option<Body>),
    /// The same when it was aborted: it is not polled again, and ends when the loop gets to it.
    Aborted(Option<Body>),
    /// It has ended, and its handle is still there.
    Done(Outcome),
    /// The handle has given the outcome.
    Taken,
}

pub(crate) struct Slot {
    pub(crate) stage: Stage,
    /// The waker, twice: as what the loop and a spawn work with, and ready to be lent to the poll. Making a `Waker`
    /// for each poll would cost two atomic operations.
    pub(crate) task_waker: Arc<TaskWaker>,
    pub(crate) waker: Option<Waker>, // `None`: it is being polled
    /// What the last poll said it waits for.
    pub(crate) waiting: Label,
    pub(crate) spawned_at: &'static Location<'static>,
    pub(crate) polls: u32,
    /// Where in the list of `joiners` the waker of whoever awaits the handle is; [`NOBODY`], or [`DETACHED`]. Of many tasks
    /// few are awaited at a time, so that one in each slot would be 12 bytes wasted.
    joiner: u32,
}

/// Nobody awaits the handle.
const NOBODY: u32 = u32::MAX;

/// The handle is gone.
const DETACHED: u32 = u32::MAX - 1;

impl Slot {
    /// The handle is gone.
    pub(crate) fn is_detached(&self) -> bool {
        self.joiner == DETACHED
    }

    /// How many wakers others hold.
    pub(crate) fn wakers(&self) -> usize {
        // A root that panics has lost the one that was lent to its poll.
        Arc::strong_count(&self.task_waker).saturating_sub(OWN_WAKERS)
    }

    /// Nobody can wake it.
    pub(crate) fn is_lost(&self) -> bool {
        self.task_waker.unshared(OWN_WAKERS) && !self.task_waker.is_queued()
    }

    /// The task is not over.
    pub(crate) fn is_alive(&self) -> bool {
        !matches!(self.stage, Stage::Vacant(_) | Stage::Done(_) | Stage::Taken)
    }

    pub(crate) fn state(&self) -> TaskState {
        if self.waker.is_none() || matches!(self.stage, Stage::Aborted(None)) {
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

/// The table.
pub(crate) struct Slots {
    chunks: Vec<Vec<Slot>>,
    /// The first slot that is free. From there they are linked.
    vacant: u32,
    /// How many are not.
    taken: usize,
    /// What tasks were given beside their futures, by generation: nothing, as a rule, so it takes no room in a slot.
    metas: BTreeMap<u64, TaskMeta>,
    joiners: Slab<Waker>,
}

impl Slots {
    pub(crate) fn new() -> Self {
        Slots { chunks: Vec::new(), vacant: NONE, taken: 0, metas: BTreeMap::new(), joiners: Slab::new() }
    }

    /// A slot for a new task.
    pub(crate) fn insert(
        &mut self,
        generation: u64,
        stage: Stage,
        spawned_at: &'static Location<'static>,
        inbox: &Arc<RemoteInbox>,
    ) -> &mut Slot {
        if self.vacant == NONE {
            self.grow(inbox);
        }
        let key = self.vacant;
        let slot = &mut self.chunks[key as usize / CHUNK][key as usize % CHUNK];
        if let Stage::Vacant(next) = mem::replace(&mut slot.stage, stage) {
            self.vacant = next;
        }
        self.taken += 1;
        let id = TaskId { generation, key };
        if slot.waker.is_none() || !slot.task_waker.reuse(OWN_WAKERS, id) {
            (slot.task_waker, slot.waker) = wakers(id, inbox);
        }
        slot.waiting = Label::NONE;
        slot.spawned_at = spawned_at;
        slot.polls = 0;
        slot.joiner = NOBODY;
        slot
    }

    /// Adds a chunk, whole, with its wakers: they stay, and one by one they would lie between what comes and goes with
    /// tasks. (A burst of 100,000 tasks took twice as long when it came the tenth time: `malloc` had only bits left.)
    #[cold]
    fn grow(&mut self, inbox: &Arc<RemoteInbox>) {
        let first = self.chunks.len() * CHUNK;
        let first = u32::try_from(first).expect("memory ends before 2^32 tasks are alive");
        let slot = |key| {
            let (task_waker, waker) = wakers(TaskId { generation: 0, key }, inbox);
            let next = if key as usize % CHUNK == CHUNK - 1 { NONE } else { key + 1 };
            Slot {
                stage: Stage::Vacant(next),
                task_waker,
                waker,
                waiting: Label::NONE,
                spawned_at: Location::caller(),
                polls: 0,
                joiner: NOBODY,
            }
        };
        self.chunks.push((first..).take(CHUNK).map(slot).collect());
        self.vacant = first;
    }

    /// The slot of a task, if no later one has it. It may be vacant.
    #[inline]
    pub(crate) fn find(&mut self, id: TaskId) -> Option<&mut Slot> {
        let slot = self.chunks.get_mut(id.key as usize / CHUNK)?.get_mut(id.key as usize % CHUNK)?;
        // trap 5: the key may have a new tenant; the generation tells.
        (slot.task_waker.generation() == id.generation).then_some(slot)
    }

    /// The same, to be looked at.
    pub(crate) fn get(&self, id: TaskId) -> Option<&Slot> {
        let slot = self.chunks.get(id.key as usize / CHUNK)?.get(id.key as usize % CHUNK)?;
        (slot.task_waker.generation() == id.generation).then_some(slot)
    }

    /// The slot at a key, for those who know that the task they mean is there.
    #[inline]
    pub(crate) fn at(&mut self, key: u32) -> &mut Slot {
        &mut self.chunks[key as usize / CHUNK][key as usize % CHUNK]
    }

    /// Who awaits the handle of the task at a key.
    pub(crate) fn joiner(&mut self, key: u32) -> Option<&Waker> {
        let joiner = self.at(key).joiner;
        self.joiners.get(joiner as usize)
    }

    /// From now on it is this one. Gives the one before.
    pub(crate) fn set_joiner(&mut self, key: u32, waker: Waker) -> Option<Waker> {
        let joiner = self.at(key).joiner;
        match self.joiners.get_mut(joiner as usize) {
            Some(before) => Some(mem::replace(before, waker)),
            None => {
                // Less than there are slots, so it is neither of the two.
                self.at(key).joiner = self.joiners.insert(waker) as u32;
                None
            }
        }
    }

    /// Nobody any more.
    pub(crate) fn take_joiner(&mut self, key: u32) -> Option<Waker> {
        let joiner = mem::replace(&mut self.at(key).joiner, NOBODY);
        self.joiners.try_remove(joiner as usize)
    }

    /// The handle of the task at a key is gone. Gives who awaited it.
    pub(crate) fn detach(&mut self, key: u32) -> Option<Waker> {
        let joiner = mem::replace(&mut self.at(key).joiner, DETACHED);
        self.joiners.try_remove(joiner as usize)
    }

    /// Keeps what a new task was given. Of the root, that is told by its [`name`](Self::name): in a program that names no
    /// task and has no groups there is nothing to look up.
    pub(crate) fn describe(&mut self, id: TaskId, meta: TaskMeta) {
        self.metas.insert(id.generation, meta);
    }

    /// The task is over. Gives its group, if it was in one.
    pub(crate) fn undescribe(&mut self, id: TaskId) -> Option<&'static str> {
        self.metas.remove(&id.generation)?.group
    }

    /// The name of a task, if it has one.
    pub(crate) fn name(&self, id: TaskId, slot: &Slot) -> Option<&str> {
        match slot.stage {
            Stage::Root => Some(ROOT),
            _ => self.metas.get(&id.generation)?.name.as_deref(),
        }
    }

    /// The group of a task, if it is in one.
    pub(crate) fn group(&self, id: TaskId) -> Option<&'static str> {
        self.metas.get(&id.generation)?.group
    }

    /// Those that are not free.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (TaskId, &Slot)> {
        let all = self.chunks.iter().flatten();
        let taken = all.filter(|slot| !matches!(slot.stage, Stage::Vacant(_)));
        taken.map(|slot| (slot.task_waker.id(), slot))
    }

    /// Frees a slot. Gives what was in it: it may be the user's, and is not to be dropped while the table is borrowed.
    pub(crate) fn free(&mut self, key: u32) -> Stage {
        let vacant = self.vacant;
        let was = mem::replace(&mut self.at(key).stage, Stage::Vacant(vacant));
        self.vacant = key;
        self.taken -= 1;
        if self.taken <= 1 && self.chunks.len() > KEPT {
            self.shrink();
        }
        was
    }

    /// A table that was large once gives its memory back when only the root is left.
    fn shrink(&mut self) {
        if self.joiners.is_empty() {
            self.joiners = Slab::new();
        }
        let is_vacant = |chunk: &Vec<Slot>| chunk.iter().all(|slot| matches!(slot.stage, Stage::Vacant(_)));
        let before = self.chunks.len();
        while self.chunks.len() > KEPT
            && let Some(_vacant) = self.chunks.pop_if(|chunk| is_vacant(chunk))
        {}
        if self.chunks.len() == before {
            return;
        }
        // What is left is linked anew.
        self.vacant = NONE;
        for (slot, key) in self.chunks.iter_mut().flatten().zip(0..) {
            if matches!(slot.stage, Stage::Vacant(_)) {
                slot.stage = Stage::Vacant(mem::replace(&mut self.vacant, key));
            }
        }
    }
}

fn wakers(id: TaskId, inbox: &Arc<RemoteInbox>) -> (Arc<TaskWaker>, Option<Waker>) {
    let task_waker = Arc::new(TaskWaker::new(id, inbox.clone()));
    (task_waker.clone(), Some(Waker::from(task_waker)))
}
