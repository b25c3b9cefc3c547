//! 12: `timeout`, and cancellation.

use std::cell::Cell;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::{Duration, Instant};

use crate::check::{Check, require, times};
use crate::log;
use crate::probe::{gate, pause, steps};

/// What the exercise asks for.
pub trait Limits: 'static {
    /// Cancels a future.
    type Canceller: 'static;
    /// As in exercise 06.
    fn block_on<F: Future>(main: F) -> F::Output;
    /// As in exercise 06.
    fn spawn(task: impl Future<Output = ()> + 'static);
    /// As in exercise 09.
    fn sleep(duration: Duration) -> impl Future<Output = ()>;
    /// How many deadlines are set.
    fn timers() -> usize;
    /// Gives the future so much time; `None` if that was too little.
    fn timeout<F: Future>(limit: Duration, future: F) -> impl Future<Output = Option<F::Output>>;
    /// Lets somebody end the future where it waits; `None` if somebody did.
    fn cancellable<F: Future>(future: F) -> (Self::Canceller, impl Future<Output = Option<F::Output>>);
    /// Ends it.
    fn cancel(canceller: &Self::Canceller);
}

const MS: Duration = Duration::from_millis(1);

/// Longer than any check's patience.
const LONG: Duration = Duration::from_secs(600);

/// The checks of exercise 12.
pub fn checks<T: Limits>() -> Vec<Check> {
    const ASLEEP: &str = "The future was ready, or its time was over, and nobody was woken.";
    vec![
        Check::new("timeout gives the output of who is in time", in_time::<T>).hang(0, ASLEEP),
        Check::new("timeout gives Elapsed when the time is over, not before", too_late::<T>).hang(0, ASLEEP),
        Check::new("who is ready at once is in time, also with no time at all", no_time::<T>).hang(0, ASLEEP),
        Check::new("when it has elapsed, the future is gone", gone::<T>).hang(0, ASLEEP),
        Check::new("the future is not polled again after it was ready", not_again::<T>).hang(4, ASLEEP),
        Check::new("no deadline is left behind", no_deadlines::<T>).hang(23, ASLEEP),
        Check::new("Duration::MAX is no limit", no_limit::<T>).hang(24, ASLEEP),
        Check::new("a timeout within a timeout: the shorter one counts", nested::<T>).hang(25, ASLEEP),
        Check::new("a timeout that is dropped drops its future", dropped::<T>).hang(0, ASLEEP),
        Check::new("cancel ends a future that waits", cancels::<T>).hang(
            0,
            "The future was cancelled, and the task that waits for it was not woken: to set a flag is not enough, somebody must look at it.",
        ),
        Check::new("cancelled before its first poll, it is never polled", cancelled_first::<T>).hang(0, ASLEEP),
        Check::new("cancel after the end changes nothing", cancelled_late::<T>).hang(0, ASLEEP),
        Check::new("a canceller that is dropped cancels nothing", canceller_dropped::<T>).hang(0, ASLEEP),
    ]
}

fn in_time<T: Limits>() {
    let output = T::block_on(T::timeout(LONG, async {
        T::sleep(5 * MS).await;
        "done"
    }));
    require(output == Some("done"), 0, || {
        format!("A future that takes 5 ms, given 10 minutes, gave {output:?}.")
    });
}

fn too_late<T: Limits>() {
    let start = Instant::now();
    let output = T::block_on(T::timeout(20 * MS, T::sleep(LONG)));
    let took = start.elapsed();
    require(output.is_none(), 0, || "A future that takes 10 minutes, given 20 ms, gave its output.".into());
    require(took >= 20 * MS, 22, || format!("A limit of 20 ms was over after {took:.1?}: early."));
}

fn no_time<T: Limits>() {
    let output = T::block_on(T::timeout(Duration::ZERO, async { 7 }));
    require(output == Some(7), 0, || {
        "A future that is ready at its first poll was given no time, and has Elapsed: poll the future first, then look at the clock.".into()
    });
    let output = T::block_on(async {
        let mut timeout = pin!(T::timeout(MS, async { 7 }));
        std::thread::sleep(3 * MS); // the thread was busy elsewhere, and the first poll is late
        timeout.as_mut().await
    });
    require(output == Some(7), 0, || {
        "A future that is ready was first polled when its time was over, and has Elapsed: poll the future first, then look at the clock.".into()
    });
}

