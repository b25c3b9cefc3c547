//! `timeout`, `sleep`, `interval`: what is due at the same instant, in every order; and tasks, their handles and aborts.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use runtime::sync::Event;
use runtime::{interval, now, sleep, spawn, timeout, yield_now};

use crate::support::{Drops, abort_somewhen, in_all_orders, settled};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn what_ends_with_its_limit_ends_or_is_dropped_and_never_both() {
    in_all_orders(|| async {
        let drops = Drops::default();
        let begin = now();
        let tasks = [0, 1].map(|_| {
            let (kept, ended) = (drops.value(), Rc::new(Cell::new(false)));
            let ends = ended.clone();
            let limited = timeout(SECOND, async move {
                let _kept = kept;
                sleep(SECOND).await;
                ends.set(true);
            });
            spawn(async move {
                let in_time = limited.await.is_ok();
                assert_eq!(in_time, ended.get());
            })
        });
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(now() - begin, SECOND);
        drops.balance();
    });
}

#[test]
fn limits_within_limits_all_hold() {
    in_all_orders(|| async {
        let event = Rc::new(Event::new());
        let waits = {
            let event = event.clone();
            spawn(async move { timeout(3 * SECOND, timeout(2 * SECOND, event.wait())).await })
        };
        let sets = spawn(async move {
            sleep(2 * SECOND).await;
            event.set();
        });
        let waited = waits.await.unwrap();
        assert!(waited.is_ok(), "the outer limit is not up");
        sets.await.unwrap();
    });
}

#[test]
fn sleeps_that_are_aborted_leave_the_others_their_time() {
    in_all_orders(|| async {
        let begin = now();
        let tasks = [1, 1, 2].map(|seconds| {
            spawn(async move {
                sleep(seconds * SECOND).await;
                assert_eq!(now() - begin, seconds * SECOND);
            })
        });
        sleep(SECOND).await;
        tasks[0].abort();
        let [a, b, c] = tasks;
        let _ = a.await;
        b.await.unwrap();
        c.await.unwrap();
        assert_eq!(now() - begin, 2 * SECOND);
    });
}

#[test]
fn an_interval_ticks_at_its_instants_whoever_else_runs_then() {
    in_all_orders(|| async {
        let begin = now();
        let tasks = [1, 1].map(|_| {
            spawn(async move {
                let mut ticks = interval(SECOND);
                for n in 0..3 {
                    ticks.tick().await;
                    assert_eq!(now() - begin, n * SECOND);
                }
            })
        });
        for task in tasks {
            task.await.unwrap();
        }
    });
}

#[test]
fn a_task_that_is_aborted_is_dropped_once_and_its_handle_says_so() {
    in_all_orders(|| async {
        let drops = Drops::default();
        let task = {
            let (kept, drops) = (drops.value(), drops.clone());
            spawn(async move {
                let _kept = kept;
                yield_now().await;
                drops.value()
            })
        };
        let (first, second) = (abort_somewhen(&task, 2), abort_somewhen(&task, 2));
        let handle = task.abort_handle();
        let output = task.await;
        assert!(handle.is_finished());
        assert_eq!(drops.dropped(), 1, "its future is gone, and its output is here");
        drop(output);
        handle.abort(); // too late, and harmless
        for aborter in [first, second] {
            aborter.await.unwrap();
        }
        drops.balance();
    });
}

#[test]
fn tasks_may_abort_each_other_and_themselves() {
    in_all_orders(|| async {
        let drops = Drops::default();
        let handles: Rc<Cell<Vec<_>>> = Rc::default();
        let tasks = [0, 1, 2].map(|_| {
            let (kept, handles) = (drops.value(), handles.clone());
            spawn(async move {
                let _kept = kept;
                let all: Vec<runtime::AbortHandle> = handles.take();
                all.iter().for_each(runtime::AbortHandle::abort);
                yield_now().await;
            })
        });
        handles.set(tasks.iter().map(runtime::JoinHandle::abort_handle).collect());
        settled().await;
        let mut ended = 0;
        for task in tasks {
            ended += usize::from(task.await.is_ok());
        }
        assert_eq!(ended, 0, "whoever came first has aborted all, itself too");
        drops.balance();
    });
}

#[test]
fn a_destructor_that_spawns_and_wakes_is_safe_in_every_order() {
    struct Meddler(Rc<Event>, Rc<Cell<usize>>);
    impl Drop for Meddler {
        fn drop(&mut self) {
            self.0.set();
            let count = self.1.clone();
            spawn(async move { count.set(count.get() + 1) });
        }
    }
    in_all_orders(|| async {
        let (event, count) = (Rc::new(Event::new()), Rc::new(Cell::new(0)));
        let meddler = Meddler(event.clone(), count.clone());
        let task = spawn(async move {
            let _meddler = meddler;
            yield_now().await;
            yield_now().await;
        });
        let waits = spawn(async move { event.wait().await });
        let aborter = abort_somewhen(&task, 3);
        let _ = task.await;
        waits.await.unwrap();
        aborter.await.unwrap();
        settled().await;
        assert_eq!(count.get(), 1);
    });
}
