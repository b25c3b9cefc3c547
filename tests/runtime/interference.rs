//! Foreign wakers and destructors that interfere: rule 6, traps 16 and 17.
//!
//! The runtime keeps other executors' wakers as well as its own, and waking or dropping one runs anybody's code.
//! Here that code uses the runtime at once: it sets timers, registers and drops sources, spawns and aborts. If
//! anything of the runtime is borrowed at that moment it panics ("already borrowed"); if a lock is held, it hangs.

use std::cell::RefCell;
use std::future::{pending, poll_fn};
use std::io::{Read, Write};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::channel;
use std::task::{Context, Waker};
use std::time::Duration;

use runtime::net::TcpListener;
use runtime::{Async, join_all, race, sleep, spawn, spawn_blocking, timeout};
use tests::gate::Gate;

use crate::everywhere::everywhere;
use crate::support::leaves::{Event, Place, waits_in};
use crate::support::streams::{Receiver, pipe};
use crate::support::wakers::{Counting, hooked};
use crate::support::{bounded, each_order, run, text_of, turns, until};

const HOUR: Duration = Duration::from_secs(3600);

thread_local! {
    /// The source that a test is about, if it is about one: the wakers kept for it interfere with just that.
    static SAME: RefCell<Option<Rc<Receiver>>> = const { RefCell::new(None) };
}

/// Uses every room of the runtime.
fn interfere() {
    let counting = Counting::new();
    let same = SAME.with_borrow(Clone::clone);
    if let Some(same) = &same {
        let mut waits = same.readable();
        let _ = counting.poll(&mut waits);
    }
    let mut sleeping = sleep(HOUR);
    assert!(counting.poll(&mut sleeping).is_pending());
    let mut second = sleep(HOUR);
    assert!(counting.poll(&mut second).is_pending());
    drop(sleeping);
    let (_sender, receiver) = pipe();
    assert!(counting.poll(&mut receiver.readable()).is_pending());
    drop(receiver);
    let task = spawn(pending::<()>());
    task.abort();
    drop(task);
    drop(spawn(async {}));
    drop(spawn_blocking(|| {}));
    assert!(runtime::stats().polls > 0);
}

/// A waker that interferes when it is woken and when it is dropped, and how often it came to the end of that: a
/// panic of its own would be caught here and there, a missing count is not.
struct Rude {
    waker: Option<Waker>,
    woken: Arc<AtomicUsize>,
    dropped: Arc<AtomicUsize>,
}

impl Rude {
    fn new() -> Rude {
        let (woken, dropped) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (on_wake, on_drop) = (woken.clone(), dropped.clone());
        let waker = hooked(
            move || {
                interfere();
                on_wake.fetch_add(1, SeqCst);
            },
            move || {
                interfere();
                on_drop.fetch_add(1, SeqCst);
            },
        );
        Rude { waker: Some(waker), woken, dropped }
    }

    /// Polls, and lets go of its own clone, so that the one that the runtime keeps is the last.
    fn poll_and_leave<F: Future + Unpin>(&mut self, future: &mut F) {
        let waker = self.waker.take().unwrap();
        let polled = std::pin::Pin::new(future).poll(&mut Context::from_waker(&waker));
        assert!(polled.is_pending());
    }

    fn counts(&self) -> (usize, usize) {
        (self.woken.load(SeqCst), self.dropped.load(SeqCst))
    }
}

/// What is kept of a waker may run anybody's code when it is woken, replaced, and dropped.
async fn bears_interference<F: Future + Unpin>(mut make: impl FnMut() -> F, trigger: impl AsyncFnOnce()) {
    // Replaced by another task's.
    let (mut rude, counting, mut future) = (Rude::new(), Counting::new(), make());
    rude.poll_and_leave(&mut future);
    assert!(counting.poll(&mut future).is_pending());
    assert_eq!(rude.counts(), (0, 1), "when it is replaced");
    drop(future);
    // Dropped with the future, or with what the future has left behind.
    let (mut rude, mut future) = (Rude::new(), make());
    rude.poll_and_leave(&mut future);
    drop(future);
    assert!(rude.counts().0 == 0, "when it is dropped");
    // Woken.
    let (mut rude, mut future) = (Rude::new(), make());
    rude.poll_and_leave(&mut future);
    trigger().await;
    until("the wake", || rude.counts() == (1, 1)).await;
    turns(3).await;
}

