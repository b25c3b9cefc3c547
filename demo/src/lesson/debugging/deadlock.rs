//! Bug 1, a deadlock: five philosophers round a table, a fork between each two, and to eat takes both. A fork is a lock.
//!
//! Everybody takes his left fork first, and then waits for the right one, which is his neighbour's left. Nobody holds the
//! thread: the loop is idle, and will be for ever. So it looks who waits for whom, and says it.

use std::cell::Cell;
use std::rc::Rc;

use runtime::sync::Mutex;
use runtime::trace::{Event, What};
use runtime::{Builder, OnStall, Task, join_all, yield_now};

use crate::lesson::{Outcome, Stage, quiet};

/// Who dines, round the table.
pub const PHILOSOPHERS: [&str; 5] = ["Laozi", "Plato", "Hypatia", "Kant", "Arendt"];
/// How many forks there are.
pub const SEATS: usize = PHILOSOPHERS.len();

/// What came of a dinner.
#[derive(Debug)]
pub struct Dinner {
    /// How many have eaten.
    pub fed: usize,
    /// How many waited for each other in a circle as the loop stood still; 0 if it did not.
    pub circle: usize,
    /// What the loop said then.
    pub report: Option<String>,
}

/// Takes one fork, then the other.
async fn philosopher(first: Rc<Mutex<()>>, second: Rc<Mutex<()>>, fed: Rc<Cell<usize>>) {
    let _first = first.lock().await;
    yield_now().await; // a thought, and the others take theirs
    let _second = second.lock().await;
    fed.set(fed.get() + 1);
}

/// A dinner. In order: everybody takes the lock with the lower number first. The last one's that is his right one, so
/// the circle is open.
pub(super) fn dine(stage: &Stage, in_order: bool) -> Outcome<Dinner> {
    let (fed, circle) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
    let seen = circle.clone();
    let observer = move |event: &Event<'_>| {
        if let What::Stalled = event.what {
            seen.set(runtime::dump().deadlocks().first().map_or(0, Vec::len));
        }
    };
    let title = if in_order { "philosophers, locks in order" } else { "philosophers, left lock first" };
    // By default the loop prints its report and waits on, as another thread might help. Here none will.
    let runtime = stage.watched(title, Builder::new().on_stall(OnStall::Panic), observer)?;
    let report = quiet::panic_of(|| {
        runtime.block_on(async {
            let forks: Vec<_> = (0..SEATS).map(|_| Rc::new(Mutex::new(()))).collect();
            let philosophers = (0..SEATS).map(|seat| {
                let (left, right) = (seat, (seat + 1) % SEATS);
                let (first, second) =
                    if in_order { (left.min(right), left.max(right)) } else { (left, right) };
                let dines = philosopher(forks[first].clone(), forks[second].clone(), fed.clone());
                Task::new().name(PHILOSOPHERS[seat]).spawn(dines)
            });
            join_all(philosophers).await;
        });
    });
    Ok(Dinner { fed: fed.get(), circle: circle.get(), report })
}
