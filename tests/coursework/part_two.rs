//! The checks of part two, where the runtime has the thing itself.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use coursework::check::Outcome;
use coursework::log::Log;
use coursework::suites;
use runtime::{Scheduler, TaskId, TaskMeta};

use super::{Real, all_pass};

/// The example in the docs of `Scheduler`: as it stands there.
#[derive(Default)]
struct ByPriority {
    ready: BTreeMap<(Reverse<i32>, u64), TaskId>,
    pushes: u64,
}

impl Scheduler for ByPriority {
    fn push(&mut self, id: TaskId, meta: &TaskMeta) {
        self.pushes += 1;
        self.ready.insert((Reverse(meta.priority), self.pushes), id);
    }

    fn pop(&mut self) -> Option<TaskId> {
        self.ready.pop_first().map(|(_, id)| id)
    }
}

impl suites::e13_priority::Priority13 for Real {
    fn scheduler() -> impl Scheduler + 'static {
        ByPriority::default()
    }
}

#[test]
fn the_scheduler_of_the_docs_keeps_the_order_and_starves_as_it_says() {
    all_pass(&suites::e13_priority::order::<Real>());
    let starves = &suites::e13_priority::patience::<Real>()[0];
    let Outcome::Failed(fault) = starves.run(&Log::new(Box::new(|_| {}))) else {
        panic!("it does not starve")
    };
    assert!(fault.text.contains("b starves"), "{}", fault.text);
}
