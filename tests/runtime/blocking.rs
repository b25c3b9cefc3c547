//! `spawn_blocking` and `lookup_host`: what would block, off the loop (trap 35).

use std::net::{IpAddr, SocketAddr};
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::sync::mpsc::channel;
use std::task::Poll;
use std::thread;
use std::time::Duration;

use runtime::net::lookup_host;
use runtime::{Builder, JoinError, OnStall, join_all, sleep, spawn, spawn_blocking, timeout};
use tests::gate::{Gate, Tally};

use crate::support::leaves::on_drop;
use crate::support::wakers::Counting;
use crate::support::{bounded, each_order, run, text_of, turns, until};

#[test]
fn a_job_runs_on_a_thread_of_the_pool_and_gives_its_output() {
    run(async || {
        let here = thread::current().id();
        let (id, name) =
            spawn_blocking(|| (thread::current().id(), thread::current().name().map(str::to_owned)))
                .await
                .unwrap();
        assert_ne!(id, here);
        assert!(name.unwrap().starts_with("blocking-"));
    });
}

#[test]
fn the_loop_goes_on_while_a_job_blocks() {
    run(async || {
        let gate = Gate::new();
        let door = gate.clone();
        let job = spawn_blocking(move || door.wait());
        for _ in 0..3 {
            sleep(Duration::from_micros(100)).await;
        }
        gate.open();
        job.await.unwrap();
    });
}

#[test]
fn a_job_is_queued_by_the_call_and_not_by_the_first_await() {
    run(async || {
        let gate = Gate::new();
        let door = gate.clone();
        let job = spawn_blocking(move || door.open());
        // Without a turn of the loop.
        gate.wait();
        drop(job);
    });
}

#[test]
fn a_panic_in_a_job_is_given_to_who_awaits_it() {
    run(async || {
        let Err(JoinError::Panicked(payload)) = spawn_blocking(|| panic_any(42_i32)).await else {
            panic!("it should have panicked")
        };
        assert_eq!(payload.downcast_ref(), Some(&42));
        // The pool has lost no thread by it.
        for n in 0..20 {
            drop(spawn_blocking(|| panic!("nobody listens")));
            assert_eq!(spawn_blocking(move || n).await.unwrap(), n);
        }
    });
}

#[test]
fn dropping_the_future_detaches_the_job() {
    run(async || {
        let (gate, done) = (Gate::new(), Gate::new());
        let (door, tell) = (gate.clone(), done.clone());
        let job = spawn_blocking(move || {
            door.wait();
            tell.open();
        });
        assert!(timeout(Duration::from_millis(1), job).await.is_err());
        gate.open();
        done.wait();
    });
}

#[test]
fn the_pool_grows_on_demand_up_to_its_limit_and_no_further() {
    bounded(|| {
        const LIMIT: usize = 4;
        let runtime = Builder::new().blocking_threads(LIMIT).build().unwrap();
        runtime.block_on(async {
            assert_eq!(runtime::stats().blocking_threads, 0, "no job, no thread");
            // One that needs the other three at the same time, and many more that queue behind them.
            let (tally, gate) = (Tally::new(), Gate::new());
            let jobs: Vec<_> = (0..20)
                .map(|n| {
                    let (tally, door) = (tally.clone(), gate.clone());
                    spawn_blocking(move || {
                        let _inside = tally.enter();
                        door.wait();
                        n
                    })
                })
                .collect();
            tally.wait_for_total(LIMIT);
            let counts = tally.watch_beyond(LIMIT, Duration::from_millis(20));
            assert_eq!((counts.now, counts.most), (LIMIT, LIMIT));
            gate.open();
            let outputs: Vec<_> = join_all(jobs).await.into_iter().map(Result::unwrap).collect();
            assert!(outputs.into_iter().eq(0..20));
            assert_eq!((tally.counts().most, runtime::stats().blocking_threads), (LIMIT, LIMIT));
        });
    });
}

#[test]
fn a_pool_of_one_runs_its_jobs_in_the_order_in_which_they_were_queued() {
    each_order(|order| {
        let runtime = order.builder().blocking_threads(1).build().unwrap();
        let (sender, receiver) = channel();
        runtime.block_on(async {
            let jobs: Vec<_> = (0..100)
                .map(|n| {
                    let sender = sender.clone();
                    spawn_blocking(move || sender.send(n).unwrap())
                })
                .collect();
            join_all(jobs).await;
        });
        drop(sender);
        assert!(receiver.iter().eq(0..100));
    });
}

