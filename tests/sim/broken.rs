//! Faults that were put in on purpose, as they are met in other people's locks: each is found, and replays.
//!
//! None of them shows in the usual order: each needs one task that is passed over once.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use runtime::sim::{self, Options, Why};
use runtime::{AbortHandle, Task, join_all, spawn, yield_now};

use crate::support::{found, settled};

/// Wakers, first in, first out: all that the broken ones are made of.
#[derive(Default)]
struct Line(RefCell<VecDeque<Waker>>);

impl Line {
    fn join(&self, cx: &Context<'_>) {
        self.0.borrow_mut().push_back(cx.waker().clone());
    }

    fn wake_one(&self) {
        let first = self.0.borrow_mut().pop_front();
        if let Some(waker) = first {
            waker.wake();
        }
    }

    fn wake_all(&self) {
        let all = self.0.take();
        all.into_iter().for_each(Waker::wake);
    }

    /// Waits for one wake.
    async fn wait(&self) {
        let mut joined = false;
        poll_fn(|cx| {
            if joined {
                return Poll::Ready(());
            }
            joined = true;
            self.join(cx);
            Poll::Pending
        })
        .await;
    }
}

/// Looks whether it is free, writes that down (the `await`), and takes it: whoever comes in between takes it as well.
#[derive(Default)]
struct CheckThenAct {
    locked: Cell<bool>,
    line: Line,
}

impl CheckThenAct {
    async fn lock(&self) {
        while self.locked.get() {
            self.line.wait().await;
        }
        yield_now().await;
        self.locked.set(true);
    }

    fn unlock(&self) {
        self.locked.set(false);
        self.line.wake_one();
    }
}

#[test]
fn a_mutex_that_looks_and_then_takes_lets_two_in() {
    let failure = found(Options::new(), || async {
        let (mutex, inside) = (Rc::new(CheckThenAct::default()), Rc::new(Cell::new(0)));
        let tasks = [0, 1].map(|late| {
            let (mutex, inside) = (mutex.clone(), inside.clone());
            spawn(async move {
                for _ in 0..late {
                    yield_now().await; // first in, first out, the other has taken it by then
                }
                mutex.lock().await;
                inside.set(inside.get() + 1);
                assert_eq!(inside.get(), 1, "two hold the lock");
                yield_now().await;
                inside.set(inside.get() - 1);
                mutex.unlock();
            })
        });
        for task in tasks {
            let _ = task.await;
        }
    });
    assert_eq!(failure.deviations, 1);
    assert!(matches!(&failure.why, Why::TaskPanicked(text) if text.contains("two hold the lock")));
}

/// Wakes the first in line; if that one is aborted before its turn, the wake-up is gone with it (trap 37).
#[derive(Default)]
struct WakeIsLost {
    locked: Cell<bool>,
    line: Line,
}

impl WakeIsLost {
    async fn lock(&self) {
        while self.locked.replace(true) {
            self.line.wait().await;
        }
    }

    fn unlock(&self) {
        self.locked.set(false);
        self.line.wake_one();
    }
}

#[test]
fn a_mutex_that_loses_the_wake_of_a_cancelled_waiter_stalls() {
    let failure = found(Options::new(), || async {
        let mutex = Rc::new(WakeIsLost::default());
        mutex.lock().await;
        let [cancelled, waits] = ["cancelled", "waits"].map(|name| {
            let mutex = mutex.clone();
            Task::new().name(name).spawn(async move {
                mutex.lock().await;
                mutex.unlock();
            })
        });
        settled().await; // both are in line
        mutex.unlock();
        spawn(async move { cancelled.abort() }); // behind the one who was woken
        let _ = waits.await;
    });
    assert_eq!(failure.deviations, 1);
    assert!(matches!(failure.why, Why::Stalled(_)), "{failure}");
    assert!(failure.story.contains("#2 cancelled is cancelled"), "{failure}");
}

/// Gives the permit to the first in line; if that one is aborted then, the permit is gone with it (trap 37).
struct PermitIsLost {
    free: Cell<usize>,
    line: RefCell<VecDeque<(Rc<Cell<bool>>, Waker)>>,
}

