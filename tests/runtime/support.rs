//! What the tests of this binary share.
//!
//! - [`bounded`], [`run`] and their like: nothing waits for ever, a hang is a failure;
//! - [`wakers`]: wakers that count and wakers that interfere, for polling a future by hand;
//! - [`leaves`]: small futures of the tests' own, so that a fault of the runtime's cannot hide in its judge;
//! - [`streams`]: connections and pipes;
//! - [`meddling`]: a destructor that does all that it may;
//! - [`foreign`]: another executor, one that polls inside `wake`;
//! - [`alone`]: a test in a process of its own.

use std::any::Any;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use runtime::{TaskInfo, TaskState, dump};

use crate::everywhere::Order;

pub(crate) mod alone;
pub(crate) mod foreign;
pub(crate) mod leaves;
pub(crate) mod meddling;
pub(crate) mod streams;
pub(crate) mod wakers;

/// How long a test may take. Long, because only one that fails takes so long.
const LIMIT: Duration = Duration::from_secs(20);

/// Runs `body` on a thread of its own and gives what it returns; fails if it hangs.
#[track_caller]
pub(crate) fn bounded<T: Send + 'static>(body: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = channel();
    let thread = thread::spawn(move || {
        let _ = sender.send(body());
    });
    match receiver.recv_timeout(LIMIT) {
        Ok(value) => {
            // The destructors of its thread-locals have a right to fail as well.
            thread.join().unwrap();
            value
        }
        Err(RecvTimeoutError::Timeout) => panic!("not done after {LIMIT:?}: it hangs"),
        Err(RecvTimeoutError::Disconnected) => match thread.join() {
            Err(payload) => resume_unwind(payload),
            Ok(()) => unreachable!("it has sent its value or has panicked"),
        },
    }
}

/// Runs `root` in every order, each time on a runtime of its own and [`bounded`].
#[track_caller]
pub(crate) fn run(root: impl AsyncFn() + Send + Sync + 'static) {
    each_order(move |order| order.block_on(root()));
}

/// Runs `body` with every order, each time [`bounded`] on a thread of its own. A failure names the order it happened in.
#[track_caller]
pub(crate) fn each_order(body: impl Fn(Order) + Send + Sync + 'static) {
    let body = Arc::new(body);
    for order in Order::all() {
        let body = body.clone();
        order.told(|| bounded(move || body(order)));
    }
}

/// Runs `root` in the usual order alone, on a runtime of its own, [`bounded`]. The reasons for that stand in
/// [`everywhere`](crate::everywhere).
#[track_caller]
pub(crate) fn run_in_turn<T: Send + 'static>(root: impl AsyncFnOnce() -> T + Send + 'static) -> T {
    bounded(move || runtime::block_on(root()))
}

/// The text of a panic's payload.
pub(crate) fn text_of(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_default()
}

/// Runs `body`, which has to panic, and gives the text.
#[track_caller]
pub(crate) fn panics<T>(body: impl FnOnce() -> T) -> String {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(_) => panic!("it should have panicked"),
        Err(payload) => text_of(&*payload),
    }
}

/// Lets the loop go round until `done` says so: whatever is ready meanwhile runs. Fails after a while.
#[track_caller]
pub(crate) fn until(what: &'static str, mut done: impl FnMut() -> bool) -> impl Future<Output = ()> {
    let start = Instant::now();
    async move {
        while !done() {
            assert!(start.elapsed() < LIMIT / 2, "waited in vain: {what}");
            // A short sleep and not a yield: what is waited for may need the loop to sleep in the OS.
            runtime::sleep(Duration::from_micros(200)).await;
        }
    }
}

/// Lets every task that is ready, and each that these wake, have its turn, `turns` times over. In the usual order that is
/// a yield each; in another it takes as many as it takes.
pub(crate) async fn turns(turns: usize) {
    for _ in 0..turns {
        let waiting_for_its_turn = |task: &TaskInfo| matches!(task.state, TaskState::Queued);
        let ready: HashMap<_, _> = dump()
            .tasks
            .iter()
            .filter(|task| waiting_for_its_turn(task))
            .map(|task| (task.id, task.polls))
            .collect();
        let had_no_turn = |task: &TaskInfo| ready.get(&task.id) == Some(&task.polls);
        loop {
            runtime::yield_now().await;
            if ready.is_empty() || !dump().tasks.iter().any(had_no_turn) {
                break;
            }
        }
    }
}
