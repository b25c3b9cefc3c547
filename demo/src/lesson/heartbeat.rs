//! A heartbeat beside some work: it stands still for as long as the loop is held up.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use runtime::trace::{Event, What};
use runtime::{Builder, JoinHandle, Task, sleep};

use super::table::Cell;
use super::{Outcome, Stage};
use crate::text;

/// The heart is to beat this often.
const BEAT: Duration = Duration::from_millis(10);
/// A poll of this length is reported.
const SLOW: Duration = Duration::from_millis(250);

/// Beats, and writes down when.
async fn heart(beats: Rc<RefCell<Vec<Instant>>>) {
    loop {
        beats.borrow_mut().push(Instant::now());
        sleep(BEAT).await;
    }
}

/// What some work did to the heart.
#[derive(Clone, Debug)]
pub struct Heartbeat {
    /// How often it beat.
    pub beats: u64,
    /// How long it stood still at the worst.
    pub longest_gap: Duration,
    /// The task that the loop reported, as it held the thread for too long, and how long that was.
    pub slow_poll: Option<(String, Duration)>,
}

/// Runs a task beside a heart: `spawn` starts it, as where that is done is told of a slow one. What became of the heart,
/// and what of the task.
pub(super) fn beside<T: 'static>(
    stage: &Stage,
    title: &str,
    spawn: impl FnOnce() -> JoinHandle<T>,
) -> Outcome<(Heartbeat, T)> {
    let slowest = Rc::new(RefCell::new(None));
    let reported = slowest.clone();
    let observer = move |event: &Event<'_>| {
        if let What::SlowPoll { task, took } = event.what {
            let culprit = runtime::dump().tasks.into_iter().find(|info| info.id == task);
            reported.replace(culprit.map(|info| (info.name.unwrap_or_default(), took)));
        }
    };
    let beats = Rc::new(RefCell::new(Vec::new()));
    let done = stage.watched(title, Builder::new().slow_poll(SLOW), observer)?.block_on(async {
        Task::new().name("heartbeat").spawn(heart(beats.clone()));
        sleep(5 * BEAT).await;
        let done = spawn().await;
        sleep(5 * BEAT).await;
        done
    })?;
    let beats = beats.take();
    let longest_gap = beats.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or_default();
    Ok((Heartbeat { beats: beats.len() as u64, longest_gap, slow_poll: slowest.take() }, done))
}

impl Heartbeat {
    /// Who was reported, for a table.
    pub(super) fn reported(&self) -> Cell {
        self.slow_poll.as_ref().map_or("nobody".into(), |(name, took)| {
            format!("{name}, {} in one poll", text::duration(*took)).into()
        })
    }
}
