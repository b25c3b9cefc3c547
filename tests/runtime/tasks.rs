//! `spawn`, `Task`, `JoinHandle`: how a task begins and ends (rule 8, trap 19).

use std::cell::{Cell, RefCell};
use std::future::{pending, poll_fn};
use std::io;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use runtime::{JoinError, JoinHandle, Task, spawn, yield_now};

use crate::support::leaves::{Event, Log, polls};
use crate::support::{bounded, each_order, run, run_in_turn, turns};

fn is_cancelled<T>(result: &Result<T, JoinError>) -> bool {
    matches!(result, Err(JoinError::Cancelled))
}

#[test]
fn a_spawned_task_is_queued_and_not_polled_on_the_spot() {
    run(async || {
        let log = Log::new();
        let inner = log.clone();
        let task = spawn(async move { inner.add("task") });
        log.add("spawned");
        task.await.unwrap();
        assert_eq!(log.all(), ["spawned", "task"]);
    });
}

#[test]
fn a_handle_gives_the_output_and_says_when_it_is_there() {
    run(async || {
        let event = Event::new();
        let waiting = event.clone();
        let handle = spawn(async move {
            waiting.wait().await;
            Rc::new(7)
        });
        turns(2).await;
        assert!(!handle.is_finished());
        event.set();
        turns(2).await;
        assert!(handle.is_finished());
        assert_eq!(*handle.await.unwrap(), 7);
    });
}

#[test]
fn rule_8_dropping_a_handle_detaches() {
    run(async || {
        let (log, event) = (Log::new(), Event::new());
        for wait_first in [false, true] {
            let (log, event) = (log.clone(), event.clone());
            let mut handle = spawn(async move {
                event.wait().await;
                log.add("done");
            });
            if wait_first {
                // Dropped in the middle of an await, it cancels nothing either.
                assert!(runtime::timeout(Duration::from_millis(1), &mut handle).await.is_err());
            }
            drop(handle);
        }
        event.set();
        turns(2).await;
        assert_eq!(log.all(), ["done", "done"]);
    });
}

#[test]
fn rule_8_no_task_outlives_its_block_on() {
    each_order(|order| {
        let log = Log::new();
        order.block_on(async {
            let (event, gone) = (Event::new(), log.at_drop("dropped"));
            let log = log.clone();
            spawn(async move {
                let _gone = gone;
                event.wait().await;
                log.add("never");
            });
            yield_now().await;
        });
        assert_eq!(log.all(), ["dropped"]);
    });
}

#[test]
fn rule_8_a_task_that_never_had_a_turn_is_dropped_unpolled() {
    each_order(|order| {
        let (log, count) = (Log::new(), Rc::new(Cell::new(0)));
        let handle = order.block_on(async {
            let gone = log.at_drop("dropped");
            spawn(polls(async move { drop(gone) }, &count))
        });
        assert_eq!((log.all(), count.get()), (vec!["dropped".to_owned()], 0));
        assert!(handle.is_finished());
        assert!(is_cancelled(&order.block_on(handle)));
    });
}

/// A task that finds its own handle in the cell.
fn with_own_handle<T: 'static, F: Future<Output = T> + 'static>(
    body: impl FnOnce(Rc<RefCell<Option<JoinHandle<T>>>>) -> F,
) -> Rc<RefCell<Option<JoinHandle<T>>>> {
    let cell = Rc::new(RefCell::new(None));
    let handle = spawn(body(cell.clone()));
    *cell.borrow_mut() = Some(handle);
    cell
}

#[test]
fn trap_19_a_task_may_drop_its_own_handle() {
    run(async || {
        let log = Log::new();
        let inner = log.clone();
        let own = with_own_handle(|own| async move {
            drop(own.take());
            yield_now().await;
            inner.add("detached and done");
        });
        turns(3).await;
        assert!(own.borrow().is_none());
        assert_eq!(log.all(), ["detached and done"]);
    });
}

#[test]
fn trap_19_a_task_may_spawn_from_inside_its_poll_and_at_any_depth() {
    fn tree(depth: usize) -> JoinHandle<usize> {
        spawn(async move {
            if depth == 0 {
                return 1;
            }
            let (left, right) = (tree(depth - 1), tree(depth - 1));
            left.await.unwrap() + right.await.unwrap()
        })
    }
    run(async || assert_eq!(tree(6).await.unwrap(), 64));
}

#[test]
fn a_handle_may_be_awaited_by_a_task_and_finished_by_then() {
    run(async || {
        let first = spawn(async { 1 });
        let second = spawn(async move { first.await.unwrap() + 1 });
        turns(5).await;
        let third = spawn(async move { second.await.unwrap() + 1 });
        assert_eq!(third.await.unwrap(), 3);
    });
}

#[test]
fn a_task_belongs_to_the_group_of_the_task_that_spawned_it() {
    bounded(|| {
        let runtime = runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let parent = Task::new().group("a").spawn(async {
                // Polls of "a": this one's two, and two of the child's.
                let child = spawn(async { yield_now().await });
                // One of "b".
                let other = Task::new().group("b").spawn(async {});
                child.await.unwrap();
                other.await.unwrap();
            });
            parent.await.unwrap();
            // The group is not left standing.
            spawn(async {}).await.unwrap();
        });
        let stats = runtime.stats();
        assert_eq!((stats.polls_of("a"), stats.polls_of("b")), (4, 1));
    });
}

#[test]
fn polls_of_a_task_that_still_lives_are_counted() {
    run_in_turn(async || {
        Task::new().group("g").spawn(poll_fn(|cx| {
            cx.waker().wake_by_ref();
            Poll::<()>::Pending
        }));
        turns(10).await;
        assert_eq!(runtime::stats().polls_of("g"), 10);
    });
}

#[test]
fn join_errors_say_what_happened() {
    run(async || {
        let cancelled = spawn(pending::<()>());
        cancelled.abort();
        let cancelled = cancelled.await.unwrap_err();
        assert_eq!(cancelled.to_string(), "the task was cancelled");
        let static_text = spawn(async { panic!("a reason") }).await.unwrap_err();
        assert_eq!(static_text.to_string(), "the task panicked: a reason");
        let formatted = spawn(async { panic!("reason {}", 2) }).await.unwrap_err();
        assert_eq!(formatted.to_string(), "the task panicked: reason 2");
        let other = spawn(async { std::panic::panic_any(7) }).await.unwrap_err();
        assert_eq!(other.to_string(), "the task panicked");
        assert!(format!("{cancelled:?} {other:?}").contains("cancelled"));
        assert_eq!(io::Error::from(formatted).to_string(), "the task panicked: reason 2");
    });
}

#[test]
fn ten_thousand_tasks_at_once_all_give_their_output() {
    let sum: usize = run_in_turn(async || {
        let tasks: Vec<_> = (0..10_000)
            .map(|n| {
                spawn(async move {
                    yield_now().await;
                    n
                })
            })
            .collect();
        let mut sum = 0;
        for task in tasks {
            sum += task.await.unwrap();
        }
        sum
    });
    assert_eq!(sum, 10_000 * 9_999 / 2);
}
