//! `join`, `join_all`, `try_join_all`, `gather`: all outputs, or the first error.

use std::rc::Rc;

use runtime::sync::{Event, Mutex, Semaphore, mpsc, oneshot};
use runtime::{gather, join, join_all, spawn, try_join_all, yield_now};

use crate::support::{Drops, Room, abort_somewhen, in_all_orders};

#[test]
fn all_outputs_are_there_each_in_its_place_whoever_wakes_whom() {
    in_all_orders(|| async {
        let (sender, receiver) = oneshot::channel();
        let event = Event::new();
        let outputs = join_all([0, 1, 2].map(|n| {
            let (event, mut sender, mut receiver) = (&event, None, None);
            match n {
                0 => receiver = Some(()),
                1 => sender = Some(()),
                _ => {}
            }
            async move {
                match (receiver, sender) {
                    (Some(()), _) => event.wait().await,
                    (_, Some(())) => yield_now().await,
                    _ => event.set(),
                }
                n * 10
            }
        }));
        // The one waits for a child of the other.
        let (outputs, received) = join(
            async {
                let outputs = outputs.await;
                sender.send("done").unwrap();
                outputs
            },
            receiver,
        )
        .await;
        assert_eq!((outputs, received), (vec![0, 10, 20], Ok("done")));
    });
}

#[test]
fn children_of_one_task_exclude_each_other_as_tasks_do() {
    in_all_orders(|| async {
        let (mutex, room) = (Mutex::new(0), Room::default());
        join_all((0..3).map(async |_| {
            let mut held = mutex.lock().await;
            let _inside = room.enter();
            yield_now().await;
            *held += 1;
        }))
        .await;
        assert_eq!(mutex.into_inner(), 3);
    });
}

#[test]
fn children_and_tasks_share_permits() {
    in_all_orders(|| async {
        let (semaphore, room) = (Rc::new(Semaphore::new(1)), Room::default());
        let work = |semaphore: Rc<Semaphore>, room: Room| async move {
            let _permit = semaphore.acquire(1).await.unwrap();
            let _inside = room.enter();
            yield_now().await;
        };
        let task = spawn(work(semaphore.clone(), room.clone()));
        join_all((0..2).map(|_| work(semaphore.clone(), room.clone()))).await;
        task.await.unwrap();
        assert_eq!(semaphore.available(), 1);
    });
}

#[test]
fn a_join_that_is_aborted_drops_each_child_and_each_output_once() {
    in_all_orders(|| async {
        let drops = Drops::default();
        let outer = spawn({
            let drops = drops.clone();
            async move {
                let outputs = join_all((0..2).map(|n| {
                    let (captured, drops) = (drops.value(), drops.clone());
                    async move {
                        for _ in 0..n {
                            yield_now().await;
                        }
                        drop(captured);
                        drops.value()
                    }
                }))
                .await;
                yield_now().await;
                outputs.len()
            }
        });
        abort_somewhen(&outer, 4).await.unwrap();
        if let Ok(outputs) = outer.await {
            assert_eq!(outputs, 2);
        }
        drops.balance();
    });
}

#[test]
fn the_first_error_ends_the_others_and_drops_them() {
    in_all_orders(|| async {
        let drops = Drops::default();
        let failed = try_join_all((0..3).map(|n| {
            let (kept, drops) = (drops.value(), drops.clone());
            async move {
                let _kept = kept;
                yield_now().await;
                if n == 0 { Ok(drops.value()) } else { Err(n) }
            }
        }))
        .await;
        let error = failed.err().unwrap();
        assert!(error == 1 || error == 2);
        drops.balance();
    });
}

#[test]
fn all_are_gathered_whatever_has_become_of_them() {
    in_all_orders(|| async {
        let drops = Drops::default();
        let event = Event::new();
        let outputs = gather((0..3).map(|n| {
            let (kept, event) = (drops.value(), &event);
            async move {
                let _kept = kept;
                match n {
                    0 => event.wait().await,
                    // Its panic is an output, and does not keep the others.
                    1 => std::panic::resume_unwind(Box::new("as a test")),
                    _ => event.set(),
                }
                n
            }
        }))
        .await;
        let ok: Vec<_> = outputs.into_iter().map(Result::ok).collect();
        assert_eq!(ok, [Some(0), None, Some(2)]);
        drops.balance();
    });
}

#[test]
fn a_pipeline_inside_one_task_delivers_everything() {
    in_all_orders(|| async {
        let (first, mut middle) = mpsc::channel(1);
        let (second, mut last) = mpsc::channel(1);
        let (_, sum) = join(
            join(
                async move {
                    for n in 1..=3 {
                        first.send(n).await.unwrap();
                    }
                },
                async move {
                    while let Some(n) = middle.recv().await {
                        second.send(n * 2).await.unwrap();
                    }
                },
            ),
            async move {
                let mut sum = 0;
                let helper = spawn(yield_now()); // something else that goes on meanwhile
                while let Some(n) = last.recv().await {
                    sum += n;
                }
                helper.await.unwrap();
                sum
            },
        )
        .await;
        assert_eq!(sum, 12);
    });
}
