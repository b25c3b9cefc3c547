//! A time limit, an abort, a group of which one fails: what is dropped, and when.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use runtime::{JoinError, Task, sleep, task_group, timeout, yield_now};

const LIMIT: Duration = Duration::from_millis(20);
const HOUR: Duration = Duration::from_secs(3600);

/// What happened, in order.
pub(super) type Log = Rc<RefCell<Vec<String>>>;

/// Something to be tidied up, such as a file that is half written.
struct Open(&'static str, Log);

impl Drop for Open {
    fn drop(&mut self) {
        say(&self.1, format!("{} tidied up", self.0));
    }
}

/// Opens something, and takes an hour.
async fn work(name: &'static str, log: Log) {
    let _open = Open(name, log.clone());
    say(&log, format!("{name} begun"));
    sleep(HOUR).await;
    say(&log, format!("{name} done"));
}

/// A time limit drops the future, and then gives its answer.
pub(super) async fn time_limit(log: Log) {
    let ended = timeout(LIMIT, work("download", log.clone())).await;
    say(&log, if ended.is_err() { "time is up" } else { "in time" });
}

/// An abort marks the task. Its future is dropped when it would be polled next, not within `abort`.
pub(super) async fn abort(log: Log) {
    let task = Task::new().name("download").spawn(work("download", log.clone()));
    yield_now().await;
    task.abort();
    say(&log, "abort called");
    let ended = task.await;
    say(
        &log,
        if matches!(ended, Err(JoinError::Cancelled)) { "awaited: cancelled" } else { "awaited: not so" },
    );
}

/// A group of three, of which one fails: the others are dropped, the oldest first, and then the group gives the error.
pub(super) async fn group(log: Log) {
    let ended = task_group(async |group| {
        for name in ["file 1", "file 2"] {
            let log = log.clone();
            group.spawn_named(name, async move {
                work(name, log).await;
                Ok(())
            });
        }
        group.spawn_named("file 3", async {
            sleep(LIMIT).await;
            Err::<(), _>("file 3 failed")
        });
        Ok(())
    });
    let ended = ended.await;
    say(&log, ended.err().unwrap_or("all done"));
}

fn say(log: &Log, what: impl Into<String>) {
    log.borrow_mut().push(what.into());
}
