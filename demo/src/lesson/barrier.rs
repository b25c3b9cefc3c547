//! All wait for the last: a barrier between two laps.
//!
//! Four runners of different speed run three laps. Without a barrier the fast one is in a lap that others have not come
//! to yet; with one, nobody begins a lap before all have ended the last. One of those who pass it, the leader, can do what
//! only one shall do in a round: here it counts the rounds.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Barrier as ThreadBarrier, Mutex};
use std::thread;
use std::time::Duration;

use runtime::sleep;
use runtime::sync::{Barrier, Broken};

use super::board::{Race, Track, lock};
use super::cells::{Cells, title};
use super::coordinator::{self, Coordinator};
use super::{Lesson, Measured, Outcome, Stage, Verdict, crew};
use crate::text;

const RUNNERS: usize = 4;
/// How many laps each runs.
pub const LAPS: u64 = 3;

/// How long a runner takes for a lap. The first takes no time.
fn lap(runner: usize) -> Duration {
    Duration::from_millis(10) * runner as u32
}

/// What a thread does.
fn thread(runner: usize, track: &Mutex<Track>, barrier: &ThreadBarrier, with_barrier: bool) {
    for _ in 0..LAPS {
        lock(track).begin(runner);
        thread::sleep(lap(runner));
        lock(track).end(runner);
        if with_barrier && barrier.wait().is_leader() {
            lock(track).lead();
        }
    }
}

/// What a process does.
pub(super) fn process(coordinator: &mut Coordinator) -> Outcome<()> {
    for _ in 0..LAPS {
        coordinator.ask("begin")?;
        thread::sleep(lap(coordinator.number));
        coordinator.ask("end")?;
        if coordinator.with && coordinator.ask("wait")? == 1 {
            coordinator.ask("lead")?;
        }
    }
    Ok(())
}

/// What a task does.
async fn task(
    runner: usize,
    shared: Rc<(RefCell<Track>, Barrier)>,
    with_barrier: bool,
) -> Result<(), Broken> {
    let (track, barrier) = &*shared;
    for _ in 0..LAPS {
        track.borrow_mut().begin(runner);
        sleep(lap(runner)).await;
        track.borrow_mut().end(runner);
        if with_barrier && barrier.wait().await?.is_leader() {
            track.borrow_mut().lead();
        }
    }
    Ok(())
}

fn threads(with_barrier: bool) -> Outcome<Race> {
    let (track, barrier) = (Mutex::new(Track::new(RUNNERS)), ThreadBarrier::new(RUNNERS));
    crew::threads(RUNNERS, |runner| thread(runner, &track, &barrier, with_barrier));
    Ok(lock(&track).race)
}

fn tasks(stage: &Stage, with_barrier: bool) -> Outcome<Race> {
    let shared = Rc::new((RefCell::new(Track::new(RUNNERS)), Barrier::new(RUNNERS)));
    let title = title("tasks", with_barrier, "barrier");
    let ended = crew::tasks(stage, &title, RUNNERS, |runner| task(runner, shared.clone(), with_barrier))?;
    ended.into_iter().collect::<Result<(), Broken>>()?;
    Ok(shared.0.borrow().race)
}

/// What the lesson measures.
#[derive(Debug)]
pub struct Races(pub Cells<Race>);

/// Runs six races.
///
/// # Errors
/// If the OS does not give what a loop or a child process needs.
pub fn measure(stage: &Stage) -> Outcome<Races> {
    let processes = |with| Ok(coordinator::run(stage, "barrier", RUNNERS, 0, with)?.track.race);
    Ok(Races(Cells::measure(|with| tasks(stage, with), processes, threads)?))
}

impl Measured for Races {
    fn show(&self, stage: &Stage) {
        let laps = |race: Race| text::counted(race.ahead, "lap");
        let head = ["first ahead of last", "without", "with", "leaders", "the barrier"];
        let barriers = ["std::sync::Barrier", "the coordinator's", "runtime::sync::Barrier"];
        stage.table(&self.0.table(head, barriers, |row, cell| {
            row.mark(cell.without.ahead == 0, laps(cell.without)).mark(cell.with.ahead == 0, laps(cell.with));
            row.mark(cell.with.led == LAPS, cell.with.led);
        }));
    }

    fn verdict(&self) -> Verdict {
        Verdict::seen(
            "without a barrier the first left the last behind in all three models, with one in none",
        )
        .needs(self.0.each(|cell| cell.without.ahead > 0), "they stayed together without a barrier, too")
        .needs(self.0.each(|cell| cell.with.ahead == 0), "one was ahead in spite of the barrier")
        .needs(self.0.each(|cell| cell.with.led == LAPS), "a round had no leader, or more than one")
    }
}

/// The lesson.
pub const LESSON: Lesson = Lesson {
    name: "barrier",
    about: "all wait for the last: a barrier, in three models",
    claim: "At a barrier each waits until all have come. Threads and processes are given one; asyncio, says the \
            lecture, is not, and one writes it by hand.",
    runs: "Four runners, three laps; the first takes no time for a lap, the fourth 30 ms. First each runs as he can; \
           then all wait for each other after each lap.",
    look: "How many laps the first was ahead when he began one, and that each of the three rounds had one leader. The \
           last row is a barrier written by hand. (asyncio has one by now: asyncio.Barrier came with Python 3.11. How \
           ours differs is told in its docs.)",
    read: &[
        ("runtime/src/sync/barrier.rs", "Arrival::poll: the last to come lets all the others go"),
        ("demo/src/lesson/coordinator.rs", "serve: what becomes of a barrier if a process dies"),
        ("demo/src/lesson/barrier.rs", "thread, process, task: the three runners"),
    ],
    try_this: "Let one runner return before his last lap. The threads would wait for ever; what do the other two \
               models do?",
    measure: |stage| Ok(Box::new(measure(stage)?)),
};
