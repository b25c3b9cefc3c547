//! The lecture's table of mechanisms and models: a row of it, three cells, each without the mechanism and with it.

use super::Outcome;

/// A mechanism in the three models.
#[derive(Clone, Copy, Debug)]
pub struct Cells<T> {
    /// Threads of one process, which the system switches.
    pub threads: Cell<T>,
    /// Processes, which share no memory.
    pub processes: Cell<T>,
    /// Tasks on one loop.
    pub tasks: Cell<T>,
}

/// What came of the same work.
#[derive(Clone, Copy, Debug)]
pub struct Cell<T> {
    /// Without the mechanism.
    pub without: T,
    /// With it.
    pub with: T,
}

impl<T> Cell<T> {
    /// Runs `work` without the mechanism, and then with it.
    ///
    /// # Errors
    /// The first of `work`.
    pub(super) fn measure(work: impl Fn(bool) -> Outcome<T>) -> Outcome<Cell<T>> {
        Ok(Cell { without: work(false)?, with: work(true)? })
    }
}

impl<T> Cells<T> {
    /// Each with the name of its model.
    pub fn all(&self) -> [(&'static str, &Cell<T>); 3] {
        [("threads", &self.threads), ("processes", &self.processes), ("tasks on a loop", &self.tasks)]
    }

    /// Whether this holds in all three.
    pub(super) fn each(&self, holds: impl Fn(&Cell<T>) -> bool) -> bool {
        self.all().into_iter().all(|(_, cell)| holds(cell))
    }
}
