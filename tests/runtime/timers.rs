//! Time: `sleep`, `sleep_until`, `timeout`, and the deadlines below them (traps 21 to 26).

use std::cell::Cell;
use std::future::{pending, poll_fn};
use std::rc::Rc;
use std::task::Poll;
use std::time::{Duration, Instant};

use runtime::{
    Either, Elapsed, join_all, now, race, sleep, sleep_until, spawn, timeout, timeout_at, yield_now,
};

use crate::everywhere::everywhere;
use crate::support::leaves::{Event, Log, polls};
use crate::support::wakers::Counting;
use crate::support::{run, run_in_turn, turns, until};

const HOUR: Duration = Duration::from_secs(3600);

fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

#[test]
fn a_sleep_is_never_shorter_than_asked_for() {
    run_in_turn(async || {
        for micros in [0, 1, 100, 999, 1000, 1001, 2500, 7300] {
            let start = Instant::now();
            sleep(Duration::from_micros(micros)).await;
            assert!(start.elapsed() >= Duration::from_micros(micros), "{:?} of {micros} µs", start.elapsed());
        }
    });
}

#[test]
fn the_time_of_a_sleep_runs_from_the_call_and_not_from_the_first_poll() {
    run_in_turn(async || {
        let start = Instant::now();
        let sleeping = sleep(millis(20));
        assert!(sleeping.deadline().unwrap() >= start + millis(20));
        std::thread::sleep(millis(25));
        let counting = Counting::new();
        let mut sleeping = sleeping;
        assert!(counting.poll(&mut sleeping).is_ready());
        // And of a timeout.
        let mut late = Box::pin(timeout(millis(5), pending::<()>()));
        std::thread::sleep(millis(6));
        assert!(matches!(counting.poll(&mut late), Poll::Ready(Err(Elapsed))));
        assert_eq!(counting.kept(), 0);
    });
}

