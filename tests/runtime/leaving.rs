//! Leaving `block_on`: the order in which things are dropped, and what destructors may do then (rule 8, trap 18).

use std::cell::{Cell, RefCell};
use std::future::pending;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use runtime::{Builder, JoinError, JoinHandle, spawn, spawn_blocking, yield_now};

use crate::support::leaves::{Event, Log, on_drop, polls};
use crate::support::meddling::{everything, others};
use crate::support::{bounded, each_order, panics, turns};

#[test]
fn trap_18_the_destructors_at_the_end_of_block_on_may_do_anything() {
    each_order(|order| {
        let log = Log::new();
        order.block_on(async {
            for _ in 0..3 {
                let (inner, others) = (log.clone(), others().await);
                let guard = on_drop(move || everything(&inner, &others));
                spawn(async move {
                    let _guard = guard;
                    pending::<()>().await;
                });
            }
            // The root's own, too.
            let (inner, others) = (log.clone(), others().await);
            let _guard = on_drop(move || everything(&inner, &others));
            turns(2).await;
        });
        assert_eq!(log.all().len(), 4);
        order.block_on(yield_now());
    });
}

#[test]
fn trap_18_and_so_they_may_while_a_panic_of_the_root_unwinds() {
    each_order(|order| {
        let log = Log::new();
        let text = panics(|| {
            order.block_on(async {
                let (inner, others) = (log.clone(), others().await);
                let guard = on_drop(move || everything(&inner, &others));
                spawn(async move {
                    let _guard = guard;
                    pending::<()>().await;
                });
                turns(2).await;
                panic!("the root");
            })
        });
        assert_eq!((text.as_str(), log.all().len()), ("the root", 1));
    });
}

#[test]
fn rule_8_at_the_end_the_root_goes_first_and_then_the_tasks_from_the_oldest_on() {
    each_order(|order| {
        let log = Log::new();
        order.block_on(async {
            let _root = log.at_drop("root");
            let sitting = |name: &str| {
                let gone = log.at_drop(name);
                spawn(async move {
                    let _gone = gone;
                    pending::<()>().await;
                })
            };
            let mut tasks: Vec<_> = ["a", "b", "c", "d"].map(sitting).into();
            turns(2).await;
            // The slots of two are used again: by age, not by place.
            for task in tasks.drain(1..3) {
                task.abort();
                turns(1).await;
            }
            tasks.extend(["e", "f", "g"].map(sitting));
            turns(2).await;
            log.add("end");
        });
        assert_eq!(log.all(), ["b", "c", "end", "root", "a", "d", "e", "f", "g"]);
    });
}

#[test]
fn rule_8_what_a_destructor_spawns_at_the_end_is_cancelled_on_the_spot() {
    each_order(|order| {
        let (log, count) = (Log::new(), Rc::new(Cell::new(0)));
        let (inner, counted) = (log.clone(), count.clone());
        let seen: Rc<RefCell<Option<JoinHandle<()>>>> = Rc::default();
        let kept = seen.clone();
        let guard = on_drop(move || {
            let gone = inner.at_drop("spawned and dropped");
            let handle = spawn(polls(async move { drop(gone) }, &counted));
            inner.add("after spawn");
            assert!(handle.is_finished());
            handle.abort();
            *kept.borrow_mut() = Some(handle);
        });
        order.block_on(async {
            spawn(async move {
                let _guard = guard;
                pending::<()>().await;
            });
            yield_now().await;
        });
        assert_eq!((log.all(), count.get()), (vec!["spawned and dropped".into(), "after spawn".into()], 0));
        let handle = seen.take().unwrap();
        assert!(matches!(order.block_on(handle), Err(JoinError::Cancelled)));
    });
}

#[test]
fn rule_8_what_the_roots_destructor_spawns_is_dropped_with_the_rest() {
    each_order(|order| {
        let (log, count) = (Log::new(), Rc::new(Cell::new(0)));
        order.block_on(async {
            let (inner, counted) = (log.clone(), count.clone());
            let _guard = on_drop(move || {
                let gone = inner.at_drop("dropped");
                drop(spawn(polls(async move { drop(gone) }, &counted)));
                inner.add("spawned");
            });
            yield_now().await;
        });
        assert_eq!((log.all(), count.get()), (vec!["spawned".into(), "dropped".into()], 0));
    });
}

