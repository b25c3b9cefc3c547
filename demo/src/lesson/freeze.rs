//! A task that does not await holds up all the others, and two ways out.
//!
//! A heartbeat is to beat every 10 ms. Beside it another task computes for half a second: in one piece, in pieces with a
//! [`yield_now`] between them, and on a thread of the blocking pool. How long the heart stands still is measured.

use std::hint::spin_loop;
use std::time::{Duration, Instant};

use runtime::{Task, spawn_blocking, yield_now};

use super::heartbeat::{Heartbeat, beside};
use super::{Lesson, Measured, Outcome, Stage, Table, Verdict};
use crate::text;

/// How long the computing takes.
pub const COMPUTING: Duration = Duration::from_millis(500);
/// The loop runs up to 128 polls before it looks at the timers again, so what counts is 128 of these.
const PIECE: Duration = Duration::from_micros(100);

/// Computes in one piece. There is no `.await`, so the loop gets the thread back at the end.
async fn in_one_piece() {
    compute(COMPUTING);
}

/// Computes in pieces, and lets whoever is ready run between them.
async fn in_pieces() {
    for _ in 0..COMPUTING.as_micros() / PIECE.as_micros() {
        compute(PIECE);
        yield_now().await;
    }
}

/// Computes on another thread. Here is only the waiting for it.
async fn elsewhere() {
    let _ = spawn_blocking(|| compute(COMPUTING)).await;
}

fn compute(span: Duration) {
    let start = Instant::now();
    while start.elapsed() < span {
        spin_loop();
    }
}

/// What the lesson measures: what computing did to the heart.
#[derive(Debug)]
pub struct Freeze {
    /// In one piece.
    pub in_one_piece: Heartbeat,
    /// In pieces.
    pub in_pieces: Heartbeat,
    /// On another thread.
    pub elsewhere: Heartbeat,
}

/// Runs the three ways.
///
/// # Errors
/// If the OS does not give what a loop needs.
pub fn measure(stage: &Stage) -> Outcome<Freeze> {
    let computing = || Task::new().name("computing");
    Ok(Freeze {
        in_one_piece: beside(stage, "in one piece", || computing().spawn(in_one_piece()))?.0,
        in_pieces: beside(stage, "with yield_now", || computing().spawn(in_pieces()))?.0,
        elsewhere: beside(stage, "with spawn_blocking", || computing().spawn(elsewhere()))?.0,
    })
}

impl Measured for Freeze {
    fn show(&self, stage: &Stage) {
        let mut table = Table::new(["computing", "beats", "longest gap", "reported as slow"]);
        for (name, way) in [
            ("in one piece", &self.in_one_piece),
            ("yield_now every 0.1 ms", &self.in_pieces),
            ("spawn_blocking", &self.elsewhere),
        ] {
            let gap = way.longest_gap;
            table.row(name).with(way.beats).mark(gap < COMPUTING / 2, gap).with(way.reported());
        }
        stage.table(&table);
    }

    fn verdict(&self) -> Verdict {
        let (frozen, free) = (&self.in_one_piece, self.in_pieces.longest_gap.max(self.elsewhere.longest_gap));
        let (still, free_for) = (text::duration(frozen.longest_gap), text::duration(free));
        Verdict::seen(format!(
            "the heart stood still for {still}; with either way out for {free_for} at most"
        ))
        .needs(frozen.longest_gap >= COMPUTING, "the heart beat while the other task computed")
        .needs(free < COMPUTING / 2, format!("with a way out it still stood for {free_for}"))
        .needs(frozen.slow_poll.as_ref().is_some_and(|(name, _)| name == "computing"), "nobody was reported")
    }
}

/// The lesson.
pub const LESSON: Lesson = Lesson {
    name: "freeze",
    about: "a task that does not await freezes the rest",
    claim: "A task that computes for long without an await keeps the loop from everything else: no other task runs, \
            no timer fires, no socket is read.",
    runs: "A heartbeat, due every 10 ms, and beside it a task that computes for 500 ms, in three ways. A poll that \
           holds the thread for a quarter of a second is reported (the lines from `runtime:` on).",
    look: "The longest gap between two beats, and whom the runtime names as the culprit. With yield_now the heart is \
           some milliseconds late, as the loop runs a batch of 128 polls between two looks at its timers.",
    read: &[
        ("runtime/src/executor.rs", "Rooms::run: nothing in it interrupts a poll; attend: who was slow"),
        ("runtime/src/futures/yield_now.rs", "YieldNow::poll: wakes itself and gives way"),
        ("runtime/src/blocking.rs", "spawn_blocking: a job, its thread, and the wake at its end"),
        ("demo/src/lesson/freeze.rs", "in_one_piece, in_pieces, elsewhere: this lesson"),
        ("demo/src/lesson/heartbeat.rs", "beside: the heart, and how the report is heard"),
    ],
    try_this: "Make PIECE in this lesson 2 ms: a batch of 128 polls takes a quarter of a second then, and the heart \
               stands still in spite of yield_now. `Builder::batch(1)` helps; at what price?",
    measure: |stage| Ok(Box::new(measure(stage)?)),
};
