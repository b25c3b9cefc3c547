//! The runs that are played.

use std::time::Duration;

use demo::trace::{Log, Recorder};
use runtime::sync::Mutex;
use runtime::{Builder, Clock, Task, join_all, sleep, yield_now};

#[path = "../trace/runs.rs"]
mod small;

/// A run of each kind of thing that a loop can do.
pub(crate) fn all() -> Vec<Log> {
    small::all()
}

/// One in which messages look like markup.
pub(crate) fn said() -> Log {
    small::said()
}

/// Tasks that end in every way.
pub(crate) fn ends() -> Log {
    small::ends()
}

/// One of several turns.
pub(crate) fn threads() -> Log {
    small::threads()
}

/// One of exactly this many events: sixty tasks that sleep, yield and share a lock, in virtual time.
pub(crate) fn busy(events: u32) -> Log {
    let recorder = Recorder::new("a busy loop");
    let runtime = Builder::new().clock(Clock::Virtual).observer(recorder.clone()).build().unwrap();
    runtime.block_on(async {
        let lock = std::rc::Rc::new(Mutex::new(0));
        let tasks = (0..60).map(|task| {
            let lock = lock.clone();
            Task::new().name(format!("worker {task}")).spawn(async move {
                for round in 0..events / 400 {
                    match (task + round) % 3 {
                        0 => sleep(Duration::from_micros(u64::from(100 + task * 7 + round % 13))).await,
                        1 => yield_now().await,
                        _ => {
                            let mut shared = lock.lock().await;
                            sleep(Duration::from_micros(3)).await;
                            *shared += 1;
                        }
                    }
                }
            })
        });
        join_all(tasks).await;
    });
    drop(runtime);
    let mut log = recorder.take();
    assert!(log.events.len() >= events as usize, "only {} events", log.events.len());
    log.events.truncate(events as usize);
    log.header.cut = true;
    log
}
