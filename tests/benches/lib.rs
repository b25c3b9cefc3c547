//! What the event loop's own operations cost.
//!
//! For work on the runtime: how it compares with others is told by `peers`, next door.
//!
//! ```text
//! cargo bench -p benches                                  in time (criterion): against the last run on this machine
//! cargo run --release -p benches                          in instructions (callgrind): against instructions.tsv
//! cargo run --release -p benches -- --write               and adds a line to that file
//! ```
//!
//! Time says what a user feels, and differs from one run to the next. Instructions are the same in each run of one
//! build, so a slowdown of a hundredth shows, and the file tells since when. (Another compiler, or another version of
//! the C library's `malloc`, makes other numbers: compare lines of one machine.)

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::Duration;

use runtime::sync::mpsc;
use runtime::{JoinHandle, join_all, sleep, spawn, timeout, yield_now};

/// An operation: it is done so many times, on a loop that runs.
pub type Operation = fn(usize) -> JoinHandle<()>;

/// The operations, by name. Each is a task, as most of a program is.
pub const OPERATIONS: &[(&str, Operation)] = &[
    ("spawn", |n| {
        spawn(async move {
            for n in 0..n {
                assert!(spawn(async move { n }).await.is_ok());
            }
        })
    }),
    ("batch", |n| {
        spawn(async move {
            let tasks: Vec<_> = (0..n).map(|n| spawn(async move { n })).collect();
            for task in tasks {
                assert!(task.await.is_ok());
            }
        })
    }),
    ("yield", |n| {
        spawn(async move {
            for _ in 0..n {
                yield_now().await;
            }
        })
    }),
    ("wake", |n| {
        let ball = Rc::new(Ball::default());
        let player = |me| {
            let ball = ball.clone();
            async move {
                for _ in 0..n / 2 {
                    poll_fn(|cx| ball.play(me, cx.waker())).await;
                }
            }
        };
        let (one, other) = (player(0), spawn(player(1)));
        spawn(async move {
            one.await;
            assert!(other.await.is_ok());
        })
    }),
    ("channel", |n| {
        spawn(async move {
            let (sender, mut receiver) = mpsc::channel(64);
            spawn(async move {
                for n in 0..n {
                    assert!(sender.send(n).await.is_ok());
                }
            });
            while receiver.recv().await.is_some() {}
        })
    }),
    ("join_all", |n| {
        spawn(async move {
            join_all((0..n).map(|_| yield_now())).await;
        })
    }),
    ("timer", |n| {
        spawn(async move {
            for _ in 0..n {
                let mut timer = pin!(sleep(HOUR));
                poll_fn(|cx| Poll::Ready(timer.as_mut().poll(cx).is_pending())).await;
            }
        })
    }),
    ("timeout", |n| {
        spawn(async move {
            for _ in 0..n {
                assert!(timeout(HOUR, yield_now()).await.is_ok());
            }
        })
    }),
];

const HOUR: Duration = Duration::from_secs(3600);

/// A ball, and who waits for it: two tasks play it to each other.
#[derive(Default)]
struct Ball {
    at: Cell<usize>,
    waiting: [Cell<Option<Waker>>; 2],
}

impl Ball {
    fn play(&self, me: usize, waker: &Waker) -> Poll<()> {
        if self.at.get() != me {
            self.waiting[me].set(Some(waker.clone()));
            return Poll::Pending;
        }
        let other = 1 - me;
        self.at.set(other);
        if let Some(waker) = self.waiting[other].take() {
            waker.wake();
        }
        Poll::Ready(())
    }
}
