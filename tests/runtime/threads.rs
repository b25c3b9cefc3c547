//! Wakes from other threads: the inbox and its bell under load (traps 8 to 10).

use std::cell::Cell;
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::task::{Poll, Waker};
use std::thread;

use runtime::{join_all, spawn, yield_now};

use crate::support::leaves::{Place, polls, waits_in};
use crate::support::{each_order, run, run_in_turn, turns};

/// Ready when the counter has reached `goal`. Relaxed on purpose: that the poll after a wake sees what was stored
/// before the wake is the runtime's promise, and not the counter's.
async fn reaches(counter: &AtomicUsize, goal: usize, place: &Place) {
    poll_fn(|cx| {
        place.keep(cx);
        if counter.load(Relaxed) >= goal { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

#[test]
fn trap_08_a_wake_between_the_look_and_the_sleep_is_not_lost() {
    run(async || {
        const ROUNDS: usize = 150;
        let (sent, place) = (Arc::new(AtomicUsize::new(0)), Place::new());
        let answered = Arc::new(AtomicUsize::new(0));
        let other = {
            let (sent, place, answered) = (sent.clone(), place.clone(), answered.clone());
            thread::spawn(move || {
                for round in 1..=ROUNDS {
                    while answered.load(Relaxed) + 1 < round {
                        thread::yield_now();
                    }
                    // A little later each time, so that it comes at every point on the loop's way to its sleep.
                    for _ in 0..round * 7 % 500 {
                        std::hint::spin_loop();
                    }
                    sent.store(round, Relaxed);
                    place.wake();
                }
            })
        };
        for round in 1..=ROUNDS {
            reaches(&sent, round, &place).await;
            answered.store(round, Relaxed);
        }
        other.join().unwrap();
    });
}

#[test]
fn trap_09_of_a_hundred_thousand_wakes_from_four_threads_the_last_one_is_seen() {
    async fn polls_of_it(wakes: usize) -> usize {
        let (counter, place) = (Arc::new(AtomicUsize::new(0)), Place::new());
        let threads = [0; 4].map(|_| {
            let (counter, place) = (counter.clone(), place.clone());
            thread::spawn(move || {
                for _ in 0..wakes {
                    counter.fetch_add(1, Relaxed);
                    place.wake();
                }
            })
        });
        let count = Rc::new(Cell::new(0));
        polls(reaches(&counter, 4 * wakes, &place), &count).await;
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        count.get()
    }
    run(async || assert!(polls_of_it(100).await <= 401, "more polls than wakes"));
    assert!(run_in_turn(async || polls_of_it(25_000).await) <= 100_001, "more polls than wakes");
}

#[test]
fn trap_09_wakes_of_many_tasks_from_many_threads_all_arrive() {
    run(async || {
        const TASKS: usize = 64;
        const WAKES: usize = 30;
        let all: Arc<Vec<(AtomicUsize, Place)>> =
            Arc::new((0..TASKS).map(|_| (AtomicUsize::new(0), Place::new())).collect());
        let tasks: Vec<_> = (0..TASKS)
            .map(|n| {
                let all = all.clone();
                spawn(async move { reaches(&all[n].0, 4 * WAKES, &all[n].1).await })
            })
            .collect();
        turns(1).await;
        let threads = [0, 1, 2, 3].map(|thread| {
            let all = all.clone();
            thread::spawn(move || {
                for round in 0..WAKES {
                    for n in 0..TASKS {
                        let (counter, place) = &all[(n * (2 * thread + 1) + round) % TASKS];
                        counter.fetch_add(1, Relaxed);
                        place.wake();
                    }
                }
            })
        });
        for task in tasks {
            task.await.unwrap();
        }
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

#[test]
fn trap_09_the_same_inside_join_all() {
    run(async || {
        const CHILDREN: usize = 64;
        const WAKES: usize = 30;
        let all: Arc<Vec<(AtomicUsize, Place)>> =
            Arc::new((0..CHILDREN).map(|_| (AtomicUsize::new(0), Place::new())).collect());
        let threads = [1, 3].map(|step| {
            let all = all.clone();
            thread::spawn(move || {
                for _ in 0..WAKES {
                    for n in 0..CHILDREN {
                        let (counter, place) = &all[n * step % CHILDREN];
                        counter.fetch_add(1, Relaxed);
                        place.wake();
                    }
                }
            })
        });
        join_all(all.iter().map(|(counter, place)| reaches(counter, 2 * WAKES, place))).await;
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

#[test]
fn wakes_from_here_and_from_elsewhere_at_once_lose_none() {
    run(async || {
        const WAKES: usize = 1000;
        let (counter, place) = (Arc::new(AtomicUsize::new(0)), Place::new());
        let other = {
            let (counter, place) = (counter.clone(), place.clone());
            thread::spawn(move || {
                for _ in 0..WAKES {
                    counter.fetch_add(1, Relaxed);
                    place.wake();
                }
            })
        };
        let (near, here) = (counter.clone(), place.clone());
        spawn(async move {
            for _ in 0..WAKES {
                near.fetch_add(1, Relaxed);
                here.wake();
                yield_now().await;
            }
        });
        reaches(&counter, 2 * WAKES, &place).await;
        other.join().unwrap();
    });
}

#[test]
fn trap_10_wakes_that_race_with_the_end_of_the_runtime_are_harmless() {
    each_order(|order| {
        let stop = Arc::new(AtomicBool::new(false));
        let (root, task) = (Place::new(), Place::new());
        let threads = [root.clone(), task.clone()].map(|place| {
            let stop = stop.clone();
            thread::spawn(move || {
                while !stop.load(Relaxed) {
                    place.wake();
                    thread::yield_now();
                }
            })
        });
        let runtime = order.builder().build().unwrap();
        for round in 0..10 {
            let future = async {
                let place = task.clone();
                spawn(async move { waits_in(&place).await });
                let mut left = round % 5;
                poll_fn(|cx| {
                    root.keep(cx);
                    if left == 0 {
                        return Poll::Ready(());
                    }
                    left -= 1;
                    // By the other thread.
                    Poll::Pending
                })
                .await;
            };
            // The same runtime again, and one that is gone at once.
            if round % 2 == 0 { runtime.block_on(future) } else { order.block_on(future) }
        }
        stop.store(true, Relaxed);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

#[test]
fn trap_10_a_waker_may_be_dropped_on_another_thread_after_the_runtime_is_gone() {
    each_order(|order| {
        let wakers: Vec<Waker> = order.block_on(async {
            let places: Vec<Place> = (0..100).map(|_| Place::new()).collect();
            for place in &places {
                let place = place.clone();
                spawn(async move { waits_in(&place).await });
            }
            turns(2).await;
            places.iter().map(|place| place.waker().unwrap()).collect()
        });
        thread::spawn(move || drop(wakers)).join().unwrap();
        // Nothing of it reaches the next one.
        order.block_on(yield_now());
    });
}

#[test]
fn trap_05_wakers_that_other_threads_let_go_of_at_any_time_are_used_again_safely() {
    run(async || {
        // Each task's waker is cloned to another thread, woken there and dropped there, while tasks come and go.
        let (sender, receiver) = std::sync::mpsc::channel::<Waker>();
        let other = thread::spawn(move || receiver.iter().for_each(Waker::wake));
        for wave in 0..30 {
            let tasks: Vec<_> = (0..wave % 17)
                .map(|n| {
                    let sender = sender.clone();
                    let mut left = n % 3;
                    spawn(poll_fn(move |cx| {
                        // Also at the last poll: that wake comes late, perhaps when the waker has a new task.
                        sender.send(cx.waker().clone()).unwrap();
                        if left == 0 {
                            return Poll::Ready(n);
                        }
                        left -= 1;
                        Poll::Pending
                    }))
                })
                .collect();
            for (n, task) in tasks.into_iter().enumerate() {
                assert_eq!(task.await.unwrap(), n);
            }
        }
        drop(sender);
        other.join().unwrap();
    });
}
