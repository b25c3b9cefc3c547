//! The workers of `mutex`, `semaphore` and `barrier`: so many at the same work, as threads or as tasks. (As processes they
//! need somebody who keeps what they share: the [`coordinator`](super::coordinator).)

use std::thread;

use runtime::{Builder, Task, join_all};

use super::{Outcome, Stage};

/// Has so many threads do the work, each with its number, and waits for their end.
pub(super) fn threads(workers: usize, work: impl Fn(usize) + Sync) {
    thread::scope(|scope| {
        for worker in 0..workers {
            let work = &work;
            scope.spawn(move || work(worker));
        }
    });
}

/// Has so many tasks of one loop do the work, each with its number: what each returned.
pub(super) fn tasks<F>(
    stage: &Stage,
    title: &str,
    workers: usize,
    work: impl Fn(usize) -> F,
) -> Outcome<Vec<F::Output>>
where
    F: Future<Output: 'static> + 'static,
{
    stage.runtime(title, Builder::new())?.block_on(async {
        let tasks = (0..workers).map(|n| Task::new().name(format!("worker {}", n + 1)).spawn(work(n)));
        join_all(tasks).await.into_iter().map(|done| Ok(done?)).collect()
    })
}
