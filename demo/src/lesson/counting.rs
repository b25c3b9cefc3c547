//! The counting that [`cooperative`](super::cooperative) and [`preemptive`](super::preemptive) have in common: some
//! workers, each of which counts, and a witness that writes down whenever another one goes on.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use super::meter::Cost;

/// How many count.
pub const WORKERS: usize = 4;
/// In how many blocks. Between two of them a task awaits; a thread does not.
pub const BLOCKS: usize = 8;
/// How many steps a block has.
pub const STEPS: usize = 500_000;

/// One worker went on where another one had been at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handover {
    /// Who went on.
    pub to: usize,
    /// Which of the steps it then took, of all its steps.
    pub at_step: usize,
}

impl Handover {
    /// It was between two blocks, or at the very beginning.
    pub fn is_between_blocks(self) -> bool {
        self.at_step.is_multiple_of(STEPS)
    }
}

/// Sees every step.
pub struct Witness {
    last: AtomicUsize,
    handovers: Mutex<Vec<Handover>>,
}

impl Witness {
    /// One that has seen nothing.
    pub fn new() -> Witness {
        Witness { last: AtomicUsize::new(usize::MAX), handovers: Mutex::default() }
    }

    /// A block of worker `me`: all it does is to count.
    pub fn count_block(&self, me: usize, block: usize) {
        for step in block * STEPS..(block + 1) * STEPS {
            if self.last.swap(me, Relaxed) != me {
                self.lock().push(Handover { to: me, at_step: step });
            }
        }
    }

    /// What it has seen.
    pub fn handovers(&self) -> Vec<Handover> {
        self.lock().clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Handover>> {
        self.handovers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Witness {
    fn default() -> Self {
        Witness::new()
    }
}

/// A run of all workers to their end.
#[derive(Clone, Debug)]
pub struct Run {
    /// Who went on after whom, and where.
    pub handovers: Vec<Handover>,
    /// What it cost.
    pub cost: Cost,
}

impl Run {
    /// Handovers in the middle of a block.
    pub fn in_the_middle(&self) -> u64 {
        self.handovers.iter().filter(|handover| !handover.is_between_blocks()).count() as u64
    }

    /// The order of the first handovers, such as `0 1 2 3 0 1`.
    pub fn order(&self, len: usize) -> String {
        let mut order: Vec<_> = self.handovers.iter().take(len).map(|it| it.to.to_string()).collect();
        if self.handovers.len() > len {
            order.push("…".to_owned());
        }
        order.join(" ")
    }
}

/// Has this thread, and those it starts, run on one core only, where the OS has a way to say so; whether it has.
///
/// On several cores, threads run at the same time, and "who was at work before" has no meaning.
pub fn on_one_core() -> bool {
    #[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
    {
        use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
        use nix::unistd::Pid;

        let this_thread = Pid::from_raw(0);
        let Ok(allowed) = sched_getaffinity(this_thread) else { return false };
        let first = (0..CpuSet::count()).find(|core| allowed.is_set(*core).unwrap_or(false));
        let mut one = CpuSet::new();
        first.is_some_and(|core| one.set(core).is_ok() && sched_setaffinity(this_thread, &one).is_ok())
    }
    #[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
    false
}
