//! Bug 2, a slow poll: one of three tasks computes for long and does not await, so the others stand still.
//!
//! What it does to the others is the lesson `freeze`; here it is only found. A limit for polls costs two looks at the
//! clock for each, so it is off unless one asks for it.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use runtime::trace::{Event, What};
use runtime::{Builder, Task, join_all, yield_now};

use crate::lesson::{Outcome, Stage};

/// How long it computes.
pub const COMPUTING: Duration = Duration::from_millis(100);
/// The name of the task that does.
pub const CULPRIT: &str = "accounts";

/// Three tasks in two turns each. Gives the name of the one that the runtime reported, and how long its poll took.
pub(super) fn compute(stage: &Stage) -> Outcome<Option<(String, Duration)>> {
    let found = Rc::new(Cell::new(None));
    let finds = found.clone();
    let observer = move |event: &Event<'_>| {
        if let What::SlowPoll { task, took } = event.what {
            let culprit = runtime::dump().tasks.into_iter().find(|info| info.id == task);
            finds.set(culprit.map(|info| (info.name.unwrap_or_default(), took)));
        }
    };
    let settings = Builder::new().slow_poll(COMPUTING / 2);
    stage.watched("a slow poll", settings, observer)?.block_on(async {
        let tasks = ["letters", CULPRIT, "orders"].map(|name| {
            Task::new().name(name).spawn(async move {
                yield_now().await;
                let start = Instant::now();
                while name == CULPRIT && start.elapsed() < COMPUTING {
                    std::hint::spin_loop();
                }
            })
        });
        join_all(tasks).await;
    });
    Ok(found.take())
}
