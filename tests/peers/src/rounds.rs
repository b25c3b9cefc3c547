//! All works on all runtimes, in turn, round after round.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::child::Children;
use crate::table::{self, Row};
use crate::works::{CALLS, COUNTED, Work};

/// What is measured, and how thoroughly.
pub struct Plan<'a> {
    /// The works.
    pub works: Vec<&'a Work>,
    /// The runtimes; ratios are to the first.
    pub runtimes: Vec<&'a str>,
    /// How often each.
    pub rounds: usize,
    /// How long each time.
    pub time: Duration,
    /// CPU time is told, and not what passed on the wall.
    pub cpu: bool,
}

impl Plan<'_> {
    /// Measures it all, and prints each work when it is done, and what could not be measured at the end.
    ///
    /// # Errors
    /// A child could not even be started.
    pub fn run(&self) -> Result<Vec<Row>, String> {
        let children = Children::new(&self.works)?;
        let mut rows = Vec::new();
        let mut refused = BTreeMap::new();
        for work in &self.works {
            let told = self.one(&children, work, &mut refused);
            table::print_work(&told);
            rows.extend(told);
        }
        if !refused.is_empty() {
            println!("\nskipped:");
        }
        for ((runtime, why), works) in refused {
            println!("  {runtime}: {why} ({})", works.join(", "));
        }
        Ok(rows)
    }

    fn one(
        &self,
        children: &Children,
        work: &Work,
        refused: &mut BTreeMap<(String, String), Vec<&'static str>>,
    ) -> Vec<Row> {
        // What is counted is the same each time: one round tells it, a second that it is so.
        let counted = work.name == CALLS || COUNTED.contains(&work.name);
        let rounds = if counted { self.rounds.min(2) } else { self.rounds };
        let mut runtimes: Vec<_> = self.runtimes.iter().filter(|runtime| work.suits(runtime)).collect();
        let mut costs = BTreeMap::<&str, Vec<f64>>::new();
        for _ in 0..rounds {
            // Another begins each round, so that none always runs after the same neighbour's first.
            let next = 1.min(runtimes.len());
            runtimes.rotate_left(next);
            runtimes.retain(|runtime| match children.measure(work, runtime, self.time) {
                Ok(cost) => {
                    costs.entry(runtime).or_default().push(if self.cpu { cost.cpu } else { cost.wall });
                    true
                }
                Err(why) => {
                    refused.entry((runtime.to_string(), why)).or_default().push(work.name);
                    false
                }
            });
        }
        let all = self.runtimes.iter();
        all.filter_map(|runtime| Row::new(work.name, runtime, work.unit, costs.remove(runtime)?)).collect()
    }
}
