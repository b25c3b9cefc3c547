//! Bug 4, a race that hides: the one of the lesson `mutex`, but each worker comes when the one before must be done.
//!
//! First in, first out, all tasks take as many turns, so it never fails. But nobody has promised that order: a socket that
//! is ready a little later changes it. `Random` takes another order for each seed; and the same one for the same seed, so
//! that what has failed once can be made to fail again, under a debugger or with a trace.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use runtime::sync::Mutex;
use runtime::{Builder, Fifo, JoinError, Random, Runtime, Task, join_all, yield_now};

use crate::lesson::{Outcome, Stage};

/// How many workers add one to the count.
pub const WORKERS: usize = 4;
/// How many seeds are tried.
pub const SEEDS: u64 = 100;

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// What the count came to.
    pub count: usize,
    /// Who did what in which order: a worker read, or wrote.
    pub steps: Vec<(usize, &'static str)>,
}

struct Shared {
    count: Cell<usize>,
    steps: RefCell<Vec<(usize, &'static str)>>,
    lock: Mutex<()>,
}

/// Adds one to the count, when the one before has surely done so.
async fn worker(number: usize, shared: Rc<Shared>, with_lock: bool) {
    for _ in 0..number * 10 {
        yield_now().await;
    }
    let _guard = if with_lock { Some(shared.lock.lock().await) } else { None };
    let seen = shared.count.get();
    shared.steps.borrow_mut().push((number, "reads"));
    yield_now().await;
    shared.count.set(seen + 1);
    shared.steps.borrow_mut().push((number, "writes"));
}

fn run(runtime: &Runtime, with_lock: bool) -> Outcome<Run> {
    let shared = Rc::new(Shared { count: Cell::new(0), steps: RefCell::default(), lock: Mutex::new(()) });
    runtime.block_on(async {
        let workers = (0..WORKERS).map(|number| {
            let work = worker(number, shared.clone(), with_lock);
            Task::new().name(format!("worker {}", number + 1)).spawn(work)
        });
        join_all(workers).await.into_iter().collect::<Result<(), JoinError>>()
    })?;
    Ok(Run { count: shared.count.get(), steps: shared.steps.take() })
}

/// What came of the search.
#[derive(Debug)]
pub struct Race {
    /// First in, first out.
    pub usual: Run,
    /// The first seed with which a count is lost, and three runs with it.
    pub found: Option<(u64, [Run; 3])>,
    /// With how many of the seeds all was well once there was a lock.
    pub mended: u64,
}

/// Runs it in the usual order; looks for one that it fails in; fails in that again; and mends it.
pub(super) fn search(stage: &Stage) -> Outcome<Race> {
    let usual =
        run(&stage.runtime("first in, first out", Builder::new().scheduler(Fifo::default()))?, false)?;
    let random = |seed| Builder::new().scheduler(Random::new(seed));
    // Not from the stage: of all these runs the one that fails is worth a trace.
    let try_out = |seed, with_lock| run(&random(seed).build()?, with_lock);
    let (mut found, mut mended) = (None, 0);
    for seed in 0..SEEDS {
        let first = try_out(seed, false)?;
        if found.is_none() && first.count < WORKERS {
            let again = |title: String| run(&stage.runtime(&title, random(seed))?, false);
            found = Some((
                seed,
                [first, again(format!("seed {seed}, 2nd run"))?, again(format!("seed {seed}, 3rd run"))?],
            ));
        }
        mended += u64::from(try_out(seed, true)?.count == WORKERS);
    }
    Ok(Race { usual, found, mended })
}
