//! Read, wait, write back: whoever reads meanwhile reads what will soon be out of date, and one of two writes is lost.
//!
//! So it is with threads, with processes and, where an `await` stands in the middle, with tasks. A lock makes the three
//! steps one. Each worker is one function, without the lock and with it, and nothing else in it differs. (In a program
//! of one's own the value goes *into* the mutex. Here it lies beside it, so that one can do without.)

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Mutex as ThreadMutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use runtime::sync::Mutex;
use runtime::yield_now;

use super::cells::{Cells, title};
use super::coordinator::{self, Coordinator};
use super::{Lesson, Measured, Outcome, Stage, Verdict, board, crew};

const WORKERS: usize = 4;
const ROUNDS: u64 = 5;
/// What the count comes to if nothing is lost.
pub const ALL: u64 = WORKERS as u64 * ROUNDS;
/// Between the read and the write. The system may switch there at any time; so it is sure to.
const PAUSE: Duration = Duration::from_millis(2);

/// What a thread does.
fn thread(count: &AtomicU64, lock: &ThreadMutex<()>, with_lock: bool) {
    for _ in 0..ROUNDS {
        let _guard = with_lock.then(|| board::lock(lock));
        let seen = count.load(Relaxed);
        thread::sleep(PAUSE);
        count.store(seen + 1, Relaxed);
    }
}

/// What a process does. The count is not in its memory: it asks the coordinator for it.
pub(super) fn process(coordinator: &mut Coordinator) -> Outcome<()> {
    for _ in 0..ROUNDS {
        if coordinator.with {
            coordinator.ask("lock")?; // the answer comes when it is ours
        }
        let seen = coordinator.ask("read")?;
        thread::sleep(PAUSE);
        coordinator.ask(&format!("write {}", seen + 1))?;
        if coordinator.with {
            coordinator.ask("unlock")?;
        }
    }
    Ok(())
}

/// What the tasks share.
struct Shared {
    count: Cell<u64>,
    lock: Mutex<()>,
}

/// What a task does. Nothing interrupts it but an `await`; the one in the middle is enough.
async fn task(shared: Rc<Shared>, with_lock: bool) {
    let Shared { count, lock } = &*shared;
    for _ in 0..ROUNDS {
        let _guard = if with_lock { Some(lock.lock().await) } else { None };
        let seen = count.get();
        yield_now().await;
        count.set(seen + 1);
    }
}

/// The same without an `await` in the middle: on one thread that needs no lock.
async fn task_in_one_go(shared: Rc<Shared>) {
    for _ in 0..ROUNDS {
        let seen = shared.count.get();
        shared.count.set(seen + 1);
        yield_now().await;
    }
}

fn threads(with_lock: bool) -> Outcome<u64> {
    let (count, lock) = (AtomicU64::new(0), ThreadMutex::new(()));
    crew::threads(WORKERS, |_| thread(&count, &lock, with_lock));
    Ok(count.into_inner())
}

fn tasks<F>(stage: &Stage, title: &str, work: impl Fn(Rc<Shared>) -> F) -> Outcome<u64>
where
    F: Future<Output = ()> + 'static,
{
    let shared = Rc::new(Shared { count: Cell::new(0), lock: Mutex::new(()) });
    crew::tasks(stage, title, WORKERS, |_| work(shared.clone()))?;
    Ok(shared.count.get())
}

/// What the lesson measures.
#[derive(Debug)]
pub struct Counts {
    /// What the count came to.
    pub cells: Cells<u64>,
    /// The same for tasks that do not await between reading and writing, without a lock.
    pub in_one_go: u64,
}

/// Counts in seven ways.
///
/// # Errors
/// If the OS does not give what a loop or a child process needs.
pub fn measure(stage: &Stage) -> Outcome<Counts> {
    let loops = |with| tasks(stage, &title("tasks", with, "mutex"), |shared| task(shared, with));
    let processes = |with| Ok(coordinator::run(stage, "mutex", WORKERS, 0, with)?.count);
    Ok(Counts {
        cells: Cells::measure(loops, processes, threads)?,
        in_one_go: tasks(stage, "tasks without a mutex, in one go", task_in_one_go)?,
    })
}

impl Measured for Counts {
    fn show(&self, stage: &Stage) {
        let of_all = |count: u64| format!("{count} of {ALL}");
        let head = ["counted by 4", "without", "with", "the lock"];
        let locks = ["std::sync::Mutex", "the coordinator's, asked for by socket", "runtime::sync::Mutex"];
        let mut table = self.cells.table(head, locks, |row, cell| {
            row.mark(cell.without == ALL, of_all(cell.without)).mark(cell.with == ALL, of_all(cell.with));
        });
        let row = table.row("tasks, in one go").mark(self.in_one_go == ALL, of_all(self.in_one_go));
        row.with("").with("none: no await between read and write");
        stage.table(&table);
    }

    fn verdict(&self) -> Verdict {
        Verdict::seen("without a lock counts were lost in all three models, with it none in any")
            .needs(self.cells.each(|cell| cell.without < ALL), "without a lock nothing was lost either")
            .needs(self.cells.each(|cell| cell.with == ALL), "with a lock some were lost")
            .needs(self.in_one_go == ALL, "tasks lost counts though nothing can come between")
    }
}

/// The lesson.
pub const LESSON: Lesson = Lesson {
    name: "mutex",
    about: "one at a time: a lock, in three models",
    claim: "Threads, processes and tasks that change one thing together need a lock. The loop has one of its own: a \
            coroutine that finds it taken waits without stopping the thread.",
    runs: "Four workers add one to a count, five times each: read it, pause, write it back. First without a lock, \
           then with one. The processes are four more of this program; count and lock are kept for them by a loop \
           of ours, at the other end of a Unix socket.",
    look: "The first column. All lose counts, the tasks too: their switch is at the await between the read and the \
           write, and nowhere else, which is why tasks that do not await there (the last row) need no lock.",
    read: &[
        ("runtime/src/sync/mutex.rs", "Mutex::lock, Guard: who holds it, who is next"),
        ("runtime/src/sync/waiters.rs", "Waiters: the line, as all of sync has it"),
        ("demo/src/lesson/coordinator.rs", "answer: a lock for processes"),
        ("demo/src/lesson/mutex.rs", "thread, process, task: the three workers"),
    ],
    try_this: "Take PAUSE out of `thread`: the race is still there, but is it seen? Then move the yield_now in `task` \
               to the end of the round.",
    measure: |stage| Ok(Box::new(measure(stage)?)),
};
