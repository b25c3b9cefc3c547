//! `block_on`, `Runtime` and `Builder`: who runs where, and what the loop counts (rules 1 and 2).

use std::cell::Cell;
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::channel;
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use runtime::{Builder, Runtime, join_all, sleep, spawn, spawn_blocking, yield_now};

use crate::support::leaves::{Log, Place, polls};
use crate::support::{bounded, each_order, run, run_in_turn, until};

#[test]
fn rule_1_every_task_is_polled_on_the_thread_that_called_block_on() {
    run(async || {
        let here = thread::current().id();
        let tasks = (0..10).map(|n| {
            spawn(async move {
                // Woken by itself, by a timer, and by another thread.
                yield_now().await;
                sleep(Duration::from_micros(n)).await;
                let there = spawn_blocking(|| thread::current().id()).await.unwrap();
                assert_ne!(there, here);
                thread::current().id()
            })
        });
        for id in join_all(tasks.collect::<Vec<_>>()).await {
            assert_eq!(id.unwrap(), here);
        }
    });
}

#[test]
fn rule_1_tasks_may_share_what_is_not_send() {
    run(async || {
        let sum = Rc::new(Cell::new(0));
        let add = |n| {
            let sum = sum.clone();
            spawn(async move { sum.set(sum.get() + n) })
        };
        join_all((1..=100).map(add).collect::<Vec<_>>()).await;
        assert_eq!(sum.get(), 5050);
    });
}

#[test]
fn rule_1_two_runtimes_on_two_threads_wake_each_other_and_share_nothing() {
    each_order(|order| {
        const ROUNDS: usize = 50;
        // Each waits for the other's number to pass its own: a ball thrown to and fro.
        let places = [Place::new(), Place::new()];
        let counts = Arc::new([const { AtomicUsize::new(0) }; 2]);
        let player = |me: usize| {
            let (places, counts) = (places.clone(), counts.clone());
            move || {
                order.block_on(async move {
                    for round in 0..ROUNDS {
                        poll_fn(|cx| {
                            places[me].keep(cx);
                            if counts[1 - me].load(SeqCst) + me > round {
                                Poll::Ready(())
                            } else {
                                Poll::Pending
                            }
                        })
                        .await;
                        counts[me].fetch_add(1, SeqCst);
                        places[1 - me].wake();
                    }
                });
            }
        };
        // The second begins: it needs one less.
        let threads = [thread::spawn(player(0)), thread::spawn(player(1))];
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(counts.each_ref().map(|count| count.load(SeqCst)), [ROUNDS; 2]);
    });
}

#[test]
fn rule_2_the_root_may_borrow_from_the_caller() {
    each_order(|order| {
        let mut words = vec!["one"];
        let borrowed = &mut words;
        let length = order.block_on(async {
            yield_now().await;
            borrowed.push("two");
            borrowed.len()
        });
        assert_eq!((length, words), (2, vec!["one", "two"]));
    });
}

#[test]
fn rule_2_the_root_has_its_place_in_the_queue_like_any_task() {
    let log = run_in_turn(async || {
        let log = Log::new();
        let tasks = ["a", "b"].map(|name| {
            let log = log.clone();
            spawn(async move {
                for _ in 0..3 {
                    log.add(name);
                    yield_now().await;
                }
            })
        });
        for _ in 0..3 {
            log.add("root");
            yield_now().await;
        }
        join_all(tasks).await;
        log.all().concat()
    });
    assert_eq!(log, "rootabrootabrootab");
}

#[test]
fn trap_15_the_root_is_polled_when_it_was_woken_and_at_no_other_time() {
    each_order(|order| {
        let count = Rc::new(Cell::new(0));
        let root = async {
            let busy = spawn(async {
                for _ in 0..100 {
                    yield_now().await;
                }
                sleep(Duration::from_millis(1)).await;
            });
            busy.await.unwrap();
        };
        order.block_on(polls(root, &count));
        // Once to begin with, once when what it waits for was done.
        assert_eq!(count.get(), 2);
    });
}

