//! `block_on`, `Runtime` and `Builder`: who runs where, and what happens outside (rules 1 and 2).

use std::cell::Cell;
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::channel;
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use runtime::net::{TcpListener, TcpStream, lookup_host};
use runtime::{
    Async, Builder, Runtime, block_on, join_all, sleep, spawn, spawn_blocking, timeout, yield_now,
};

use crate::support::leaves::{Log, Place, polls};
use crate::support::wakers::Counting;
use crate::support::{bounded, panics, run, until};

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
    bounded(|| {
        const ROUNDS: usize = 1000;
        // Each waits for the other's number to pass its own: a ball thrown to and fro.
        let places = [Place::new(), Place::new()];
        let counts = Arc::new([const { AtomicUsize::new(0) }; 2]);
        let player = |me: usize| {
            let (places, counts) = (places.clone(), counts.clone());
            move || {
                block_on(async move {
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
    bounded(|| {
        let mut words = vec!["one"];
        let borrowed = &mut words;
        let length = block_on(async {
            yield_now().await;
            borrowed.push("two");
            borrowed.len()
        });
        assert_eq!((length, words), (2, vec!["one", "two"]));
    });
}

#[test]
fn rule_2_the_root_has_its_place_in_the_queue_like_any_task() {
    let log = run(async || {
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
    bounded(|| {
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
        block_on(polls(root, &count));
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
    bounded(|| {
        let text = String::from("borrowed");
        let output: &str = block_on(async { &text[..6] });
        assert_eq!(output, "borrow");
        assert!(matches!(block_on(async { Err::<(), _>(Rc::new(1)) }), Err(rc) if *rc == 1));
    });
}

#[test]
fn one_runtime_runs_several_roots_one_after_the_other() {
    bounded(|| {
        let runtime = Runtime::new().unwrap();
        let mut old = Vec::new();
        for round in 1..=5_u64 {
            let handle = runtime.block_on(async {
                sleep(Duration::from_micros(100)).await;
                // Left behind; gone by the next round.
                let left = spawn(std::future::pending::<()>());
                assert_eq!(spawn(async move { round }).await.unwrap(), round);
                left
            });
            assert!(handle.is_finished());
            old.push(handle);
            assert_eq!(runtime.stats().spawned, round * 3);
        }
        runtime.block_on(async {
            for handle in old {
                assert!(matches!(handle.await, Err(runtime::JoinError::Cancelled)));
            }
        });
    });
}

#[test]
fn a_socket_that_outlives_its_root_works_in_the_next_one_of_the_same_runtime() {
    use runtime::io::{AsyncReadExt, AsyncWriteExt};
    bounded(|| {
        let runtime = Runtime::new().unwrap();
        let (mut near, mut far) = runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
            let near = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
            let (mut far, _) = listener.accept().await.unwrap();
            // So that both are known to be empty: a reader that waited, and was cancelled.
            assert!(timeout(Duration::from_millis(1), far.read(&mut [0])).await.is_err());
            (near, far)
        });
        // Comes while no loop runs.
        runtime.block_on(near.write_all(b"x")).unwrap();
        let mut byte = [0];
        runtime.block_on(far.read_exact(&mut byte)).unwrap();
        assert_eq!(&byte, b"x");
    });
}

#[test]
fn a_nested_block_on_panics_with_advice_and_the_outer_one_goes_on() {
    run(async || {
        let runtime = Runtime::new().unwrap();
        let nested: [&dyn Fn(); 2] = [&|| block_on(async {}), &|| runtime.block_on(async {})];
        for nested in nested {
            let text = panics(nested);
            assert!(text.contains("already running a runtime") && text.contains("await"), "{text}");
        }
        // In a task the panic is the task's.
        let task = spawn(async { block_on(async { 1 }) });
        let text = task.await.unwrap_err().to_string();
        assert!(text.contains("already running a runtime"), "{text}");
        // All rooms are still those of the outer one.
        sleep(Duration::from_micros(10)).await;
        assert_eq!(spawn_blocking(|| 1).await.unwrap() + spawn(async { 2 }).await.unwrap(), 3);
        assert!(TcpListener::bind("127.0.0.1:0".parse().unwrap()).is_ok());
    });
}

#[test]
fn a_block_on_after_another_and_one_on_a_blocking_thread_are_fine() {
    bounded(|| {
        block_on(async {});
        let inner = block_on(async { spawn_blocking(|| block_on(async { yield_now().await })).await });
        assert!(inner.is_ok());
    });
}

#[test]
fn outside_a_runtime_what_needs_one_panics_and_says_where_it_works() {
    bounded(|| {
        let source = || mio::net::UdpSocket::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let addr = "127.0.0.1:0".parse().unwrap();
        let counting = Counting::new();
        let long = Duration::from_secs(9);
        let calls: [(&str, &dyn Fn()); 9] = [
            ("spawn", &|| drop(spawn(async {}))),
            ("spawn", &|| drop(runtime::Task::new().name("n").spawn(async {}))),
            ("spawn_blocking", &|| drop(spawn_blocking(|| {}))),
            ("stats", &|| drop(runtime::stats())),
            ("Async::new", &|| drop(Async::new(source()))),
            ("Async::new", &|| drop(TcpListener::bind(addr))),
            ("Async::new", &|| drop(counting.poll(&mut TcpStream::connect(addr)))),
            ("sleep", &|| assert!(counting.poll(&mut sleep(long)).is_pending())),
            ("spawn_blocking", &|| drop(counting.poll(&mut Box::pin(lookup_host("localhost", 1))))),
        ];
        for (name, call) in calls {
            let text = panics(call);
            assert!(text.starts_with(name) && text.contains("outside a runtime"), "{text}");
            assert!(text.contains("runtime::block_on(async { … })"), "{text}");
        }
        // On another thread than the runtime's it is the same.
        block_on(async {
            let text = spawn_blocking(|| panics(|| spawn(async {}))).await.unwrap();
            assert!(text.contains("outside a runtime"), "{text}");
        });
    });
}

#[test]
fn what_does_not_wait_needs_no_runtime() {
    bounded(|| {
        let counting = Counting::new();
        assert!(counting.poll(&mut sleep(Duration::ZERO)).is_ready());
        assert!(counting.poll(&mut sleep(Duration::MAX)).is_pending());
        assert!(counting.poll(&mut yield_now()).is_pending());
        assert!(counting.poll(&mut Box::pin(timeout(Duration::from_secs(9), async {}))).is_ready());
        assert!(counting.poll(&mut Box::pin(lookup_host("::1", 1))).is_ready());
        assert!(counting.poll(&mut join_all([async {}])).is_ready());
    });
}

#[test]
fn what_is_left_of_a_runtime_may_be_dropped_after_it() {
    bounded(|| {
        let counting = Counting::new();
        let left = block_on(async {
            let mut sleeping = sleep(Duration::from_secs(3600));
            assert!(counting.poll(&mut sleeping).is_pending());
            let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
            let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
            let job = spawn_blocking(|| 1);
            let task = spawn(std::future::pending::<()>());
            (sleeping, listener, stream, job, task)
        });
        left.4.abort();
        assert!(left.4.is_finished());
        drop(left);
        assert_eq!((counting.kept(), counting.wakes()), (0, 0));
    });
}

#[test]
fn a_batch_of_no_polls_and_a_pool_of_no_threads_become_one() {
    bounded(|| {
        let runtime = Builder::new().batch(0).blocking_threads(0).build().unwrap();
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
            let nap = || thread::sleep(Duration::from_millis(3));
            slow.spawn(async move { nap() }).await.unwrap();
            sleep(Duration::from_millis(20)).await;
        });
        let stats = runtime.stats();
        // The root: at the start, after the task, after the sleep. The task: once.
        assert_eq!((stats.polls, stats.spawned, stats.polls_of("g"), stats.polls_of("h")), (4, 2, 1, 0));
        let (longest, who) = stats.longest_poll.unwrap();
        assert!(longest >= Duration::from_millis(3) && who == "slow", "{who} took {longest:?}");
        assert!(stats.sleeps >= 1 && stats.turns >= stats.sleeps, "{} of {}", stats.sleeps, stats.turns);
        assert!(stats.asleep.unwrap() >= Duration::from_millis(15), "{:?}", stats.asleep);
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
            spawn(async { thread::sleep(Duration::from_millis(2)) }).await.unwrap();
            line
        });
        let (_, who) = runtime.stats().longest_poll.unwrap();
        assert!(who.starts_with("task #2, ") && who.contains(&format!("block_on.rs:{line}:")), "{who}");
    });
}

#[test]
fn an_idle_loop_sleeps_and_does_not_turn() {
    let turns = run(async || {
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
