//! One job in the three models, side by side: who is best at what, and by how much that can be told.

use super::{Comparison, Measure};
use crate::lesson::Table;
use crate::text;

/// How much more than the least is still as good: a machine measures no more exactly than this.
const LEVEL: f64 = 1.1;

/// One job in each of the models.
#[derive(Clone, Copy, Debug)]
pub struct Models {
    /// On an event loop.
    pub on_loop: Measure,
    /// On a thread each.
    pub threads: Measure,
    /// In a process each.
    pub processes: Measure,
}

impl Models {
    /// The models with their names.
    pub fn all(&self) -> [(&'static str, Measure); 3] {
        [("event loop", self.on_loop), ("threads", self.threads), ("processes", self.processes)]
    }

    /// The models for which this is least, or within 10 % of it: in words.
    pub fn best(&self, what: impl Fn(&Measure) -> Option<f64>) -> String {
        let told: Vec<_> = self.all().iter().filter_map(|(name, it)| Some((*name, what(it)?))).collect();
        let least = told.iter().map(|(_, value)| *value).fold(f64::INFINITY, f64::min);
        let best: Vec<_> = told.iter().filter(|(_, value)| *value <= least * LEVEL).map(|it| it.0).collect();
        match best.len() {
            0 => "not told".to_owned(),
            1 | 2 => best.join(", "),
            _ => "no difference".to_owned(),
        }
    }

    /// Whether all came to the same result.
    pub(super) fn agree(&self) -> bool {
        self.all().iter().all(|(_, it)| it.sum == self.on_loop.sum)
    }

    /// Whether the loop needs less of this than both others, as far as the OS tells.
    pub(super) fn loop_needs_less(&self, what: impl Fn(&Measure) -> Option<u64>) -> bool {
        let less =
            |other| what(&self.on_loop).zip(what(other)).is_none_or(|(on_loop, other)| on_loop < other);
        less(&self.threads) && less(&self.processes)
    }
}

/// What each took.
pub(super) fn costs(Comparison { waiting, computing, .. }: &Comparison) -> Table {
    let mut table = Table::new(["job", "model", "took", "CPU", "memory", "switches"]);
    for (job, models) in [("waiting", waiting), ("computing", computing)] {
        for (model, it) in models.all() {
            let memory = it.memory.map_or("-".to_owned(), text::bytes);
            let row = table.row(job).with(model).with(it.cost.wall).with(it.cost.cpu);
            row.with(memory).with(it.switches());
        }
    }
    table
}

/// Who was best at what.
pub(super) fn winners(Comparison { waiting, computing, .. }: &Comparison) -> Table {
    let mut table = Table::new(["best, or within 10 %", "waiting", "computing"]);
    let mut line = |name: &str, what: fn(&Measure) -> Option<f64>| {
        table.row(name).with(waiting.best(what)).with(computing.best(what));
    };
    line("time", |it| Some(it.cost.wall.as_secs_f64()));
    line("CPU", |it| Some(it.cost.cpu.as_secs_f64()));
    line("memory", |it| it.memory.map(|bytes| bytes as f64));
    line("switches", |it| Some(it.switches() as f64));
    table
}
