//! `Barrier`: each round has its own number of tasks and one leader, whoever is aborted or sent away.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use runtime::sync::Barrier;
use runtime::{spawn, yield_now};

use crate::support::{abort_somewhen, in_all_orders, settled};

/// Waits at the barrier, round after round, and checks that nobody is in another round.
async fn go_round(barrier: &Barrier, rounds: usize, seen: &RefCell<Vec<Vec<usize>>>) {
    for round in 0..rounds {
        yield_now().await;
        let came = barrier.wait().await.unwrap();
        assert_eq!(came.is_leader(), came.index() + 1 == barrier.parties());
        let mut seen = seen.borrow_mut();
        seen[round].push(came.index());
        if round > 0 {
            assert_eq!(
                seen[round - 1].len(),
                barrier.parties(),
                "one is in round {round} and not all in the last"
            );
        }
    }
}

fn assert_rounds(seen: &RefCell<Vec<Vec<usize>>>, parties: usize) {
    for round in seen.borrow().iter() {
        let indices: BTreeSet<_> = round.iter().copied().collect();
        assert_eq!(indices, (0..parties).collect(), "each index once, and so one leader");
        assert_eq!(round.len(), parties);
    }
}

#[test]
fn two_tasks_go_round_together() {
    in_all_orders(|| async {
        let (barrier, seen) = (Rc::new(Barrier::new(2)), Rc::new(RefCell::new(vec![Vec::new(); 3])));
        let tasks = [0, 1].map(|_| {
            let (barrier, seen) = (barrier.clone(), seen.clone());
            spawn(async move { go_round(&barrier, 3, &seen).await })
        });
        for task in tasks {
            task.await.unwrap();
        }
        assert_rounds(&seen, 2);
    });
}

#[test]
fn three_tasks_go_round_together() {
    in_all_orders(|| async {
        let (barrier, seen) = (Rc::new(Barrier::new(3)), Rc::new(RefCell::new(vec![Vec::new(); 2])));
        let tasks = [0, 1, 2].map(|_| {
            let (barrier, seen) = (barrier.clone(), seen.clone());
            spawn(async move { go_round(&barrier, 2, &seen).await })
        });
        for task in tasks {
            task.await.unwrap();
        }
        assert_rounds(&seen, 3);
    });
}

#[test]
fn one_that_is_aborted_is_counted_only_if_it_was_one_of_a_round() {
    in_all_orders(|| async {
        let (barrier, log) = (Rc::new(Barrier::new(2)), Rc::new(RefCell::new(Vec::new())));
        let comes = |name: &'static str| {
            let (barrier, log) = (barrier.clone(), log.clone());
            spawn(async move {
                let _gone = Gone(name, log.clone());
                log.borrow_mut().push(("comes", name));
                barrier.wait().await.unwrap();
                log.borrow_mut().push(("passes", name));
            })
        };
        let aborted = comes("aborted");
        settled().await; // it is there
        let tasks = ["a", "b"].map(comes);
        abort_somewhen(&aborted, 3).await.unwrap();
        let _ = aborted.await;
        settled().await;
        let place = |what, name| log.borrow().iter().position(|entry| *entry == (what, name));
        let gone = place("goes", "aborted").unwrap();
        let left_alone = ["a", "b"].into_iter().all(|name| place("comes", name).unwrap() > gone);
        // Who comes after it is gone finds nobody; who came before was its partner, and the other one waits.
        assert_eq!(barrier.n_waiting(), usize::from(!left_alone), "{log:?}");
        if !left_alone {
            barrier.wait().await.unwrap();
        }
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(barrier.n_waiting(), 0);
    });
}

/// Says that a task has ended or was dropped.
struct Gone(&'static str, Rc<RefCell<Vec<(&'static str, &'static str)>>>);

impl Drop for Gone {
    fn drop(&mut self) {
        self.1.borrow_mut().push(("goes", self.0));
    }
}

#[test]
fn a_reset_sends_away_those_who_wait_and_nobody_else() {
    in_all_orders(|| async {
        let barrier = Rc::new(Barrier::new(2));
        let tasks = [0, 1].map(|_| {
            let barrier = barrier.clone();
            spawn(async move { barrier.wait().await.is_ok() })
        });
        let resets = {
            let barrier = barrier.clone();
            spawn(async move {
                let waiting = barrier.n_waiting();
                barrier.reset();
                assert_eq!(barrier.n_waiting(), 0);
                waiting
            })
        };
        let sent_away = resets.await.unwrap();
        if sent_away == 1 {
            // The other of the two needs another partner.
            barrier.wait().await.unwrap();
        }
        let mut through = 0;
        for task in tasks {
            through += usize::from(task.await.unwrap());
        }
        assert_eq!(through, 2 - sent_away);
        assert!(!barrier.is_broken());
    });
}

#[test]
fn after_an_abort_nobody_waits() {
    in_all_orders(|| async {
        let barrier = Rc::new(Barrier::new(3));
        let tasks = [0, 1].map(|_| {
            let barrier = barrier.clone();
            spawn(async move { barrier.wait().await.is_ok() })
        });
        let aborts = {
            let barrier = barrier.clone();
            spawn(async move { barrier.abort() })
        };
        for task in tasks {
            assert!(!task.await.unwrap());
        }
        aborts.await.unwrap();
        assert_eq!((barrier.is_broken(), barrier.n_waiting()), (true, 0));
    });
}
