//! Policies of the run queue: [`Fifo`], [`Lifo`] and [`Random`], each a few lines over the [`Scheduler`] trait.

use std::collections::VecDeque;

use crate::id::TaskId;
use crate::scheduler::{Scheduler, TaskMeta};

/// Last in, first out. It starves (trap 13): here to show that, and because some loops did it by accident.
///
/// ```
/// use runtime::{Builder, Lifo, spawn, yield_now};
/// use std::{cell::Cell, rc::Rc};
/// let turns = Rc::new(Cell::new(0));
/// Builder::new().scheduler(Lifo::default()).build()?.block_on(async {
///     let starved = turns.clone();
///     spawn(async move { starved.set(starved.get() + 1) });
///     for _ in 0..1000 {
///         yield_now().await; // last in, so first out
///     }
/// });
/// assert_eq!(turns.get(), 0);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Lifo {
    ready: Vec<TaskId>,
}

impl Scheduler for Lifo {
    fn push(&mut self, id: TaskId, _: &TaskMeta) {
        self.ready.push(id);
    }

    fn pop(&mut self) -> Option<TaskId> {
        self.ready.pop()
    }
}

/// First in, first out: the usual policy, as a student would write it. (Without a policy the loop uses its own queue,
/// which does the same without a virtual call.)
///
/// ```
/// let runtime = runtime::Builder::new().scheduler(runtime::Fifo::default()).build()?;
/// runtime.block_on(async {
///     let task = runtime::spawn(async {});
///     runtime::yield_now().await; // the others first
///     assert!(task.is_finished());
/// });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Fifo {
    ready: VecDeque<TaskId>,
}

impl Scheduler for Fifo {
    fn push(&mut self, id: TaskId, _: &TaskMeta) {
        self.ready.push_back(id);
    }

    fn pop(&mut self) -> Option<TaskId> {
        self.ready.pop_front()
    }
}

/// In random order, the same for the same seed. A program that is right does not care for the order; one that is wrong
/// fails with some seed, and with that seed again.
///
/// ```
/// use runtime::{Builder, Random, spawn};
/// use std::{cell::RefCell, rc::Rc};
/// let order = |seed| {
///     let log = Rc::new(RefCell::new(Vec::new()));
///     Builder::new().scheduler(Random::new(seed)).build().unwrap().block_on(async {
///         let tasks = [1, 2, 3, 4].map(|n| {
///             let log = log.clone();
///             spawn(async move { log.borrow_mut().push(n) })
///         });
///         runtime::join_all(tasks).await;
///     });
///     log.take()
/// };
/// assert_eq!(order(7), order(7));
/// assert!((1..100).any(|seed| order(seed) != order(0)));
/// ```
#[derive(Debug)]
pub struct Random {
    ready: Vec<TaskId>,
    state: u64,
}

impl Random {
    /// The order of this seed.
    pub fn new(seed: u64) -> Self {
        Random { ready: Vec::new(), state: seed }
    }
}

impl Scheduler for Random {
    fn push(&mut self, id: TaskId, _: &TaskMeta) {
        self.ready.push(id);
    }

    fn pop(&mut self) -> Option<TaskId> {
        if self.ready.is_empty() {
            return None;
        }
        let at = next_random(&mut self.state) % self.ready.len() as u64;
        Some(self.ready.swap_remove(at as usize))
    }
}

/// SplitMix64 (Steele, Lea, Flood, 2014): small, good enough to shuffle with.
pub(crate) fn next_random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
