//! `abort`: of others and of oneself, at any time (rule 8, trap 19).

use std::cell::{Cell, RefCell};
use std::future::pending;
use std::rc::Rc;
use std::time::Duration;

use runtime::{JoinError, JoinHandle, sleep, spawn, yield_now};

use crate::support::leaves::{Event, Log, polls};
use crate::support::{run, turns};

fn is_cancelled<T>(result: &Result<T, JoinError>) -> bool {
    matches!(result, Err(JoinError::Cancelled))
}

#[test]
fn rule_8_abort_cancels_a_task_that_waits_and_wakes_who_awaits_it() {
    run(async || {
        let log = Log::new();
        let gone = log.at_drop("dropped");
        let handle = Rc::new(RefCell::new(Some(spawn(async move {
            let _gone = gone;
            pending::<()>().await;
        }))));
        turns(2).await;
        // Nothing of it is dropped inside the call.
        handle.borrow().as_ref().unwrap().abort();
        log.add("aborted");
        let own = handle.take().unwrap();
        assert!(!own.is_finished());
        assert!(is_cancelled(&own.await));
        assert_eq!(log.all(), ["aborted", "dropped"]);
    });
}

#[test]
fn rule_8_abort_from_another_task_wakes_the_joiner() {
    run(async || {
        let sleeper = Rc::new(spawn(pending::<()>()));
        let aborter = sleeper.clone();
        spawn(async move {
            sleep(Duration::from_millis(1)).await;
            aborter.abort();
        });
        turns(2).await;
        while !sleeper.is_finished() {
            sleep(Duration::from_millis(1)).await;
        }
        assert!(is_cancelled(&Rc::into_inner(sleeper).unwrap().await));
    });
}

#[test]
fn rule_8_abort_before_the_first_turn_means_no_poll_at_all() {
    run(async || {
        let count = Rc::new(Cell::new(0));
        let handle = spawn(polls(async {}, &count));
        handle.abort();
        handle.abort();
        assert!(is_cancelled(&handle.await));
        assert_eq!(count.get(), 0);
    });
}

#[test]
fn rule_8_an_aborted_task_is_not_polled_again_although_it_stands_in_the_queue() {
    run(async || {
        let (event, count) = (Event::new(), Rc::new(Cell::new(0)));
        let waiting = event.clone();
        let handle = spawn(polls(async move { waiting.wait().await }, &count));
        turns(2).await;
        event.set();
        handle.abort();
        assert!(is_cancelled(&handle.await));
        assert_eq!(count.get(), 1);
    });
}

#[test]
fn rule_8_to_abort_what_has_ended_changes_nothing() {
    run(async || {
        let handle = spawn(async { 7 });
        turns(2).await;
        handle.abort();
        turns(2).await;
        assert_eq!(handle.await.unwrap(), 7);
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
fn trap_19_a_task_that_aborts_itself_ends_at_its_next_await() {
    run(async || {
        let log = Log::new();
        let (inner, gone) = (log.clone(), log.at_drop("dropped"));
        let own = with_own_handle(|own| async move {
            let _gone = gone;
            own.borrow().as_ref().unwrap().abort();
            inner.add("goes on");
            yield_now().await;
            inner.add("never");
        });
        turns(3).await;
        assert_eq!(log.all(), ["goes on", "dropped"]);
        assert!(is_cancelled(&own.take().unwrap().await));
    });
}

#[test]
fn trap_19_a_task_that_aborts_itself_and_then_is_ready_gives_its_output() {
    run(async || {
        let own = with_own_handle(|own| async move {
            own.borrow().as_ref().unwrap().abort();
            7
        });
        turns(2).await;
        assert_eq!(own.take().unwrap().await.unwrap(), 7);
    });
}

#[test]
fn trap_19_a_chain_of_tasks_that_abort_each_other_ends() {
    run(async || {
        let log = Log::new();
        let mut next: Option<JoinHandle<()>> = None;
        // Each, when it is dropped, aborts the one before.
        for n in 0..10 {
            let (before, log) = (next.take(), log.clone());
            let at_drop = crate::support::leaves::on_drop(move || {
                log.add(n.to_string());
                if let Some(before) = before {
                    before.abort();
                }
            });
            next = Some(spawn(async move {
                let _at_drop = at_drop;
                pending::<()>().await;
            }));
        }
        turns(2).await;
        next.unwrap().abort();
        turns(20).await;
        assert_eq!(log.all().concat(), "9876543210");
    });
}
