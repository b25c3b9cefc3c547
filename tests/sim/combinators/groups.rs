//! `task_group`: when it is over, nobody is left.

use std::cell::Cell;
use std::future::pending;
use std::rc::Rc;

use runtime::sync::{Barrier, Event, mpsc};
use runtime::{TaskGroup, spawn, task_group, yield_now};

use crate::support::{Counted, Drops, abort_somewhen, in_all_orders};

#[test]
fn the_body_may_end_before_its_children_and_all_come_to_their_end() {
    in_all_orders(|| async {
        let (ended, event) = (Cell::new(0), Event::new());
        let body = task_group(async |group| {
            for n in 0..3 {
                let (ended, event) = (&ended, &event);
                group.spawn(async move {
                    if n == 2 {
                        event.set();
                    } else {
                        event.wait().await;
                    }
                    ended.set(ended.get() + 1);
                    Ok(())
                });
            }
            Ok::<_, ()>("body")
        })
        .await;
        assert_eq!((body, ended.get()), (Ok("body"), 3));
    });
}

#[test]
fn the_first_error_cancels_all_others_wherever_they_are() {
    in_all_orders(|| async {
        let drops = Drops::default();
        let failed: Result<(), usize> = task_group(async |group| {
            for n in 0..3 {
                let kept = drops.value();
                group.spawn(async move {
                    let _kept = kept;
                    yield_now().await;
                    match n {
                        0 => pending().await,
                        n => Err::<(), _>(n),
                    }
                });
            }
            let _kept = drops.value();
            pending().await
        })
        .await;
        assert!(matches!(failed, Err(1 | 2)));
        drops.balance();
    });
}

#[test]
fn children_of_children_are_waited_for_too() {
    async fn grow<'a>(depth: usize, leaves: &'a Cell<usize>, group: TaskGroup<'a, ()>) -> Result<(), ()> {
        if depth == 0 {
            leaves.set(leaves.get() + 1);
        } else {
            for _ in 0..2 {
                group.spawn(grow(depth - 1, leaves, group.clone()));
            }
        }
        Ok(())
    }
    in_all_orders(|| async {
        let leaves = Cell::new(0);
        task_group(async |group| grow(2, &leaves, group).await).await.unwrap();
        assert_eq!(leaves.get(), 4);
    });
}

#[test]
fn a_group_whose_task_is_aborted_leaves_nobody_behind() {
    in_all_orders(|| async {
        let drops = Drops::default();
        let (sender, mut receiver) = mpsc::channel(4);
        let outer = spawn({
            let drops = drops.clone();
            async move {
                task_group(async |group| {
                    for n in 0..2 {
                        let (kept, sender) = (drops.value(), sender.clone());
                        group.spawn(async move {
                            let _kept = kept;
                            yield_now().await;
                            sender.send(n).await.map_err(drop)
                        });
                    }
                    Ok::<_, ()>(())
                })
                .await
            }
        });
        let aborter = abort_somewhen(&outer, 4);
        let mut got = 0;
        while receiver.recv().await.is_some() {
            got += 1; // until the last sender is gone, and with it the last child
        }
        aborter.await.unwrap();
        match outer.await {
            Ok(ended) => assert_eq!((ended, got), (Ok(()), 2)),
            Err(_) => assert!(got <= 2),
        }
        drops.balance();
    });
}

#[test]
fn children_meet_at_a_barrier_in_every_round() {
    in_all_orders(|| async {
        let (barrier, arrived) = (Barrier::new(2), Cell::new(0));
        task_group(async |group| {
            for _ in 0..2 {
                let (barrier, arrived) = (&barrier, &arrived);
                group.spawn(async move {
                    for round in 1..=2 {
                        yield_now().await;
                        arrived.set(arrived.get() + 1);
                        barrier.wait().await.unwrap();
                        assert!(arrived.get() >= 2 * round);
                    }
                    Ok::<_, ()>(())
                });
            }
            Ok(())
        })
        .await
        .unwrap();
    });
}

#[test]
fn a_child_that_panics_ends_the_group_and_the_panic_comes_out() {
    in_all_orders(|| async {
        let drops = Drops::default();
        let group = spawn({
            let drops = drops.clone();
            async move {
                // Caught here: a task that panics is a failure of the run.
                runtime::gather([task_group(async |group| {
                    for n in 0..2 {
                        let kept = drops.value();
                        group.spawn(async move {
                            let _kept = kept;
                            yield_now().await;
                            if n == 0 {
                                std::panic::resume_unwind(Box::new("as a test"));
                            }
                            pending::<Result<(), ()>>().await
                        });
                    }
                    Ok::<_, ()>(())
                })])
                .await
                .pop()
                .unwrap()
            }
        });
        let other = Rc::new(spawn(yield_now()));
        assert!(group.await.unwrap().is_err());
        crate::support::settled().await;
        assert!(other.is_finished());
        drops.balance();
    });
}

#[test]
fn what_a_destructor_spawns_into_a_group_that_is_being_cancelled_is_dropped() {
    struct Spawns<'env>(Option<(TaskGroup<'env, ()>, Counted)>);
    impl Drop for Spawns<'_> {
        fn drop(&mut self) {
            if let Some((group, kept)) = self.0.take() {
                let way_in = group.clone(); // kept by the child, and the child by the list that it leads to
                group.spawn(async move {
                    let _kept = (kept, way_in);
                    pending::<Result<(), ()>>().await
                });
            }
        }
    }
    in_all_orders(|| async {
        let drops = Drops::default();
        let failed: Result<(), ()> = task_group(async |group| {
            for _ in 0..2 {
                let spawns = Spawns(Some((group.clone(), drops.value())));
                group.spawn(async move {
                    let _spawns = spawns;
                    pending::<Result<(), ()>>().await
                });
            }
            yield_now().await;
            group.spawn(async { Err::<(), _>(()) });
            pending().await
        })
        .await;
        assert_eq!(failed, Err(()));
        drops.balance();
    });
}
