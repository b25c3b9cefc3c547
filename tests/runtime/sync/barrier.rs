//! Barrier: nobody goes on before the last has come, and the count is right whoever leaves.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use runtime::sync::{Arrival, Barrier, Broken};
use runtime::{join_all, sleep, spawn, timeout, yield_now};

use super::{Counter, Dice, Log, panic_of, stall_of};
use crate::everywhere::everywhere;

#[test]
fn the_last_to_come_lets_all_go_on_and_leads() {
    let (barrier, counter) = (Barrier::new(3), Counter::new());
    let [mut a, mut b, mut c] = [barrier.wait(), barrier.wait(), barrier.wait()];
    assert!(counter.is_pending(&mut b) && counter.is_pending(&mut a));
    assert_eq!((barrier.n_waiting(), counter.wakes()), (2, 0));
    let last = counter.ready(&mut c).unwrap();
    assert_eq!((barrier.n_waiting(), counter.wakes(), counter.kept()), (0, 2, 0));
    let [first, second] = [counter.ready(&mut b).unwrap(), counter.ready(&mut a).unwrap()];
    assert_eq!([first, second, last].map(|it| it.index()), [0, 1, 2]);
    assert_eq!([first, second, last].map(|it| it.is_leader()), [false, false, true]);
}

#[test]
fn a_barrier_for_one_holds_nobody_up() {
    let (barrier, counter) = (Barrier::new(1), Counter::new());
    for _ in 0..3 {
        let passed = counter.ready(&mut barrier.wait()).unwrap();
        assert!(passed.is_leader() && passed.index() == 0);
    }
}

#[test]
fn a_barrier_for_nobody_is_refused() {
    assert!(panic_of(|| Barrier::new(0)).contains("a barrier for 0 tasks"));
}

#[test]
fn trap_38_used_again_and_again_no_task_is_ever_a_round_ahead() {
    everywhere(|| async {
        let barrier = Rc::new(Barrier::new(5));
        let rounds: Rc<[Cell<u32>; 5]> = Rc::default();
        let leaders = Log::new();
        let tasks: Vec<_> = (0..5)
            .map(|n| {
                let (barrier, rounds, leaders) = (barrier.clone(), rounds.clone(), leaders.clone());
                spawn(async move {
                    for round in 0..8 {
                        rounds[n].set(round);
                        if barrier.wait().await.unwrap().is_leader() {
                            leaders.push(round);
                        }
                        // All are in this round, or have come to the next.
                        assert!(rounds.iter().all(|at| [round, round + 1].contains(&at.get())));
                    }
                })
            })
            .collect();
        for ended in join_all(tasks).await {
            ended.unwrap();
        }
        assert_eq!(leaders.entries(), (0..8).collect::<Vec<_>>());
    });
}

#[test]
fn trap_38_a_waiter_that_is_cancelled_does_not_count_and_the_others_wait_on() {
    let (barrier, counter) = (Barrier::new(3), Counter::new());
    let mut line: Vec<_> = (0..2).map(|_| barrier.wait()).collect();
    assert!(line.iter_mut().all(|wait| counter.is_pending(wait)));
    drop(line.remove(0));
    assert_eq!((barrier.n_waiting(), barrier.is_broken(), counter.wakes()), (1, false, 0));
    let mut second = barrier.wait();
    assert!(counter.is_pending(&mut second));
    let third = counter.ready(&mut barrier.wait()).unwrap();
    let places = [&mut line[0], &mut second].map(|wait| counter.ready(wait).unwrap().index());
    assert_eq!((places, third.index()), ([0, 1], 2), "each place once");
}

#[test]
fn trap_38_one_that_is_dropped_after_the_last_had_come_changes_nothing_for_the_next_round() {
    let (barrier, counter) = (Barrier::new(2), Counter::new());
    for _ in 0..3 {
        let mut dropped = barrier.wait();
        assert!(counter.is_pending(&mut dropped));
        assert!(counter.ready(&mut barrier.wait()).unwrap().is_leader());
        drop(dropped);
        assert_eq!(barrier.n_waiting(), 0);
    }
    assert!(counter.is_pending(&mut barrier.wait()));
}

#[test]
fn the_next_round_fills_while_tasks_of_the_last_have_had_no_turn_yet() {
    let (barrier, counter) = (Barrier::new(2), Counter::new());
    let mut slow = barrier.wait();
    assert!(counter.is_pending(&mut slow));
    counter.ready(&mut barrier.wait()).unwrap();
    let mut next = barrier.wait();
    assert!(counter.is_pending(&mut next));
    assert_eq!(barrier.n_waiting(), 1);
    counter.ready(&mut slow).unwrap();
    assert!(counter.is_pending(&mut next));
    counter.ready(&mut barrier.wait()).unwrap();
    counter.ready(&mut next).unwrap();
}

#[test]
fn a_reset_sends_away_who_waits_and_starts_anew() {
    everywhere(|| async {
        let barrier = Rc::new(Barrier::new(3));
        let tasks = |n| {
            let spawned = (0..n).map(|_| {
                let barrier = barrier.clone();
                spawn(async move { barrier.wait().await })
            });
            spawned.collect::<Vec<_>>()
        };
        let sent_away = tasks(2);
        sleep(Duration::from_secs(1)).await;
        barrier.reset();
        assert_eq!(barrier.n_waiting(), 0);
        let pass = tasks(3);
        for ended in join_all(sent_away).await {
            assert_eq!(ended.unwrap(), Err(Broken));
        }
        for ended in join_all(pass).await {
            assert!(ended.unwrap().is_ok());
        }
    });
}