#[test]
fn trap_16_and_17_the_wakers_of_timers_may_interfere() {
    everywhere(|| async {
        bears_interference(|| sleep(Duration::from_millis(1)), async || {}).await;
        let limited = || Box::pin(timeout(Duration::from_millis(1), pending::<()>()));
        bears_interference(limited, async || {}).await;
        // Moved to another deadline.
        let (mut rude, mut sleeping) = (Rude::new(), sleep(HOUR));
        rude.poll_and_leave(&mut sleeping);
        sleeping.reset(runtime::now());
        turns(2).await;
        assert_eq!(rude.counts().0, 0);
        sleeping.await;
    });
}

#[test]
fn trap_16_and_17_the_wakers_of_join_handles_may_interfere() {
    run(async || {
        let event = Event::new();
        let make = || {
            let event = event.clone();
            spawn(async move { event.wait().await })
        };
        bears_interference(make, async || {
            turns(2).await;
            event.set();
        })
        .await;
        // And where the task ends by abort or panic.
        for panics in [false, true] {
            let (mut rude, event) = (Rude::new(), Event::new());
            let waiting = event.clone();
            let mut handle = spawn(async move {
                waiting.wait().await;
                panic!("so it ends");
            });
            rude.poll_and_leave(&mut handle);
            turns(2).await;
            if panics {
                event.set();
            } else {
                handle.abort();
            }
            until("the wake", || rude.counts() == (1, 1)).await;
        }
    });
}

#[test]
fn trap_16_and_17_the_wakers_of_sources_may_interfere() {
    run(async || {
        let same = || {
            let (sender, receiver) = pipe();
            let receiver = Rc::new(receiver);
            SAME.set(Some(receiver.clone()));
            (sender, receiver)
        };
        let (mut sender, receiver) = same();
        let write = async || sender.write_all(b"x").unwrap();
        bears_interference(|| receiver.readable(), write).await;
        let (mut sender, receiver) = same();
        let write = async || sender.write_all(b"x").unwrap();
        bears_interference(|| receiver.read_with(|mut pipe| pipe.read(&mut [0])), write).await;
        // The poll form.
        let (mut sender, receiver) = same();
        let poll_form = || poll_fn(|cx| receiver.poll_read_with(cx, |mut pipe| pipe.read(&mut [0])));
        let write = async || sender.write_all(b"x").unwrap();
        bears_interference(poll_form, write).await;
        SAME.take();
        // Both directions and several waiters of one source, woken by one event: the other end is gone.
        let (sender, receiver) = pipe();
        let mut all: Vec<_> = (0..3).map(|_| (Rude::new(), receiver.readable())).collect();
        for (rude, future) in &mut all {
            rude.poll_and_leave(future);
        }
        drop(sender);
        until("all of them", || all.iter().all(|(rude, _)| rude.counts() == (1, 1))).await;
    });
}

#[test]
fn trap_16_and_17_the_wakers_of_accepts_may_interfere() {
    run(async || {
        let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let addr = listener.local_addr().unwrap();
        let mut client = None;
        bears_interference(
            || listener.accept(),
            async || {
                client = Some(std::net::TcpStream::connect(addr).unwrap());
            },
        )
        .await;
    });
}

#[test]
fn trap_16_and_17_the_wakers_around_combinators_may_interfere() {
    everywhere(|| async {
        let event = Event::new();
        let make = || {
            let (one, two) = (event.clone(), event.clone());
            let both: [std::pin::Pin<Box<dyn Future<Output = ()>>>; 2] =
                [Box::pin(async move { one.wait().await }), Box::pin(async move { two.wait().await })];
            join_all(both)
        };
        let (mut rude, mut future) = (Rude::new(), make());
        rude.poll_and_leave(&mut future);
        drop(future);
        let (mut rude2, counting, mut future) = (Rude::new(), Counting::new(), make());
        rude2.poll_and_leave(&mut future);
        assert!(counting.poll(&mut future).is_pending());
        assert_eq!(rude2.counts(), (0, 1));
        let (mut rude3, mut other) = (Rude::new(), make());
        rude3.poll_and_leave(&mut other);
        event.set();
        assert_eq!((rude3.counts(), counting.wakes()), ((1, 1), 1));
        drop((rude.counts(), future, other));
        let raced = || Box::pin(race(sleep(Duration::from_millis(1)), pending::<()>()));
        bears_interference(raced, async || {}).await;
    });
}