#[test]
fn a_thousand_short_jobs_from_many_tasks_all_come_back() {
    run(async || {
        let tasks: Vec<_> = (0..50)
            .map(|n| {
                spawn(async move {
                    let mut sum = 0;
                    for m in 0..20 {
                        sum += spawn_blocking(move || n * m).await.unwrap();
                    }
                    assert_eq!(sum, n * 190);
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
}

#[test]
fn an_output_that_nobody_wants_is_dropped_even_if_it_panics_then() {
    run(async || {
        let (dropped, gone) = (Gate::new(), Gate::new());
        let (door, tell) = (dropped.clone(), gone.clone());
        drop(spawn_blocking(move || {
            // Only then is it the pool that drops the output.
            door.wait();
            on_drop(move || {
                tell.open();
                panic!("in the destructor of the output");
            })
        }));
        dropped.open();
        gone.wait();
        assert_eq!(spawn_blocking(|| 7).await.unwrap(), 7);
    });
}

#[test]
fn jobs_dropped_at_the_end_of_block_on_may_panic_in_their_destructors() {
    each_order(|order| {
        let runtime = order.builder().blocking_threads(1).build().unwrap();
        let (go, may_go) = channel::<()>();
        let (began, has_begun) = channel();
        let dropped = Tally::new();
        let caught = catch_unwind(AssertUnwindSafe(|| {
            runtime.block_on(async {
                drop(spawn_blocking(move || {
                    began.send(()).unwrap();
                    may_go.recv()
                }));
                has_begun.recv().unwrap();
                for _ in 0..3 {
                    let tally = dropped.clone();
                    let bomb = on_drop(move || {
                        drop(tally.enter());
                        panic!("in the destructor of a job");
                    });
                    drop(spawn_blocking(move || drop(bomb)));
                }
                drop(go);
                panic!("the root");
            })
        }));
        assert_eq!(text_of(&*caught.unwrap_err() as &(dyn std::any::Any + Send)), "the root");
        // Run or dropped, each once.
        assert_eq!(dropped.counts().total, 3);
        assert_eq!(runtime.block_on(async { spawn_blocking(|| 7).await.unwrap() }), 7);
    });
}

#[test]
fn a_job_may_outlive_the_future_the_task_and_its_payload() {
    run(async || {
        let (gate, inner) = (Gate::new(), Gate::new());
        let (door, tell) = (gate.clone(), inner.clone());
        let task = spawn(async move {
            spawn_blocking(move || {
                door.wait();
                tell.open();
            })
            .await
        });
        turns(1).await;
        task.abort();
        assert!(task.await.is_err());
        // Its end wakes a task that is gone.
        gate.open();
        inner.wait();
        until("a turn", || true).await;
    });
}

#[test]
fn trap_35_a_name_is_looked_up_on_the_pool() {
    run(async || {
        let counting = Counting::new();
        let mut lookup = Box::pin(lookup_host("localhost", 80));
        let polled = counting.poll(&mut lookup);
        assert_eq!(runtime::stats().blocking_threads, 1);
        let found = match polled {
            // It was fast.
            Poll::Ready(found) => found,
            Poll::Pending => {
                until("the resolver", || counting.wakes() == 1).await;
                lookup.await
            }
        };
        let addresses = found.unwrap();
        assert!(!addresses.is_empty());
        assert!(addresses.iter().all(|addr| addr.ip().is_loopback() && addr.port() == 80), "{addresses:?}");
    });
}

#[test]
fn trap_35_an_address_in_digits_needs_no_thread_and_no_wait() {
    run(async || {
        for text in ["127.0.0.1", "::1", "2001:db8::7", "255.255.255.255"] {
            let ip: IpAddr = text.parse().unwrap();
            let mut lookup = Box::pin(lookup_host(text, 8080));
            let Poll::Ready(found) = Counting::new().poll(&mut lookup) else { panic!("{text} had to wait") };
            assert_eq!(found.unwrap(), [SocketAddr::new(ip, 8080)]);
        }
        assert_eq!(runtime::stats().blocking_threads, 0);
    });
}

#[test]
fn a_host_that_cannot_be_a_name_is_an_error() {
    run(async || {
        for host in ["", "with\0nul", ".."] {
            assert!(lookup_host(host, 80).await.is_err(), "{host:?}");
        }
    });
}

#[test]
fn a_lookup_that_is_dropped_goes_on_alone() {
    run(async || {
        for _ in 0..5 {
            let mut lookup = Box::pin(lookup_host("localhost", 80));
            let _ = Counting::new().poll(&mut lookup);
        }
        assert!(lookup_host("localhost", 80).await.is_ok());
    });
}

#[test]
fn trap_36_no_stall_is_seen_between_the_end_of_a_job_and_its_wake() {
    // A stall would be a panic. The moment is short, but longer where the threads of the pool wait for each other.
    let runtime = Builder::new().blocking_threads(4).on_stall(OnStall::Panic).build().unwrap();
    runtime.block_on(async {
        for n in 0..20_000 {
            let jobs = [0, 1, 2, 3].map(|job| spawn_blocking(move || n + job));
            // So that the loop goes to sleep just when they end.
            (0..n % 100).for_each(|_| std::hint::spin_loop());
            for (job, done) in join_all(jobs).await.into_iter().enumerate() {
                assert_eq!(done.unwrap(), n + job);
            }
        }
    });
}