#[test]
fn an_aborted_barrier_is_broken_for_all_until_a_reset() {
    let (barrier, counter) = (Barrier::new(2), Counter::new());
    let mut waits = barrier.wait();
    assert!(counter.is_pending(&mut waits));
    barrier.abort();
    assert_eq!((barrier.is_broken(), barrier.n_waiting(), counter.wakes()), (true, 0, 1));
    assert_eq!(barrier.parties(), 2);
    assert_eq!(counter.ready(&mut waits), Err(Broken));
    assert_eq!(counter.ready(&mut barrier.wait()), Err(Broken));
    barrier.abort();
    barrier.reset();
    assert!(!barrier.is_broken());
    let mut waits = barrier.wait();
    assert!(counter.is_pending(&mut waits));
    assert!(counter.ready(&mut barrier.wait()).is_ok());
    assert!(counter.ready(&mut waits).is_ok());
}

#[test]
fn what_the_last_one_has_decided_no_abort_and_no_reset_takes_back() {
    let (barrier, counter) = (Barrier::new(2), Counter::new());
    for call_off in [Barrier::abort, Barrier::reset] {
        barrier.reset();
        let mut waits = barrier.wait();
        assert!(counter.is_pending(&mut waits));
        counter.ready(&mut barrier.wait()).unwrap();
        call_off(&barrier);
        assert!(counter.ready(&mut waits).is_ok());
    }
}

#[test]
fn one_that_was_sent_away_and_is_dropped_unseen_leaves_nothing_behind() {
    let (barrier, counter) = (Barrier::new(2), Counter::new());
    let mut waits = barrier.wait();
    assert!(counter.is_pending(&mut waits));
    barrier.reset();
    drop(waits);
    assert_eq!((barrier.n_waiting(), counter.kept()), (0, 0));
}

#[test]
fn tasks_that_give_up_and_come_again_all_meet_in_the_end() {
    everywhere(|| async {
        let barrier = Rc::new(Barrier::new(4));
        let tasks: Vec<_> = (0..4)
            .map(|n| {
                let barrier = barrier.clone();
                spawn(async move {
                    loop {
                        match timeout(Duration::from_millis(3 + n), barrier.wait()).await {
                            Ok(passed) => return passed.unwrap().index(),
                            Err(_) => sleep(Duration::from_millis(n)).await,
                        }
                    }
                })
            })
            .collect();
        yield_now().await;
        let mut places: Vec<_> = join_all(tasks).await.into_iter().map(Result::unwrap).collect();
        places.sort();
        assert_eq!(places, [0, 1, 2, 3]);
    });
}

#[test]
fn trap_38_whatever_is_done_in_whatever_order_the_count_is_that_of_the_model() {
    for seed in 0..100 {
        let mut dice = Dice(seed);
        let (barrier, counter) = (Barrier::new(3), Counter::new());
        // The waiting, by number; and what those are owed who no longer wait.
        let (mut line, mut owed) = (Vec::new(), Vec::new());
        let mut broken = false;
        let mut futures: Vec<(usize, Arrival<'_>)> = Vec::new();
        for number in 0..300 {
            match dice.below(10) {
                0..=4 => {
                    let mut future = barrier.wait();
                    if broken {
                        assert_eq!(counter.ready(&mut future), Err(Broken));
                    } else if line.len() == 2 {
                        assert_eq!(counter.ready(&mut future).unwrap().index(), 2);
                        owed.extend(line.drain(..).enumerate().map(|(place, n)| (n, Ok(place))));
                    } else {
                        assert!(counter.is_pending(&mut future));
                        line.push(number);
                        futures.push((number, future));
                    }
                }
                5..=7 if !futures.is_empty() => {
                    let (n, mut future) = futures.remove(dice.below(futures.len()));
                    if dice.below(2) == 0 {
                        line.retain(|waiting| *waiting != n);
                    } else if let Some((_, got)) = owed.iter().find(|(m, _)| *m == n) {
                        assert_eq!(counter.ready(&mut future).map(|passed| passed.index()), *got);
                    } else {
                        assert!(counter.is_pending(&mut future));
                        futures.push((n, future));
                    }
                }
                8 => {
                    broken = dice.below(2) == 0;
                    if broken {
                        barrier.abort();
                    } else {
                        barrier.reset();
                    }
                    owed.extend(line.drain(..).map(|n| (n, Err(Broken))));
                }
                _ => {
                    broken = false;
                    barrier.reset();
                    owed.extend(line.drain(..).map(|n| (n, Err(Broken))));
                }
            }
            assert_eq!(barrier.n_waiting(), line.len(), "seed {seed}, step {number}");
            assert_eq!(barrier.is_broken(), broken);
        }
        drop(futures);
        assert_eq!((barrier.n_waiting(), counter.kept()), (0, 0));
    }
}

#[test]
fn who_waits_for_the_others_is_named_by_the_stall_report() {
    let report = stall_of(async {
        let _ = Barrier::new(2).wait().await;
    });
    assert!(report.contains("waits for the others at barrier "), "{report}");
}