#[test]
fn rule_8_a_task_that_waits_for_another_hears_of_nothing_when_both_end() {
    each_order(|order| {
        let log = Log::new();
        order.block_on(async {
            let first = spawn(pending::<()>());
            let (inner, gone) = (log.clone(), log.at_drop("second"));
            spawn(async move {
                let _gone = gone;
                let _ = first.await;
                inner.add("never");
            });
            turns(2).await;
        });
        assert_eq!(log.all(), ["second"]);
    });
}

#[test]
fn rule_8_events_set_by_destructors_at_the_end_poll_nobody() {
    each_order(|order| {
        let log = Log::new();
        order.block_on(async {
            let event = Event::new();
            let (waiting, inner) = (event.clone(), log.clone());
            let setter = event.clone();
            spawn(async move {
                let _guard = on_drop(move || setter.set());
                pending::<()>().await;
            });
            spawn(async move {
                waiting.wait().await;
                inner.add("never");
            });
            turns(2).await;
        });
        assert!(log.all().is_empty());
    });
}

#[test]
fn rule_8_the_end_waits_for_blocking_jobs_that_run_and_drops_those_queued() {
    each_order(|order| {
        let runtime = order.builder().blocking_threads(1).build().unwrap();
        let (began, has_begun) = channel();
        let (go, may_go) = channel::<()>();
        let (say, said) = channel();
        let (first, second) = (say.clone(), say);
        runtime.block_on(async {
            drop(spawn_blocking(move || {
                began.send(()).unwrap();
                // Ends when the other job is gone, and its end of the channel with it: while `block_on` waits.
                assert!(may_go.recv().is_err());
                first.send("the first ran to its end").unwrap();
            }));
            drop(spawn_blocking(move || {
                let _go = go;
                second.send("the second ran")
            }));
            has_begun.recv().unwrap();
        });
        assert_eq!(said.try_iter().collect::<Vec<_>>(), ["the first ran to its end"]);
    });
}

#[test]
fn a_job_that_was_dropped_unbegun_cancels_who_waits_for_it() {
    each_order(|order| {
        let runtime = order.builder().blocking_threads(1).build().unwrap();
        let (go, may_go) = channel::<()>();
        let job = runtime.block_on(async {
            drop(spawn_blocking(move || may_go.recv()));
            // The only thread is busy until this job is gone.
            spawn_blocking(move || drop(go))
        });
        assert!(matches!(runtime.block_on(job), Err(JoinError::Cancelled)));
    });
}

#[test]
fn rule_8_what_the_destructor_of_a_queued_job_spawns_does_not_outlive_block_on() {
    each_order(|order| {
        struct Spawns(Arc<AtomicBool>);
        impl Drop for Spawns {
            fn drop(&mut self) {
                let gone = self.0.clone();
                let guard = on_drop(move || gone.store(true, SeqCst));
                drop(spawn(async move {
                    let _guard = guard;
                    pending::<()>().await;
                }));
            }
        }
        let gone = Arc::new(AtomicBool::new(false));
        let runtime = order.builder().blocking_threads(1).build().unwrap();
        let (go, may_go) = channel::<()>();
        runtime.block_on(async {
            drop(spawn_blocking(move || may_go.recv()));
            let both = (go, Spawns(gone.clone()));
            drop(spawn_blocking(move || drop(both)));
        });
        assert!(gone.load(SeqCst), "a task is alive after block_on");
    });
}

#[test]
fn rule_8_a_job_submitted_by_the_destructor_of_a_queued_job_does_not_run_after_block_on() {
    bounded(|| {
        static LEFT: AtomicBool = AtomicBool::new(false);
        static RAN_AFTER: AtomicBool = AtomicBool::new(false);
        struct Submits;
        impl Drop for Submits {
            fn drop(&mut self) {
                drop(spawn_blocking(|| {
                    let start = Instant::now();
                    while start.elapsed() < Duration::from_millis(300) && !LEFT.load(SeqCst) {
                        thread::yield_now();
                    }
                    RAN_AFTER.store(LEFT.load(SeqCst), SeqCst);
                }));
            }
        }
        let runtime = Builder::new().blocking_threads(1).build().unwrap();
        let (go, may_go) = channel::<()>();
        runtime.block_on(async {
            drop(spawn_blocking(move || may_go.recv()));
            let both = (Submits, go);
            drop(spawn_blocking(move || drop(both)));
        });
        LEFT.store(true, SeqCst);
        thread::sleep(Duration::from_millis(400));
        assert!(!RAN_AFTER.load(SeqCst), "a job ran after block_on had returned");
    });
}
