//! Small files that are written together: `download/together.rs`, on a loop of its own.

use std::panic::panic_any;
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use runtime::{Builder, JoinError, join_all, spawn, yield_now};
use tests::gate::{Gate, Tally};

use together::Together;

// It is no part of what others can use of the demo, so it is taken in by its path.
#[path = "../../demo/src/download/together.rs"]
mod together;

#[test]
fn each_gets_the_result_of_its_own_job() {
    runtime::block_on(async {
        let together = Together::new();
        let all = join_all((0..100).map(|n| together.run(move || n))).await;
        assert!(all.into_iter().map(Result::unwrap).eq(0..100));
        assert_eq!(together.run(|| 7).await.unwrap(), 7);
    });
}

#[test]
fn what_comes_while_a_job_is_at_work_is_the_next_job() {
    runtime::block_on(async {
        let together = Rc::new(Together::new());
        let (began, gate) = (Gate::new(), Gate::new());
        let (begins, door) = (began.clone(), gate.clone());
        let first = together.clone();
        let first = spawn(async move {
            first
                .run(move || {
                    begins.open();
                    door.wait();
                    thread::current().id()
                })
                .await
        });
        while !began.opens_within(Duration::ZERO) {
            yield_now().await;
        }
        let others: Vec<_> = (0..10)
            .map(|_| {
                let together = together.clone();
                spawn(async move { together.run(|| thread::current().id()).await })
            })
            .collect();
        yield_now().await;
        gate.open();
        first.await.unwrap().unwrap();
        let threads: Vec<_> = join_all(others).await.into_iter().map(|id| id.unwrap().unwrap()).collect();
        assert!(threads.iter().all(|id| *id == threads[0]), "one job, so one thread: {threads:?}");
    });
}

#[test]
fn where_the_disk_is_slow_several_are_at_it_at_once() {
    let runtime = Builder::new().blocking_threads(4).build().unwrap();
    runtime.block_on(async {
        let together = Together::new();
        let (inside, gate) = (Tally::new(), Gate::new());
        let jobs = (0..8).map(|n| {
            let (inside, gate) = (inside.clone(), gate.clone());
            together.run(move || {
                if n < 2 {
                    // The first is a job by itself, as nothing else is there yet. The second takes its time too.
                    return thread::sleep(Duration::from_millis(20));
                }
                // Were they behind it, one after the other, the first of these would wait in vain.
                let _inside = inside.enter();
                match inside.counts().now {
                    3.. => gate.open(),
                    _ => gate.wait(),
                }
            })
        });
        join_all(jobs).await.into_iter().for_each(Result::unwrap);
        assert!(inside.counts().most >= 3);
    });
}

#[test]
fn a_job_that_panics_is_the_loss_of_its_own_task_only() {
    runtime::block_on(async {
        let together = Together::new();
        let job = |n: u8| move || if n == 2 { panic_any("the disk is on fire") } else { n };
        let mut all = join_all((0..5).map(|n| together.run(job(n)))).await;
        match all.remove(2) {
            Err(JoinError::Panicked(payload)) => {
                assert_eq!(payload.downcast_ref(), Some(&"the disk is on fire"));
            }
            other => panic!("{other:?}"),
        }
        let others: Vec<_> = all.into_iter().map(Result::unwrap).collect();
        assert_eq!(others, [0, 1, 3, 4]);
    });
}