fn gone<T: Limits>() {
    let (gate, passage) = gate("future");
    T::block_on(async {
        let mut timeout = pin!(T::timeout(5 * MS, passage));
        let output = timeout.as_mut().await;
        log::event(format_args!("the time is over: {output:?}"));
        require(output.is_none(), 0, || "A future that waits gave an output.".into());
        require(gate.is_dropped(), 0, || {
            "The time is over, the timeout has said so, and the future still exists. What it holds (a lock, a connection) should be released \
             by then: drop it before you are ready."
                .into()
        });
    });
}

fn not_again<T: Limits>() {
    let (future, polls) = steps("future", 2);
    T::block_on(T::timeout(LONG, future));
    require(polls.get() == 3, 4, || {
        format!("A future that is ready at its 3rd poll was polled {}.", times(polls.get()))
    });
}

fn no_deadlines<T: Limits>() {
    T::block_on(async {
        for _ in 0..100 {
            T::timeout(LONG, pause()).await;
        }
        let left = T::timers();
        require(left == 0, 23, || format!("100 futures were in time, and {left} deadlines are still set."));
    });
}

fn no_limit<T: Limits>() {
    let output = T::block_on(T::timeout(Duration::MAX, T::sleep(2 * MS)));
    require(output.is_some(), 24, || "A limit of Duration::MAX was over after 2 ms.".into());
}

fn nested<T: Limits>() {
    for (outer, inner, right) in [(LONG, 5 * MS, Some(None)), (5 * MS, LONG, None)] {
        let output = T::block_on(T::timeout(outer, T::timeout(inner, T::sleep(LONG))));
        require(output == right, 0, || {
            format!(
                "A timeout of {inner:?} in one of {outer:?}: {output:?}, and it should be {right:?} (None: elapsed; Some: of the inner one)."
            )
        });
    }
}

fn dropped<T: Limits>() {
    let (gate, passage) = gate("future");
    T::block_on(async {
        {
            let mut timeout = pin!(T::timeout(LONG, passage));
            std::future::poll_fn(|cx| Poll::Ready(timeout.as_mut().poll(cx).is_ready())).await;
        }
        require(gate.is_dropped(), 0, || "A timeout was dropped, and its future still exists.".into());
        let left = T::timers();
        require(left == 0, 23, || format!("A timeout was dropped, and {left} deadlines are still set."));
    });
}

fn cancels<T: Limits>() {
    let (gate, passage) = gate("future");
    let output = T::block_on(async {
        let (canceller, future) = T::cancellable(passage);
        T::spawn(async move {
            for _ in 0..3 {
                pause().await;
            }
            log::event(format_args!("another task cancels it, twice"));
            T::cancel(&canceller);
            T::cancel(&canceller);
        });
        let mut future = pin!(future);
        let output = future.as_mut().await;
        require(gate.is_dropped(), 0, || {
            "The future was cancelled, `cancellable` has said so, and the future still exists: drop it before you are ready.".into()
        });
        output
    });
    require(output.is_none(), 0, || "A future that waits was cancelled, and gave an output.".into());
}

fn cancelled_first<T: Limits>() {
    let polled = Rc::new(Cell::new(false));
    let seen = polled.clone();
    let output = T::block_on(async move {
        let (canceller, future) = T::cancellable(async move { polled.set(true) });
        T::cancel(&canceller);
        future.await
    });
    require(output.is_none() && !seen.get(), 0, || {
        format!(
            "A future was cancelled before its first poll. It was polled: {}; it gave an output: {}.",
            seen.get(),
            output.is_some()
        )
    });
}

fn cancelled_late<T: Limits>() {
    let output = T::block_on(async {
        let (canceller, future) = T::cancellable(async { 7 });
        let output = future.await;
        T::cancel(&canceller);
        pause().await;
        output
    });
    require(output == Some(7), 0, || {
        format!("A future that was ready with 7 and cancelled later gave {output:?}.")
    });
}

fn canceller_dropped<T: Limits>() {
    let output = T::block_on(async {
        let (canceller, future) = T::cancellable(async {
            pause().await;
            7
        });
        drop(canceller);
        future.await
    });
    require(output == Some(7), 0, || {
        format!("The canceller was dropped without a call, and the future gave {output:?}.")
    });
}
