//! Destructors: what they may do to the runtime while it runs (trap 18).

use std::future::{pending, poll_fn};
use std::task::Poll;

use runtime::{JoinError, spawn, yield_now};

use crate::support::leaves::{Log, on_drop};
use crate::support::meddling::{everything, others};
use crate::support::{each_order, run, turns};

#[test]
fn trap_18_the_destructor_of_a_future_may_do_anything_when_it_is_ready() {
    run(async || {
        let (log, others) = (Log::new(), others().await);
        let inner = log.clone();
        let guard = on_drop(move || everything(&inner, &others));
        // `poll_fn` keeps what it captured until the loop drops it, after the poll.
        let task = spawn(poll_fn(move |_| {
            let _guard = &guard;
            Poll::Ready(7)
        }));
        assert_eq!(task.await.unwrap(), 7);
        assert_eq!(log.all(), ["everything"]);
        turns(5).await;
    });
}

#[test]
fn trap_18_the_destructor_of_a_future_may_do_anything_when_it_is_aborted() {
    run(async || {
        let (log, others) = (Log::new(), others().await);
        let inner = log.clone();
        let guard = on_drop(move || everything(&inner, &others));
        let task = spawn(async move {
            let _guard = guard;
            pending::<()>().await;
        });
        turns(2).await;
        task.abort();
        assert!(matches!(task.await, Err(JoinError::Cancelled)));
        assert_eq!(log.all(), ["everything"]);
        turns(5).await;
    });
}

#[test]
fn trap_18_the_destructor_of_a_future_may_do_anything_when_it_panicked() {
    run(async || {
        let (log, others) = (Log::new(), others().await);
        let inner = log.clone();
        let guard = on_drop(move || everything(&inner, &others));
        let task = spawn(poll_fn(move |_| -> Poll<()> {
            let _guard = &guard;
            panic!("so that it is dropped")
        }));
        assert!(matches!(task.await, Err(JoinError::Panicked(_))));
        assert_eq!(log.all(), ["everything"]);
        turns(5).await;
    });
}

#[test]
fn trap_18_the_destructor_of_an_output_may_do_anything() {
    run(async || {
        let log = Log::new();
        let output = async |log: &Log| {
            let (inner, others) = (log.clone(), others().await);
            on_drop(move || everything(&inner, &others))
        };
        // Dropped by the loop, since nobody has the handle.
        let bomb = output(&log).await;
        drop(spawn(async move { bomb }));
        turns(3).await;
        assert_eq!(log.all(), ["everything"]);
        // Dropped with the handle.
        let bomb = output(&log).await;
        let handle = spawn(async move { bomb });
        turns(2).await;
        drop(handle);
        // Dropped by who awaited it.
        let bomb = output(&log).await;
        drop(spawn(async move { bomb }).await);
        assert_eq!(log.all().len(), 3);
        turns(5).await;
    });
}

#[test]
fn a_handle_may_be_dropped_inside_the_poll_that_it_is_awaited_in() {
    run(async || {
        let task = spawn(async {
            yield_now().await;
            1
        });
        let mut task = Some(task);
        poll_fn(|cx| {
            let mut inner = task.take().unwrap();
            assert!(std::pin::Pin::new(&mut inner).poll(cx).is_pending());
            drop(inner);
            Poll::Ready(())
        })
        .await;
        // Its end wakes nobody who minds.
        turns(4).await;
    });
}

#[test]
fn trap_18_dropping_a_task_that_holds_the_handle_of_another_with_an_output_in_it_is_fine() {
    each_order(|order| {
        let log = Log::new();
        order.block_on(async {
            let gone = log.at_drop("output");
            let inner = spawn(async move { gone });
            let outer = spawn(async move {
                let _inner = inner;
                pending::<()>().await;
            });
            turns(3).await;
            outer.abort();
            turns(2).await;
            assert_eq!(log.all(), ["output"]);
        });
    });
}
