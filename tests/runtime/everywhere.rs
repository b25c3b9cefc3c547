//! A test's body in every order: under the usual order of tasks, and under 100 random ones.
//!
//! A program that is right does not care in which order the tasks that are ready have their turns. So what is a scenario
//! on the loop runs in all of them:
//! - [`everywhere`]: in virtual time, where a stall is a panic. For what waits for nothing outside;
//! - [`run`](crate::support::run): in real time, with a limit. For sockets, threads and jobs;
//! - [`each_order`](crate::support::each_order): the same for tests that make their runtimes themselves.
//!
//! Some tests run in the usual order alone ([`run_in_turn`](crate::support::run_in_turn), or a `block_on` of their own):
//! - those where the order is the point: that the usual queue is first come first served (`wakes`, `block_on`, the lines
//!   of `sync`), that a batch is bounded (`fairness`), what a policy sees (`scheduling`), what an observer hears (`reports`);
//! - those where a number is the point, and it is large so that a fault shows: thousands of tasks, timers, wakes or
//!   descriptors, megabytes of data, polls that must not grow with the square, turns of the loop in a stretch of real
//!   time, bytes that are alive. Most have a small one beside them that runs in every order;
//! - those for which a process is started (`process`, `pipes`), and those of files (`fs`): their order comes from the OS and
//!   the threads of the pool;
//! - those without a loop: a future that is polled by hand, one step at a time, has no order (`sync`, `polls`).

use std::io::{Write, stderr};
use std::process::exit;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use runtime::{Builder, Clock, OnStall, Random};

/// How many random orders there are.
const SEEDS: u64 = 100;

/// How long a test may take [`everywhere`]: long, because only one that hangs takes so long.
const LIMIT: Duration = Duration::from_secs(60);

/// An order in which the tasks that are ready have their turns: the usual one, or that of a seed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Order(Option<u64>);

impl Order {
    /// The usual one and the random ones.
    pub(crate) fn all() -> impl Iterator<Item = Order> {
        std::iter::once(Order(None)).chain((0..SEEDS).map(|seed| Order(Some(seed))))
    }

    /// What makes a runtime of this order. It says nothing of a stall: many tests are woken from another thread, and under
    /// a hundred seeds that would be a page of reports each.
    pub(crate) fn builder(self) -> Builder {
        let builder = Builder::new().on_stall(OnStall::Wait);
        match self.0 {
            None => builder,
            Some(seed) => builder.scheduler(Random::new(seed)),
        }
    }

    /// Runs `future` on a runtime of its own.
    pub(crate) fn block_on<F: Future>(self, future: F) -> F::Output {
        self.builder().build().expect("a runtime").block_on(future)
    }

    /// Calls `test`; should it fail, the order is told.
    pub(crate) fn told(self, test: impl FnOnce()) {
        let _told = Told(self);
        test();
    }
}

/// Runs `test` on a runtime of its own under the usual scheduler, then under [`Random`] with each of 100 seeds. Time is
/// virtual, and a stall is a panic: so a test that would hang fails instead. (Should the loop itself hang, that ends the
/// process.) A failure names the order it happened in.
pub(crate) fn everywhere<F, Fut>(test: F)
where
    F: Fn() -> Fut,
    Fut: Future<Output = ()>,
{
    let (ended, running) = channel::<()>();
    let name = thread::current().name().unwrap_or_default().to_owned();
    let watch = thread::spawn(move || {
        if running.recv_timeout(LIMIT) == Err(RecvTimeoutError::Timeout) {
            // What the test has on its thread cannot be taken away from it. Written past the harness, which holds back what
            // a test prints until the test ends.
            let _ = writeln!(stderr(), "{name} is not done after {LIMIT:?}: it hangs");
            exit(101);
        }
    });
    for order in Order::all() {
        let builder = order.builder().clock(Clock::Virtual).on_stall(OnStall::Panic);
        order.told(|| builder.build().expect("a runtime").block_on(test()));
    }
    drop(ended);
    watch.join().expect("it only waits");
}

struct Told(Order);

impl Drop for Told {
    fn drop(&mut self) {
        if thread::panicking() {
            match self.0.0 {
                None => eprintln!("this happened in the usual order"),
                Some(seed) => eprintln!("this happened in the random order of seed {seed}"),
            }
        }
    }
}
