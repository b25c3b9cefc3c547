//! Preemptive multitasking: the system takes the core away from a thread where it likes, between any two instructions.
//!
//! The same four workers as in [`cooperative`], as threads. Nothing in them says where another one
//! may go on. They share one core, so that here, too, only one runs at a time.

use std::thread;

use runtime::Builder;

use super::counting::{BLOCKS, Run, STEPS, WORKERS, Witness, on_one_core};
use super::meter::{Meter, Whose};
use super::{Lesson, Measured, Outcome, Stage, Table, Verdict, cooperative};
use crate::text;

/// A worker. Compare it with that of the other lesson: there is no await.
fn worker(me: usize, witness: &Witness) {
    for block in 0..BLOCKS {
        witness.count_block(me, block);
    }
}

/// All of them, each on a thread of its own.
fn run() -> Outcome<Run> {
    let witness = Witness::new();
    let meter = Meter::start(Whose::Process)?;
    // On a thread that the others are started by, as they inherit its core.
    thread::scope(|scope| {
        scope.spawn(|| {
            on_one_core();
            for me in 0..WORKERS {
                let witness = &witness;
                scope.spawn(move || worker(me, witness));
            }
        });
    });
    let cost = meter.read()?;
    Ok(Run { handovers: witness.handovers(), cost })
}

/// What the lesson measures.
#[derive(Debug)]
pub struct Preemptive {
    /// As threads: twice.
    pub threads: [Run; 2],
    /// As tasks: twice.
    pub tasks: [Run; 2],
}

/// Runs them as threads and as tasks.
///
/// # Errors
/// If the OS does not give what a loop needs.
pub fn measure(stage: &Stage) -> Outcome<Preemptive> {
    let tasks = |title| cooperative::run(stage, title, Builder::new());
    Ok(Preemptive { threads: [run()?, run()?], tasks: [tasks("as tasks")?, tasks("as tasks, again")?] })
}

impl Measured for Preemptive {
    fn show(&self, stage: &Stage) {
        let head = ["run as", "handovers", "mid-block", "voluntary", "forced", "took", "order"];
        let mut table = Table::new(head);
        let names = ["threads", "again", "tasks", "again"];
        for (name, run) in names.into_iter().zip(self.threads.iter().chain(&self.tasks)) {
            let middle = run.in_the_middle();
            let row = table.row(name).with(run.handovers.len() as u64).mark(middle == 0, middle);
            row.with(run.cost.voluntary).with(run.cost.involuntary).with(run.cost.wall).with(run.order(8));
        }
        stage.table(&table);
        if let Some(handover) = self.threads[0].handovers.iter().find(|it| !it.is_between_blocks()) {
            let (step, block) = (handover.at_step % STEPS, handover.at_step / STEPS + 1);
            let (step, of) = (text::count(step as u64), text::count(STEPS as u64));
            stage.line("");
            stage.prose(&format!(
                "The first handover in the middle: thread {} was in block {block}, at step {step} of {of}.",
                handover.to
            ));
        }
    }

    fn verdict(&self) -> Verdict {
        let [first, second] = &self.threads;
        let (middle, forced) = (first.in_the_middle(), first.cost.involuntary);
        let reproduced = self.tasks[0].handovers == self.tasks[1].handovers;
        Verdict::seen(format!(
            "{} of threads in the middle of a block, {forced} by force, and not the same ones twice; of tasks \
             none, and the same order twice",
            text::counted(middle, "handover")
        ))
        .needs(self.threads.iter().all(|run| run.in_the_middle() > 0), "no thread was interrupted within a block")
        .needs(forced > 0 && second.cost.involuntary > 0, "the kernel took the core from nobody")
        .needs(first.handovers != second.handovers, "the threads ran in the same order twice")
        .needs(self.tasks.iter().all(|run| run.in_the_middle() == 0), "a task was interrupted within a block")
        .needs(reproduced, "the tasks ran in another order the second time")
    }
}

/// The lesson.
pub const LESSON: Lesson = Lesson {
    name: "preemptive",
    about: "threads are switched by the system, at any place",
    claim: "Threads are switched by the operating system, at any place and at any time. Nothing in a thread's program \
            says where, and the order is another one each time.",
    runs: "The four counters of the lesson `cooperative`, two times as threads that share one core, and two times as \
           tasks on one thread. At each step, a witness looks whether another one counted before.",
    look: "The handovers in the middle of a block, and how many switches were by force, as the kernel counts them: a \
           thread's time was up. That is why threads need locks around data where tasks need none between two awaits.",
    read: &[
        ("demo/src/lesson/preemptive.rs", "worker: without an await"),
        ("demo/src/lesson/counting.rs", "Witness::count_block: how a handover is seen"),
        ("runtime/src/blocking.rs", "the pool: where this runtime uses threads all the same"),
    ],
    try_this: "Have the threads run on all cores (take on_one_core out): how many handovers are there when they really \
               run at the same time?",
    measure: |stage| Ok(Box::new(measure(stage)?)),
};
