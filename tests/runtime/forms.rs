//! Forms that those who come from asyncio or tokio look for: a handle that only aborts; a set of futures that grows.

use std::cell::Cell;
use std::rc::Rc;

use runtime::{AbortHandle, JoinError, as_completed, block_on, join, race, spawn, yield_now};

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

#[test]
fn futures_pushed_while_others_run_are_handed_out_under_numbers_of_their_own() {
    everywhere(async || {
        let turns = async |n: usize| {
            for _ in 0..n {
                yield_now().await;
            }
            n
        };
        let mut set = as_completed([]);
        assert!(set.is_empty() && set.next().await.is_none());
        let mut given = Vec::new();
        for n in [3, 1] {
            assert_eq!(set.push(turns(n)), given.len());
            given.push(n);
        }
        let mut heard = Vec::new();
        while let Some((number, output)) = set.next().await {
            assert_eq!(output, given[number]);
            heard.push(number);
            if given.len() < 50 {
                // Places are free again by now; numbers are not.
                assert_eq!(set.push(turns(given.len() % 5)), given.len());
                given.push(given.len() % 5);
            }
            assert_eq!(set.len(), given.len() - heard.len());
        }
        heard.sort_unstable();
        assert!(heard.into_iter().eq(0..50));
        assert_eq!((set.push(turns(0)), set.next().await), (50, Some((50, 0))), "the end was not the end");
    });
}

#[test]
fn a_pushed_future_is_first_polled_by_the_next_next_and_survives_one_that_is_dropped() {
    everywhere(async || {
        let polled = Cell::new(false);
        let mut set = as_completed([]);
        set.push(async {
            polled.set(true);
            yield_now().await;
            yield_now().await;
        });
        yield_now().await;
        assert!(!polled.get());
        race(set.next(), async {}).await;
        assert_eq!(set.len(), 1);
        assert_eq!(set.next().await, Some((0, ())));
        assert!(polled.get());
    });
}

#[test]
fn a_set_that_is_dropped_drops_what_was_pushed() {
    everywhere(async || {
        let alive = Rc::new(());
        let mut set = as_completed([]);
        for _ in 0..3 {
            let alive = alive.clone();
            set.push(async move {
                yield_now().await;
                drop(alive);
            });
        }
        set.next().await.unwrap();
        assert_eq!((set.len(), Rc::strong_count(&alive)), (2, 3));
        drop(set);
        assert_eq!(Rc::strong_count(&alive), 1);
    });
}
