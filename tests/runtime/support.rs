//! What the tests of this binary share.
//!
//! - [`bounded`] and [`run`]: nothing waits for ever, a hang is a failure;
//! - [`wakers`]: wakers that count and wakers that interfere, for polling a future by hand;
//! - [`leaves`]: small futures of the tests' own, so that a fault of the runtime's cannot hide in its judge;
//! - [`streams`]: connections and pipes;
//! - [`meddling`]: a destructor that does all that it may;
//! - [`foreign`]: another executor, one that polls inside `wake`;
//! - [`alone`]: a test in a process of its own.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

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

/// Runs `root` on a runtime of its own, [`bounded`].
#[track_caller]
pub(crate) fn run<T: Send + 'static>(root: impl AsyncFnOnce() -> T + Send + 'static) -> T {
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

/// Lets every task that is ready, and each that these wake, have its turn, `turns` times over.
pub(crate) async fn turns(turns: usize) {
    for _ in 0..turns {
        runtime::yield_now().await;
    }
}
