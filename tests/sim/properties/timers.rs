//! `Sleep` against a list that is searched for whoever is due next.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use proptest::collection::vec;
use proptest::prelude::*;
use runtime::{Builder, Clock, OnStall, Sleep, now, sleep};

use super::cases;

/// How many sleeps there are at once, and how many tasks that may poll each.
const SLEEPS: usize = 4;
const TASKS: usize = 2;

#[derive(Clone, Copy, Debug)]
enum Op {
    /// A new sleep takes the place of the one that is there.
    New(usize, u64),
    Poll(usize, usize),
    Reset(usize, u64),
    Drop(usize),
    /// Time goes on.
    Pass(u64),
}

fn op() -> impl Strategy<Value = Op> {
    // Few different times, so that many are equal.
    prop_oneof![
        (0..SLEEPS, 0..5u64).prop_map(|(n, ms)| Op::New(n, ms)),
        (0..SLEEPS, 0..TASKS).prop_map(|(n, task)| Op::Poll(n, task)),
        (0..SLEEPS, 0..TASKS).prop_map(|(n, task)| Op::Poll(n, task)),
        (0..SLEEPS, 0..5u64).prop_map(|(n, ms)| Op::Reset(n, ms)),
        (0..SLEEPS).prop_map(Op::Drop),
        (1..5u64).prop_map(Op::Pass),
    ]
}

/// Who was woken, and when.
type Log = Arc<Mutex<Vec<(usize, usize, Instant)>>>;

/// The waker of one task for one sleep.
struct Logs(usize, usize, Log);

impl Wake for Logs {
    fn wake(self: Arc<Self>) {
        self.2.lock().unwrap().push((self.0, self.1, now()));
    }
}

/// What is known of a sleep without looking into it.
#[derive(Clone, Copy)]
struct Model {
    deadline: Instant,
    /// It waits since the how manyth wait, and this task is to be woken.
    waits: Option<(usize, usize)>,
}

async fn agrees_with_the_model(ops: Vec<Op>) {
    let log = Log::default();
    let wakers: Vec<Vec<Arc<Logs>>> =
        (0..SLEEPS).map(|n| (0..TASKS).map(|task| Arc::new(Logs(n, task, log.clone()))).collect()).collect();
    let mut sleeps: Vec<Option<(Sleep, Model)>> = (0..SLEEPS).map(|_| None).collect();
    let mut waits = 0;
    for op in ops {
        match op {
            Op::New(n, ms) => {
                let made = sleep(Duration::from_millis(ms));
                let deadline = now() + Duration::from_millis(ms);
                assert_eq!(made.deadline(), Some(deadline));
                sleeps[n] = Some((made, Model { deadline, waits: None }));
            }
            Op::Poll(n, task) => {
                let Some((sleep, model)) = &mut sleeps[n] else { continue };
                let waker = Waker::from(wakers[n][task].clone());
                let polled = Pin::new(sleep).poll(&mut Context::from_waker(&waker));
                assert_eq!(polled.is_ready(), now() >= model.deadline);
                match polled {
                    Poll::Ready(()) => sleeps[n] = None,
                    Poll::Pending => {
                        waits += 1;
                        model.waits = Some((model.waits.map_or(waits, |(since, _)| since), task));
                    }
                }
            }
            Op::Reset(n, ms) => {
                let Some((sleep, model)) = &mut sleeps[n] else { continue };
                model.deadline = now() + Duration::from_millis(ms);
                sleep.reset(model.deadline);
            }
            Op::Drop(n) => sleeps[n] = None,
            Op::Pass(ms) => {
                let mut due = Vec::new();
                let (before, after) = (now(), now() + Duration::from_millis(ms));
                for (n, sleep) in sleeps.iter_mut().enumerate() {
                    let Some((_, model)) = sleep else { continue };
                    if model.deadline <= after
                        && let Some((since, task)) = model.waits.take()
                    {
                        // One that was reset to now is due, too, as soon as the loop looks.
                        due.push((model.deadline.max(before), since, (n, task)));
                    }
                }
                due.sort_unstable();
                sleep(Duration::from_millis(ms)).await;
                let due: Vec<_> = due.into_iter().map(|(at, _, (n, task))| (n, task, at)).collect();
                assert_eq!(*log.lock().unwrap(), due, "woken, and due");
                log.lock().unwrap().clear();
            }
        }
        assert!(log.lock().unwrap().is_empty(), "nobody is woken while no time passes");
        // Nothing keeps a waker but who waits, and that one keeps one.
        for (n, wakers) in wakers.iter().enumerate() {
            let waits = sleeps[n].as_ref().and_then(|(_, model)| model.waits);
            for (task, waker) in wakers.iter().enumerate() {
                let kept = Arc::strong_count(waker) - 1;
                assert_eq!(kept, usize::from(waits.is_some_and(|(_, waiting)| waiting == task)));
            }
        }
    }
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn sleeps_wake_whom_they_should_when_they_should_and_nobody_else(ops in vec(op(), 0..60)) {
        let runtime = Builder::new().clock(Clock::Virtual).on_stall(OnStall::Panic).build().unwrap();
        runtime.block_on(agrees_with_the_model(ops));
    }
}