#[test]
fn trap_21_equal_deadlines_all_fire_in_the_order_in_which_they_were_set() {
    run_in_turn(async || {
        let log = Log::new();
        // Far enough that all are set by then.
        let deadline = Instant::now() + millis(300);
        let tasks: Vec<_> = (0..1000)
            .map(|n| {
                let log = log.clone();
                spawn(async move {
                    sleep_until(deadline).await;
                    log.add(n.to_string());
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(log.all(), (0..1000).map(|n| n.to_string()).collect::<Vec<_>>());
    });
}

#[test]
fn trap_21_equal_deadlines_of_many_tasks_all_fire_at_that_time() {
    everywhere(|| async {
        let deadline = now() + millis(5);
        let task = |_| {
            spawn(async move {
                sleep_until(deadline).await;
                assert_eq!(now(), deadline);
            })
        };
        for task in (0..100).map(task).collect::<Vec<_>>() {
            task.await.unwrap();
        }
    });
}

#[test]
fn trap_21_so_do_many_deadlines_in_the_past_and_in_one_instant_within_one_task() {
    everywhere(|| async {
        let deadline = now() + millis(5);
        join_all((0..200).map(|_| sleep_until(deadline))).await;
        assert_eq!(now(), deadline);
        join_all((0..200).map(|_| sleep_until(deadline))).await;
    });
}

#[test]
fn earlier_deadlines_fire_first_whatever_the_order_in_which_they_were_set() {
    everywhere(|| async {
        let log = Log::new();
        let start = now() + millis(100);
        let tasks = [7, 2, 9, 1, 5, 3].map(|n| {
            let log = log.clone();
            spawn(async move {
                sleep_until(start + millis(n * 3)).await;
                log.add(n.to_string());
            })
        });
        join_all(tasks).await;
        assert_eq!(log.all().concat(), "123579");
    });
}

#[test]
fn trap_22_below_a_millisecond_it_neither_spins_nor_fires_early() {
    run(async || {
        let before = runtime::stats().turns;
        for _ in 0..3 {
            let start = Instant::now();
            sleep(Duration::from_micros(300)).await;
            assert!(start.elapsed() >= Duration::from_micros(300));
        }
        let turns = runtime::stats().turns - before;
        // Each: to sleep, and to wake up.
        assert!(turns <= 3 * 4, "{turns} turns of the loop for 3 sleeps: it spins");
    });
}

#[test]
fn trap_22_nor_does_it_spin_while_a_long_wait_has_a_broken_millisecond_left() {
    run(async || {
        let before = runtime::stats().turns;
        sleep(Duration::from_micros(3_700)).await;
        let turns = runtime::stats().turns - before;
        assert!(turns <= 5, "{turns} turns of the loop");
    });
}

#[test]
fn trap_23_a_sleep_that_is_dropped_wakes_nobody() {
    everywhere(|| async {
        let count = Rc::new(Cell::new(0));
        let task = spawn(polls(
            async {
                for _ in 0..10 {
                    assert!(timeout(millis(2), yield_now()).await.is_ok());
                    assert!(race(yield_now(), sleep(millis(2))).await == Either::Left(()));
                }
                pending::<()>().await;
            },
            &count,
        ));
        sleep(millis(30)).await;
        // One to begin with and one for each yield: none for a timer.
        assert_eq!(count.get(), 21);
        task.abort();
    });
}

#[test]
fn trap_24_a_sleep_without_end_is_one() {
    everywhere(|| async {
        let counting = Counting::new();
        let mut endless = sleep(Duration::MAX);
        assert!(endless.deadline().is_none());
        assert!(counting.poll(&mut endless).is_pending());
        assert!(timeout(millis(1), endless).await.is_err());
        assert_eq!(timeout(Duration::MAX, async { 7 }).await, Ok(7));
        // The longest that the clock can hold, and one that the OS's own limit of milliseconds cannot.
        let far = now() + Duration::from_secs(u64::from(u32::MAX));
        assert!(timeout(millis(1), sleep_until(far)).await.is_err());
        let task = spawn(sleep_until(far));
        sleep(millis(5)).await;
        assert!(!task.is_finished());
        // An endless one can be given an end.
        let mut sleeping = sleep(Duration::MAX);
        sleeping.reset(now());
        sleeping.await;
    });
}

#[test]
fn trap_25_an_earlier_timer_shortens_the_wait() {
    run(async || {
        let event = Event::new();
        let far = spawn(sleep(HOUR));
        turns(2).await;
        // Set in the same turn as the far one and in a later one, by a task and by another thread's wake.
        let (waiting, start) = (event.clone(), Instant::now());
        let near = spawn(async move {
            waiting.wait().await;
            sleep(millis(1)).await;
        });
        sleep(millis(1)).await;
        event.set();
        near.await.unwrap();
        let after_a_job = spawn(async {
            runtime::spawn_blocking(|| std::thread::sleep(millis(1))).await.unwrap();
            sleep(millis(1)).await;
        });
        after_a_job.await.unwrap();
        assert!(start.elapsed() < Duration::from_secs(10));
        assert!(!far.is_finished());
    });
}

#[test]
fn trap_26_a_sleep_that_was_reset_fires_at_the_new_deadline_only() {
    everywhere(|| async {
        let counting = Counting::new();
        let mut sleeping = sleep(millis(100));
        assert!(counting.poll(&mut sleeping).is_pending());
        // Later.
        let later = now() + millis(300);
        sleeping.reset(later);
        assert_eq!(sleeping.deadline(), Some(later));
        assert!(counting.poll(&mut sleeping).is_pending());
        assert_eq!(counting.kept(), 1);
        sleep(millis(120)).await;
        assert_eq!(counting.wakes(), 0, "at the old deadline");
        (&mut sleeping).await;
        assert_eq!(now(), later);
        // Earlier, and again after it has fired.
        sleeping.reset(now() + HOUR);
        assert!(counting.poll(&mut sleeping).is_pending());
        for _ in 0..3 {
            let soon = now() + millis(2);
            sleeping.reset(soon);
            (&mut sleeping).await;
            assert_eq!(now(), soon);
        }
    });
}

#[test]
fn trap_26_a_sleep_may_move_from_task_to_task_and_wakes_the_one_that_has_it() {
    everywhere(|| async {
        let mut sleeping = sleep(millis(200));
        for _ in 0..5 {
            let task = spawn(async move {
                // Polled here once, then handed on.
                poll_fn(|cx| {
                    assert!(std::pin::Pin::new(&mut sleeping).poll(cx).is_pending());
                    Poll::Ready(())
                })
                .await;
                sleeping
            });
            sleeping = task.await.unwrap();
        }
        let deadline = sleeping.deadline().unwrap();
        spawn(sleeping).await.unwrap();
        assert_eq!(now(), deadline);
    });
}

#[test]
fn a_timeout_gives_the_output_or_says_that_the_time_was_up() {
    everywhere(|| async {
        assert_eq!(timeout(HOUR, async { 7 }).await, Ok(7));
        assert_eq!(timeout(millis(1), pending::<()>()).await, Err(Elapsed));
        assert_eq!(timeout_at(now() + millis(1), pending::<()>()).await, Err(Elapsed));
        // If both are ready, the output wins.
        assert_eq!(timeout(Duration::ZERO, async { 7 }).await, Ok(7));
        assert_eq!(timeout_at(now() - millis(1), async { 7 }).await, Ok(7));
        assert_eq!(timeout(Duration::ZERO, yield_now()).await, Err(Elapsed));
        let error = std::io::Error::from(Elapsed);
        assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
        assert!(error.to_string().contains("time limit"), "{error}");
    });
}

#[test]
fn a_timeout_drops_what_it_limits_when_the_time_is_up() {
    everywhere(|| async {
        let log = Log::new();
        let gone = log.at_drop("dropped");
        let limited = timeout(millis(1), async move {
            let _gone = gone;
            pending::<()>().await;
        });
        assert!(limited.await.is_err());
        log.add("elapsed");
        assert_eq!(log.all(), ["dropped", "elapsed"]);
    });
}

#[test]
fn timeouts_nest_and_the_inner_one_tells_the_outer_one() {
    everywhere(|| async {
        let inner = timeout(millis(1), pending::<()>());
        assert_eq!(timeout(HOUR, inner).await, Ok(Err(Elapsed)));
        let inner = timeout(HOUR, pending::<()>());
        assert_eq!(timeout(millis(1), inner).await, Err(Elapsed));
    });
}

#[test]
fn ten_thousand_sleeps_of_all_lengths_all_end_and_the_loop_sleeps_in_between() {
    let turns = run_in_turn(async || {
        let start = Instant::now() + millis(5);
        let tasks: Vec<_> = (0..10_000_u64)
            .map(|n| {
                spawn(async move {
                    let deadline = start + Duration::from_micros(n * 7919 % 50_000);
                    sleep_until(deadline).await;
                    assert!(Instant::now() >= deadline);
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        runtime::stats().turns
    });
    assert!(turns < 2000, "{turns} turns of the loop");
}

#[test]
fn the_root_may_wait_for_a_timer_while_the_tasks_do_other_things() {
    everywhere(|| async {
        let count = Rc::new(Cell::new(0));
        let counted = count.clone();
        spawn(async move {
            loop {
                counted.set(counted.get() + 1);
                sleep(Duration::from_micros(100)).await;
            }
        });
        until("the task", || count.get() >= 5).await;
    });
}