#[test]
fn trap_15_the_roots_waker_works_from_a_task_and_from_another_thread() {
    run(async || {
        for from_a_thread in [false, true] {
            let place = Place::new();
            let mut polled = false;
            let waker = place.clone();
            if from_a_thread {
                thread::spawn(move || {
                    while waker.waker().is_none() {
                        thread::yield_now();
                    }
                    waker.wake();
                });
            } else {
                spawn(async move { waker.wake() });
            }
            poll_fn(|cx| {
                place.keep(cx);
                if std::mem::replace(&mut polled, true) { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
        }
    });
}

#[test]
fn the_output_comes_back_and_may_be_anything() {
    each_order(|order| {
        let text = String::from("borrowed");
        let output: &str = order.block_on(async { &text[..6] });
        assert_eq!(output, "borrow");
        assert!(matches!(order.block_on(async { Err::<(), _>(Rc::new(1)) }), Err(rc) if *rc == 1));
    });
}

#[test]
fn a_batch_of_no_polls_and_a_pool_of_no_threads_become_one() {
    each_order(|order| {
        let runtime = order.builder().batch(0).blocking_threads(0).build().unwrap();
        let done = runtime.block_on(async {
            let task = spawn(async { yield_now().await });
            task.await.unwrap();
            spawn_blocking(|| 1).await.unwrap()
        });
        assert_eq!((done, runtime.stats().blocking_threads), (1, 1));
    });
}

#[test]
fn stats_count_what_the_loop_did() {
    bounded(|| {
        let runtime = Builder::new().measure(true).build().unwrap();
        runtime.block_on(async {
            let slow = runtime::Task::new().name("slow").group("g");
            let nap = || thread::sleep(Duration::from_millis(50));
            slow.spawn(async move { nap() }).await.unwrap();
            sleep(Duration::from_millis(50)).await;
        });
        let stats = runtime.stats();
        // The root: at the start, after the task, after the sleep. The task: once.
        assert_eq!((stats.polls, stats.spawned, stats.polls_of("g"), stats.polls_of("h")), (4, 2, 1, 0));
        let (longest, who) = stats.longest_poll.unwrap();
        assert!(longest >= Duration::from_millis(50) && who == "slow", "{who} took {longest:?}");
        assert!(stats.sleeps >= 1 && stats.turns >= stats.sleeps, "{} of {}", stats.sleeps, stats.turns);
        assert!(stats.asleep.unwrap() > Duration::ZERO, "{:?}", stats.asleep);
        // Not asked for, not measured.
        let plain = Runtime::new().unwrap();
        plain.block_on(yield_now());
        assert!(plain.stats().asleep.is_none() && plain.stats().longest_poll.is_none());
    });
}

#[test]
fn a_task_without_a_name_is_called_by_its_number_and_where_it_was_spawned() {
    bounded(|| {
        let runtime = Builder::new().measure(true).build().unwrap();
        let line = runtime.block_on(async {
            let line = line!() + 1;
            spawn(async { thread::sleep(Duration::from_millis(50)) }).await.unwrap();
            line
        });
        let (_, who) = runtime.stats().longest_poll.unwrap();
        assert!(who.starts_with("task #2, ") && who.contains(&format!("block_on.rs:{line}:")), "{who}");
    });
}

#[test]
fn an_idle_loop_sleeps_and_does_not_turn() {
    let turns = run_in_turn(async || {
        let start = runtime::stats().turns;
        sleep(Duration::from_millis(100)).await;
        runtime::stats().turns - start
    });
    // To sleep, to wake up, and some room for wake-ups for nothing.
    assert!(turns <= 5, "{turns} turns in 100 ms");
}

#[test]
fn a_wake_from_a_thread_ends_the_sleep_at_once() {
    run(async || {
        let (sender, receiver) = channel();
        let job = spawn_blocking(move || receiver.recv().unwrap());
        let start = Instant::now();
        // Far off: if the loop slept on until then, `bounded` would say so.
        let far = spawn(sleep(Duration::from_secs(3600)));
        until("the loop to have slept", || runtime::stats().sleeps > 0).await;
        sender.send(1).unwrap();
        assert_eq!(job.await.unwrap(), 1);
        assert!(start.elapsed() < Duration::from_secs(5));
        far.abort();
    });
}