impl PermitIsLost {
    async fn acquire(&self) {
        if self.free.get() > 0 {
            self.free.set(self.free.get() - 1);
            return;
        }
        let granted = Rc::new(Cell::new(false));
        let mut joined = false;
        poll_fn(|cx| {
            if granted.get() {
                return Poll::Ready(());
            }
            if !joined {
                joined = true;
                self.line.borrow_mut().push_back((granted.clone(), cx.waker().clone()));
            }
            Poll::Pending
        })
        .await;
    }

    fn release(&self) {
        let first = self.line.borrow_mut().pop_front();
        match first {
            Some((granted, waker)) => {
                granted.set(true);
                waker.wake();
            }
            None => self.free.set(self.free.get() + 1),
        }
    }
}

#[test]
fn a_semaphore_that_loses_the_permit_of_a_cancelled_waiter_runs_dry() {
    let failure = found(Options::new(), || async {
        let semaphore = Rc::new(PermitIsLost { free: Cell::new(1), line: RefCell::default() });
        semaphore.acquire().await;
        let waiter = {
            let semaphore = semaphore.clone();
            spawn(async move {
                semaphore.acquire().await;
                semaphore.release();
            })
        };
        settled().await; // it is in line
        semaphore.release();
        let abort = waiter.abort_handle();
        spawn(async move { abort.abort() });
        let _ = waiter.await;
        assert_eq!(semaphore.free.get(), 1, "a permit is gone");
    });
    assert_eq!(failure.deviations, 1);
    assert!(matches!(&failure.why, Why::Panicked(text) if text.contains("a permit is gone")), "{failure}");
}

/// Counts who comes, and nobody who leaves; opens for good.
struct Broken {
    parties: usize,
    count: Cell<usize>,
    open: Cell<bool>,
    line: Line,
}

impl Broken {
    fn new(parties: usize) -> Rc<Self> {
        Rc::new(Broken { parties, count: Cell::new(0), open: Cell::new(false), line: Line::default() })
    }

    async fn wait(&self) {
        self.count.set(self.count.get() + 1);
        if self.count.get() == self.parties {
            self.open.set(true);
            self.line.wake_all();
        }
        while !self.open.get() {
            self.line.wait().await;
        }
        // Made ready for the next round by the last one to leave; somebody may have come back by then.
        self.count.set(self.count.get() - 1);
        if self.count.get() == 0 {
            self.open.set(false);
        }
    }
}

#[test]
fn a_barrier_that_counts_a_cancelled_waiter_opens_too_early() {
    let failure = found(Options::new(), || async {
        let (barrier, arrived) = (Broken::new(3), Rc::new(Cell::new(0)));
        let come = |name: &str| {
            let (barrier, arrived) = (barrier.clone(), arrived.clone());
            Task::new().name(name).spawn(async move {
                arrived.set(arrived.get() + 1);
                barrier.wait().await;
                assert!(arrived.get() >= 3, "open before all have come");
            })
        };
        // First in, first out, it is aborted before it has come.
        let abort = Rc::new(Cell::new(None));
        let aborts = abort.clone();
        spawn(async move { aborts.take().map(|gone: AbortHandle| gone.abort()) });
        let gone = come("gone");
        abort.set(Some(gone.abort_handle()));
        let _ = gone.await;
        arrived.set(0);
        join_all(["a", "b", "c"].map(come)).await;
    });
    assert_eq!(failure.deviations, 1);
    assert!(matches!(&failure.why, Why::TaskPanicked(text) if text.contains("open before")), "{failure}");
}

#[test]
fn a_barrier_that_is_used_again_too_soon_lets_one_through_alone() {
    let rounds = |rounds: usize| {
        move || async move {
            let (barrier, arrived) = (Broken::new(2), Rc::new(RefCell::new(vec![0; rounds])));
            let tasks = [1, 2].map(|_| {
                let (barrier, arrived) = (barrier.clone(), arrived.clone());
                spawn(async move {
                    for round in 0..rounds {
                        yield_now().await; // first in, first out, the other has left by then
                        arrived.borrow_mut()[round] += 1;
                        barrier.wait().await;
                        assert_eq!(arrived.borrow()[round], 2, "alone in round {round}");
                    }
                })
            });
            for task in tasks {
                let _ = task.await;
            }
        }
    };
    assert!(sim::explore(Options::new(), rounds(1)).complete); // once, it is right
    let failure = found(Options::new(), rounds(2));
    assert_eq!(failure.deviations, 1);
    assert!(
        matches!(&failure.why, Why::TaskPanicked(text) if text.contains("alone in round 1")),
        "{failure}"
    );
}
