//! The lecture's table of mechanisms and models: a row of it, three cells, each without the mechanism and with it.

use super::table::Row;
use super::{Outcome, Table};

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

impl<T> Cells<T> {
    /// Runs the work in each model, without the mechanism and with it. The tasks come first: the first run that is
    /// recorded gets the plain name of the file.
    ///
    /// # Errors
    /// The first of the three.
    pub(super) fn measure(
        tasks: impl Fn(bool) -> Outcome<T>,
        processes: impl Fn(bool) -> Outcome<T>,
        threads: impl Fn(bool) -> Outcome<T>,
    ) -> Outcome<Cells<T>> {
        let tasks = Cell { without: tasks(false)?, with: tasks(true)? };
        let processes = Cell { without: processes(false)?, with: processes(true)? };
        let threads = Cell { without: threads(false)?, with: threads(true)? };
        Ok(Cells { threads, processes, tasks })
    }

    /// Each with the name of its model.
    pub fn all(&self) -> [(&'static str, &Cell<T>); 3] {
        [("threads", &self.threads), ("processes", &self.processes), ("tasks on a loop", &self.tasks)]
    }

    /// Whether this holds in all three.
    pub(super) fn each(&self, holds: impl Fn(&Cell<T>) -> bool) -> bool {
        self.all().into_iter().all(|(_, cell)| holds(cell))
    }

    /// The row as a table, a line a model: its name, what `show` adds, and which mechanism of that model it was.
    pub(super) fn table<const N: usize>(
        &self,
        head: [&str; N],
        mechanisms: [&str; 3],
        show: impl Fn(&mut Row, &Cell<T>),
    ) -> Table {
        let mut table = Table::new(head);
        for ((model, cell), mechanism) in self.all().into_iter().zip(mechanisms) {
            let row = table.row(model);
            show(row, cell);
            row.with(mechanism);
        }
        table
    }
}

/// The title of a recording, such as `tasks without a mutex`.
pub(super) fn title(who: &str, with: bool, mechanism: &str) -> String {
    format!("{who} {} a {mechanism}", if with { "with" } else { "without" })
}
