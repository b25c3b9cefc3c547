//! Cooperative multitasking: a task gives the thread away where it says so, at an `.await`, and nowhere else.
//!
//! Four tasks count, in blocks, and give way between two of them. Who goes on is planned by the scheduler, but when, that
//! the tasks decide. So every handover lies between two blocks, and the same run can be had again: also under a planner
//! that throws dice, if they fall in the same way. Its counterpart is [`preemptive`](super::preemptive).

use std::rc::Rc;

use runtime::{Builder, Random, join_all, spawn, yield_now};

use super::counting::{BLOCKS, Run, WORKERS, Witness};
use super::meter::{Meter, Whose};
use super::{Lesson, Measured, Outcome, Stage, Table, Verdict};

/// The seed of the dice.
pub const SEED: u64 = 7;

/// A worker.
async fn worker(me: usize, witness: Rc<Witness>) {
    for block in 0..BLOCKS {
        witness.count_block(me, block);
        yield_now().await; // here, and only here, another one may go on
    }
}

/// All of them, on one thread.
pub(super) fn run(stage: &Stage, title: &str, settings: Builder) -> Outcome<Run> {
    let witness = Rc::new(Witness::new());
    let runtime = stage.runtime(title, settings)?;
    let meter = Meter::start(Whose::Thread)?;
    runtime.block_on(async {
        join_all((0..WORKERS).map(|me| spawn(worker(me, witness.clone())))).await;
    });
    let cost = meter.read()?;
    Ok(Run { handovers: witness.handovers(), cost })
}

/// What the lesson measures.
#[derive(Debug)]
pub struct Cooperative {
    /// First in, first out: twice.
    pub in_turn: [Run; 2],
    /// By dice: twice with the same seed.
    pub by_dice: [Run; 2],
}

/// Runs them four times.
///
/// # Errors
/// If the OS does not give what a loop needs.
pub fn measure(stage: &Stage) -> Outcome<Cooperative> {
    let in_turn = |title| run(stage, title, Builder::new());
    let by_dice = |title| run(stage, title, Builder::new().scheduler(Random::new(SEED)));
    Ok(Cooperative {
        in_turn: [in_turn("first in, first out")?, in_turn("first in, first out, again")?],
        by_dice: [by_dice("by dice")?, by_dice("by the same dice")?],
    })
}

impl Cooperative {
    fn runs(&self) -> impl Iterator<Item = (&'static str, &Run)> {
        let names = ["in turn", "again", "by dice", "again"];
        names.into_iter().zip(self.in_turn.iter().chain(&self.by_dice))
    }
}

impl Measured for Cooperative {
    fn show(&self, stage: &Stage) {
        let head = ["planned", "handovers", "mid-block", "voluntary", "forced", "order"];
        let mut table = Table::new(head);
        for (name, run) in self.runs() {
            let middle = run.in_the_middle();
            let row = table.row(name).with(run.handovers.len() as u64).mark(middle == 0, middle);
            row.with(run.cost.voluntary).with(run.cost.involuntary).with(run.order(10));
        }
        stage.table(&table);
    }

    fn verdict(&self) -> Verdict {
        let handovers: usize = self.runs().map(|(_, run)| run.handovers.len()).sum();
        let [first, second] = &self.in_turn;
        let [dice, same_dice] = &self.by_dice;
        Verdict::seen(format!(
            "all {handovers} handovers lie between two blocks, at an await, and each order came twice"
        ))
        .needs(self.runs().all(|(_, run)| run.in_the_middle() == 0), "a task was interrupted within a block")
        .needs(first.handovers == second.handovers, "the order was another the second time")
        .needs(dice.handovers == same_dice.handovers, "the same dice gave another order")
        .needs(dice.handovers != first.handovers, "the dice made no difference")
    }
}

/// The lesson.
pub const LESSON: Lesson = Lesson {
    name: "cooperative",
    about: "tasks hand over by themselves, and only at an await",
    claim: "On an event loop, tasks hand the thread over by themselves. The planner decides who is next, but it never \
            interrupts anybody.",
    runs: "Four tasks that count in blocks, on one thread, and give way between two blocks. Two times first in, first \
           out, and two times by dice with one seed. At each step, a witness looks whether another task counted before.",
    look: "No handover is in the middle of a block, and the order can be had again. The two columns before the order \
           are the kernel's: how often it switched from this thread to another one, as this one waited or by force. The \
           tasks notice nothing of that, as none of the others goes on meanwhile.",
    read: &[
        ("demo/src/lesson/cooperative.rs", "worker: its one await"),
        ("runtime/src/futures/yield_now.rs", "YieldNow::poll: cooperation in one line"),
        ("runtime/src/scheduler.rs", "Scheduler: who is next, in a trait"),
        ("runtime/src/policies.rs", "Fifo, Lifo, Random: three planners"),
    ],
    try_this: "Take the await out of worker: how many handovers are left, and in which order do the tasks end? Then see \
               `demo lesson preemptive`.",
    measure: |stage| Ok(Box::new(measure(stage)?)),
};
