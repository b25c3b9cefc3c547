//! Panics: each stays where it belongs (rule 7, trap 20).

use std::cell::Cell;
use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any, resume_unwind};
use std::rc::Rc;
use std::time::Duration;

use runtime::{JoinError, join_all, sleep, spawn, spawn_blocking, yield_now};

use crate::support::leaves::{Log, on_drop};
use crate::support::{each_order, run, text_of, turns};

fn payload<T>(result: Result<T, JoinError>) -> Box<dyn std::any::Any + Send> {
    match result {
        Err(JoinError::Panicked(payload)) => payload,
        Err(JoinError::Cancelled) => panic!("cancelled"),
        Ok(_) => panic!("it gave an output"),
    }
}

#[test]
fn rule_7_a_panic_ends_its_task_alone_and_the_handle_gives_the_payload() {
    run(async || {
        let bystander = spawn(async {
            sleep(Duration::from_millis(2)).await;
            "alive"
        });
        let task = spawn(async {
            yield_now().await;
            panic_any(42_i32);
        });
        assert_eq!(payload(task.await).downcast_ref(), Some(&42));
        assert_eq!(bystander.await.unwrap(), "alive");
    });
}

#[test]
fn trap_20_a_hundred_panics_later_the_loop_is_as_before() {
    run(async || {
        let tasks: Vec<_> = (0..100_usize)
            .map(|n| {
                spawn(async move {
                    for _ in 0..n % 5 {
                        yield_now().await;
                    }
                    assert!(n % 2 == 0, "task {n}");
                    n
                })
            })
            .collect();
        for (n, task) in tasks.into_iter().enumerate() {
            match task.await {
                Ok(output) => assert_eq!((output, n % 2), (n, 0)),
                Err(error) => assert_eq!(error.to_string(), format!("the task panicked: task {n}")),
            }
        }
        sleep(Duration::from_micros(100)).await;
        assert_eq!(spawn_blocking(|| 1).await.unwrap() + spawn(async { 2 }).await.unwrap(), 3);
    });
}

#[test]
fn rule_7_a_panic_that_nobody_awaits_is_dropped() {
    run(async || {
        drop(spawn(async { panic!("nobody listens") }));
        turns(3).await;
        // Its payload may even panic when it is dropped.
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("in the destructor of the payload");
            }
        }
        drop(spawn(async { panic_any(Bomb) }));
        turns(3).await;
    });
}

#[test]
fn rule_7_a_panic_in_the_root_comes_out_of_block_on() {
    each_order(|order| {
        let log = Log::new();
        let caught = catch_unwind(AssertUnwindSafe(|| {
            order.block_on(async {
                let _root = log.at_drop("root");
                for name in ["first", "second"] {
                    let gone = log.at_drop(name);
                    spawn(async move {
                        let _gone = gone;
                        pending::<()>().await;
                    });
                }
                turns(2).await;
                panic_any(42_i32);
            });
        }));
        assert_eq!(caught.unwrap_err().downcast_ref(), Some(&42));
        assert_eq!(log.all(), ["root", "first", "second"]);
        // Nothing of it is left on this thread.
        assert_eq!(order.block_on(async { spawn(async { 1 }).await.unwrap() }), 1);
    });
}

#[test]
fn rule_7_a_runtime_whose_root_panicked_runs_the_next_one() {
    each_order(|order| {
        let runtime = order.builder().build().unwrap();
        for round in 0..3 {
            let caught = catch_unwind(AssertUnwindSafe(|| {
                runtime.block_on(async {
                    spawn(pending::<()>());
                    let job = spawn_blocking(move || round);
                    sleep(Duration::from_micros(10)).await;
                    assert_eq!(job.await.unwrap(), round);
                    panic!("round {round}");
                })
            }));
            assert_eq!(text_of(&*caught.unwrap_err()), format!("round {round}"));
        }
        runtime.block_on(async {
            yield_now().await;
            sleep(Duration::from_micros(10)).await;
        });
    });
}

#[test]
fn rule_7_a_payload_that_is_resumed_comes_out_of_block_on_unchanged() {
    each_order(|order| {
        let caught = catch_unwind(|| {
            order.block_on(async {
                let error = spawn(async { panic_any(String::from("the very same")) }).await;
                resume_unwind(payload(error));
            });
        });
        assert_eq!(caught.unwrap_err().downcast_ref(), Some(&String::from("the very same")));
    });
}

