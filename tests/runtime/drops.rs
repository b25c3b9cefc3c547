//! Destructors: what they may do to the runtime while it runs (trap 18).

use std::cell::RefCell;
use std::future::{pending, poll_fn};
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::Duration;

use runtime::net::TcpListener;
use runtime::{JoinError, JoinHandle, block_on, sleep, spawn, spawn_blocking, yield_now};

use crate::support::leaves::{Log, Place, on_drop};
use crate::support::wakers::Counting;
use crate::support::{bounded, panics, run, turns};

/// All that a destructor may do, at once. Whatever is borrowed while it runs makes it panic.
fn everything(log: &Log, others: &Others) {
    let before = std::thread::panicking();
    drop(spawn(async {}));
    let handle = spawn(pending::<()>());
    handle.abort();
    drop(handle);
    others.waker.borrow().iter().for_each(Waker::wake_by_ref);
    if let Some(handle) = &*others.handle.borrow() {
        handle.abort();
    }
    drop(others.handle.take());
    drop(others.output.take());
    let mut sleeping = sleep(Duration::from_secs(9));
    assert!(Counting::new().poll(&mut sleeping).is_pending());
    drop(sleeping);
    let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    assert!(Counting::new().poll(&mut listener.accept()).is_pending());
    drop(listener);
    drop(spawn_blocking(|| {}));
    let _ = runtime::stats();
    assert!(panics(|| block_on(async {})).contains("already running"));
    assert_eq!(std::thread::panicking(), before);
    log.add("everything");
}

/// What `everything` works on besides itself: a waker, a task's handle, and one with an output in it.
#[derive(Default)]
struct Others {
    waker: RefCell<Option<Waker>>,
    handle: RefCell<Option<JoinHandle<()>>>,
    output: RefCell<Option<JoinHandle<Rc<()>>>>,
}

async fn others() -> Rc<Others> {
    let others = Rc::new(Others::default());
    *others.handle.borrow_mut() = Some(spawn(pending::<()>()));
    *others.output.borrow_mut() = Some(spawn(async { Rc::new(()) }));
    let place = Place::new();
    let kept = place.clone();
    spawn(async move { crate::support::leaves::waits_in(&kept).await });
    turns(2).await;
    *others.waker.borrow_mut() = place.waker();
    others
}

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
    bounded(|| {
        let log = Log::new();
        block_on(async {
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