#[test]
fn trap_17_the_waker_around_join_all_may_wake_a_child_when_it_is_replaced() {
    run(async || {
        let place = Place::new();
        let child = place.clone();
        let mut all = join_all([Box::pin(async move { waits_in(&child).await })]);
        let waker = hooked(|| {}, move || place.wake());
        assert!(std::pin::Pin::new(&mut all).poll(&mut Context::from_waker(&waker)).is_pending());
        drop(waker);
        // The clone that is kept is the last one. Dropped under the lock that its child needs, it would hang here.
        let counting = Counting::new();
        assert!(counting.poll(&mut all).is_pending());
        assert!(counting.poll(&mut all).is_pending());
    });
}

#[test]
fn trap_17_the_waker_of_a_blocking_job_may_wait_for_its_end_when_it_is_replaced() {
    run(async || {
        let (go, woken) = (Gate::new(), Gate::new());
        let (door, tell) = (go.clone(), woken.clone());
        let mut job = spawn_blocking(move || door.wait());
        let first = hooked(
            || {},
            move || {
                go.open();
                woken.wait();
            },
        );
        assert!(std::pin::Pin::new(&mut job).poll(&mut Context::from_waker(&first)).is_pending());
        drop(first);
        // Dropped under the lock in which the job is to leave its output, it would wait for ever.
        let second = hooked(move || tell.open(), || {});
        assert!(std::pin::Pin::new(&mut job).poll(&mut Context::from_waker(&second)).is_pending());
        job.await.unwrap();
    });
}

#[test]
fn trap_17_the_waker_of_a_blocking_job_may_interfere_when_it_is_replaced() {
    run(async || {
        let (go, may_go) = channel::<()>();
        let mut job = spawn_blocking(move || may_go.recv().is_err());
        let (mut rude, counting) = (Rude::new(), Counting::new());
        rude.poll_and_leave(&mut job);
        assert!(counting.poll(&mut job).is_pending());
        assert_eq!(rude.counts(), (0, 1));
        drop(go);
        assert!(job.await.unwrap());
    });
}

#[test]
fn rule_7_a_foreign_waker_that_panics_does_not_take_down_the_loop() {
    let text = bounded(|| {
        let caught = std::panic::catch_unwind(|| {
            runtime::block_on(async {
                let waker = hooked(|| panic!("a foreign waker"), || {});
                let mut sleeping = sleep(Duration::from_millis(1));
                let polled = std::pin::Pin::new(&mut sleeping).poll(&mut Context::from_waker(&waker));
                assert!(polled.is_pending());
                sleep(Duration::from_millis(10)).await;
            });
        });
        caught.err().map(|payload| text_of(&*payload))
    });
    assert_eq!(text, None, "came out of block_on");
}

#[test]
fn rule_6_a_foreign_waker_that_panics_does_not_lose_the_other_events_of_its_batch() {
    each_order(|order| {
        let runtime = order.builder().build().unwrap();
        let pipes: Vec<_> = (0..2).map(|_| mio::unix::pipe::new().unwrap()).collect();
        let (mut senders, receivers): (Vec<_>, Vec<_>) = pipes.into_iter().unzip();
        let receivers: Vec<_> =
            runtime.block_on(async { receivers.into_iter().map(|r| Async::new(r).unwrap()).collect() });
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            runtime.block_on(async {
                for receiver in &receivers {
                    let waker = hooked(|| panic!("a foreign waker"), || {});
                    let cx = Context::from_waker(&waker);
                    assert!(receiver.poll_read_with(&cx, |mut pipe| pipe.read(&mut [0])).is_pending());
                }
                senders.iter_mut().for_each(|sender| sender.write_all(b"x").unwrap());
                sleep(Duration::from_millis(2)).await;
            });
        }));
        drop(caught);
        runtime.block_on(async {
            for receiver in &receivers {
                let read = receiver.read_with(|mut pipe| pipe.read(&mut [0; 9]));
                assert!(timeout(Duration::from_millis(500), read).await.is_ok(), "its event is lost");
            }
        });
    });
}