#[test]
fn rule_7_a_panic_in_a_child_of_join_all_is_the_tasks() {
    run(async || {
        let others = Log::new();
        let gone = others.at_drop("sibling");
        let task = spawn(async move {
            let sibling = async move {
                let _gone = gone;
                pending::<()>().await;
            };
            let bad = async {
                yield_now().await;
                panic!("a child")
            };
            join_all([Box::pin(sibling) as std::pin::Pin<Box<dyn Future<Output = ()>>>, Box::pin(bad)]).await;
        });
        assert_eq!(text_of(&*payload(task.await)), "a child");
        assert_eq!(others.all(), ["sibling"]);
    });
}

#[test]
fn trap_20_a_future_that_panicked_is_dropped_once_and_never_polled_again() {
    run(async || {
        let (polls, drops) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
        let (counted, dropped) = (polls.clone(), drops.clone());
        let guard = on_drop(move || dropped.set(dropped.get() + 1));
        let task = spawn(std::future::poll_fn(move |cx| -> std::task::Poll<()> {
            let _guard = &guard;
            counted.set(counted.get() + 1);
            cx.waker().wake_by_ref();
            panic!("after it woke itself");
        }));
        assert_eq!(text_of(&*payload(task.await)), "after it woke itself");
        turns(5).await;
        assert_eq!((polls.get(), drops.get()), (1, 1));
    });
}

#[test]
fn a_panic_in_a_destructor_of_the_task_replaces_its_output() {
    run(async || {
        let boom = || on_drop(|| panic!("in the destructor"));
        // Ready: the destructor runs inside the poll.
        let guard = boom();
        let ready = spawn(async move {
            let _guard = guard;
            7
        });
        assert_eq!(text_of(&*payload(ready.await)), "in the destructor");
        // Ready, and dropped after the poll: `poll_fn` keeps what it has captured.
        let guard = boom();
        let kept = spawn(std::future::poll_fn(move |_| {
            let _guard = &guard;
            std::task::Poll::Ready(7)
        }));
        assert_eq!(text_of(&*payload(kept.await)), "in the destructor");
        // Aborted.
        let guard = boom();
        let aborted = spawn(async move {
            let _guard = guard;
            pending::<()>().await;
        });
        turns(2).await;
        aborted.abort();
        assert_eq!(text_of(&*payload(aborted.await)), "in the destructor");
    });
}

#[test]
fn an_output_that_panics_when_dropped_harms_nobody() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("in the destructor of the output");
        }
    }
    run(async || {
        // Detached: the loop drops it.
        drop(spawn(async { Bomb }));
        // Ready, and replaced by the panic of its own future's destructor.
        let guard = on_drop(|| panic!("in the destructor of the future"));
        let both = spawn(std::future::poll_fn(move |_| {
            let _guard = &guard;
            std::task::Poll::Ready(Bomb)
        }));
        turns(3).await;
        assert_eq!(text_of(&*payload(both.await)), "in the destructor of the future");
        // Finished, and then the handle is dropped: the panic is that of who drops it.
        let handle = spawn(async { Bomb });
        turns(2).await;
        let caught = catch_unwind(AssertUnwindSafe(|| drop(handle)));
        assert_eq!(text_of(&*caught.unwrap_err()), "in the destructor of the output");
        turns(3).await;
    });
}

#[test]
fn destructors_that_panic_while_a_panic_of_the_root_unwinds_do_not_abort_the_process() {
    each_order(|order| {
        let log = Log::new();
        let caught = catch_unwind(AssertUnwindSafe(|| {
            order.block_on(async {
                for n in 0..3 {
                    let gone = log.at_drop(n.to_string());
                    let bomb = on_drop(|| panic!("in a task's destructor"));
                    spawn(async move {
                        let _both = (bomb, gone);
                        pending::<()>().await;
                    });
                }
                turns(2).await;
                panic!("the root");
            });
        }));
        assert_eq!(text_of(&*caught.unwrap_err()), "the root");
        assert_eq!(log.all(), ["0", "1", "2"]);
    });
}
