//! Forms that those who come from asyncio or tokio look for: a handle that only aborts.

use std::cell::Cell;
use std::rc::Rc;

use runtime::{AbortHandle, JoinError, block_on, join, spawn, yield_now};

use crate::everywhere::everywhere;
use crate::support::leaves::on_drop;

#[test]
fn an_abort_handle_aborts_while_the_join_handle_is_awaited() {
    everywhere(async || {
        let dropped = Rc::new(Cell::new(false));
        let tell = dropped.clone();
        let told = on_drop(move || tell.set(true));
        let task = spawn(async move {
            std::future::pending::<()>().await;
            drop(told);
        });
        let (stop, other) = (task.abort_handle(), task.abort_handle().clone());
        assert_eq!((stop.id(), other.id()), (task.id(), task.id()));
        let waiter = spawn(task);
        yield_now().await;
        assert!(!stop.is_finished() && !other.is_finished());
        stop.abort();
        let ended = waiter.await.unwrap();
        assert!(matches!(ended, Err(JoinError::Cancelled)));
        assert!(dropped.get() && stop.is_finished() && other.is_finished());
        other.abort();
    });
}

#[test]
fn an_abort_handle_keeps_no_output_alive() {
    everywhere(async || {
        let output = Rc::new(());
        let given = output.clone();
        let task = spawn(async move { given });
        let stop = task.abort_handle();
        assert_eq!(Rc::strong_count(&task.await.unwrap()), 2);
        assert_eq!(Rc::strong_count(&output), 1);

        let given = output.clone();
        let detached = spawn(async move { given });
        let late = detached.abort_handle();
        drop(detached);
        while !late.is_finished() {
            yield_now().await;
        }
        assert_eq!(Rc::strong_count(&output), 1);
        assert!(stop.is_finished());
    });
}

#[test]
fn trap_05_an_old_abort_handle_aborts_no_later_task() {
    everywhere(async || {
        let first = spawn(async {});
        let old = first.abort_handle();
        first.await.unwrap();
        let second = spawn(async {
            yield_now().await;
            "done"
        });
        assert_eq!(second.id().key(), old.id().key(), "the place is used again");
        old.abort();
        assert!(old.is_finished() && !second.abort_handle().is_finished());
        assert_eq!(second.await.unwrap(), "done");
    });
}

#[test]
fn an_abort_handle_that_outlives_its_loop_does_nothing() {
    let (stop, join_handle): (AbortHandle, _) = block_on(async {
        let task = spawn(std::future::pending::<()>());
        (task.abort_handle(), task)
    });
    assert!(stop.is_finished() && join_handle.is_finished());
    stop.abort();
    let (ended, ()) = block_on(join(join_handle, async {}));
    assert!(matches!(ended, Err(JoinError::Cancelled)));
}
