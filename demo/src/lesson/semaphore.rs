//! At most two at once: a semaphore is a number of permits, and who finds none left waits for one.
//!
//! Six workers go into a room that takes two. Without permits all are in it together; with them never more than two. The
//! standard library has no semaphore for threads: `Permits` below is one, of a number, a lock and a condition.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use runtime::sleep;
use runtime::sync::Semaphore;

use super::board::{Room, lock};
use super::cells::{Cells, title};
use super::coordinator::{self, Coordinator};
use super::{Lesson, Measured, Outcome, Stage, Verdict, crew};

const WORKERS: usize = 6;
/// How many may be in the room at once.
pub const PERMITS: usize = 2;
/// How long each stays.
const STAY: Duration = Duration::from_millis(20);

/// A semaphore for threads.
struct Permits {
    free: Mutex<usize>,
    returned: Condvar,
}

impl Permits {
    fn acquire(&self) {
        let free = self.returned.wait_while(lock(&self.free), |free| *free == 0);
        *free.unwrap_or_else(PoisonError::into_inner) -= 1;
    }

    fn release(&self) {
        *lock(&self.free) += 1;
        self.returned.notify_one();
    }
}

/// What a thread does.
fn thread(room: &Mutex<Room>, permits: &Permits, with_permit: bool) {
    if with_permit {
        permits.acquire();
    }
    lock(room).enter();
    thread::sleep(STAY);
    lock(room).leave();
    if with_permit {
        permits.release();
    }
}

/// What a process does.
pub(super) fn process(coordinator: &mut Coordinator) -> Outcome<()> {
    if coordinator.with {
        coordinator.ask("acquire")?;
    }
    coordinator.ask("enter")?;
    thread::sleep(STAY);
    coordinator.ask("leave")?;
    if coordinator.with {
        coordinator.ask("release")?;
    }
    Ok(())
}

/// What a task does. (Nobody closes this semaphore, which would be the one error.)
async fn task(shared: Rc<(RefCell<Room>, Semaphore)>, with_permit: bool) {
    let (room, permits) = &*shared;
    let _permit = if with_permit { permits.acquire(1).await.ok() } else { None };
    room.borrow_mut().enter();
    sleep(STAY).await;
    room.borrow_mut().leave();
}

fn threads(with_permit: bool) -> Outcome<usize> {
    let room = Mutex::new(Room::default());
    let permits = Permits { free: Mutex::new(PERMITS), returned: Condvar::new() };
    crew::threads(WORKERS, |_| thread(&room, &permits, with_permit));
    Ok(lock(&room).most)
}

fn tasks(stage: &Stage, with_permit: bool) -> Outcome<usize> {
    let shared = Rc::new((RefCell::<Room>::default(), Semaphore::new(PERMITS)));
    let title = title("tasks", with_permit, "semaphore");
    crew::tasks(stage, &title, WORKERS, |_| task(shared.clone(), with_permit))?;
    Ok(shared.0.borrow().most)
}

/// What the lesson measures: how many were in the room at once, at most.
#[derive(Debug)]
pub struct Crowds(pub Cells<usize>);

/// Fills the room in six ways.
///
/// # Errors
/// If the OS does not give what a loop or a child process needs.
pub fn measure(stage: &Stage) -> Outcome<Crowds> {
    let processes = |with| Ok(coordinator::run(stage, "semaphore", WORKERS, PERMITS, with)?.room.most);
    Ok(Crowds(Cells::measure(|with| tasks(stage, with), processes, threads)?))
}

impl Measured for Crowds {
    fn show(&self, stage: &Stage) {
        let at_once = |most: usize| format!("{most} at once");
        let permits = [
            "this lesson's: std has no semaphore",
            "the coordinator's, asked for by socket",
            "runtime::sync::Semaphore",
        ];
        stage.table(&self.0.table(["6 workers", "without", "with", "the permits"], permits, |row, cell| {
            row.mark(cell.without <= PERMITS, at_once(cell.without));
            row.mark(cell.with <= PERMITS, at_once(cell.with));
        }));
    }

    fn verdict(&self) -> Verdict {
        Verdict::seen(format!(
            "without permits it was too full in all three models, with them never over {PERMITS}"
        ))
        .needs(self.0.each(|cell| cell.without > PERMITS), "without permits it did not get too full")
        .needs(self.0.each(|cell| cell.with <= PERMITS), "with permits it got too full")
        .needs(self.0.each(|cell| cell.with > 0), "with permits nobody came in")
    }
}

/// The lesson.
pub const LESSON: Lesson = Lesson {
    name: "semaphore",
    about: "so many at a time: permits, in three models",
    claim: "A semaphore lets a number of threads, processes or tasks do something at once, and no more: it is how a \
            program keeps to what a server or a disk can bear.",
    runs: "Six workers each stay for 20 ms in a room that takes two. First they just go in; then each takes one of \
           two permits before, and gives it back after.",
    look: "How many were in the room at once. With permits it is two, not one: it stays as full as it may be.",
    read: &[
        (
            "runtime/src/sync/semaphore.rs",
            "Semaphore: a counter and a line; why large requests do not starve",
        ),
        ("demo/src/lesson/semaphore.rs", "Permits: the same for threads, of a Mutex and a Condvar"),
        ("demo/src/download/queue.rs", "the downloader's own limit, `-j N`"),
    ],
    try_this: "Call notify_one in `Permits::release` before the number is raised, or not at all: what does the \
               thread that waits see?",
    measure: |stage| Ok(Box::new(measure(stage)?)),
};
