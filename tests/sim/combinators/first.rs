//! `race`, `race_all`, `as_completed`: the first output, or each as it comes.

use std::cell::RefCell;
use std::future::pending;
use std::rc::Rc;

use runtime::sync::{Mutex, mpsc, oneshot};
use runtime::{Either, as_completed, race, race_all, spawn, yield_now};

use crate::support::{Drops, abort_somewhen, in_all_orders};

#[test]
fn one_wins_and_the_other_is_dropped_before_anybody_goes_on() {
    in_all_orders(|| async {
        let drops = Drops::default();
        let [a, b] = [1, 2].map(|n| {
            let kept = drops.value();
            let task = spawn(async move {
                yield_now().await;
                n
            });
            async move {
                let _kept = kept;
                task.await.unwrap()
            }
        });
        let won = race(a, b).await;
        assert!(matches!(won, Either::Left(1) | Either::Right(2)));
        drops.balance();
        crate::support::settled().await; // the loser's task goes on to its end
    });
}

#[test]
fn the_first_of_many_wins_and_the_others_are_dropped() {
    in_all_orders(|| async {
        let drops = Drops::default();
        let (sender, receiver) = oneshot::channel();
        let task = spawn(async move { sender.send(0) });
        let mut receiver = Some(receiver);
        let (number, output) = {
            let futures = (0..3).map(|n| {
                let (kept, receiver) = (drops.value(), receiver.take());
                async move {
                    let _kept = kept;
                    match (n, receiver) {
                        (0, Some(receiver)) => receiver.await.unwrap_or(9),
                        (1, _) => {
                            yield_now().await;
                            1
                        }
                        _ => pending().await,
                    }
                }
            });
            race_all(futures).await
        };
        assert_eq!(number, output);
        drops.balance();
        let _ = task.await.unwrap();
    });
}

#[test]
fn each_comes_once_and_in_the_order_in_which_they_ended() {
    in_all_orders(|| async {
        let ended = Rc::new(RefCell::new(Vec::new()));
        let mut all = as_completed((0..3).map(|n| {
            let ended = ended.clone();
            async move {
                for _ in 0..n % 2 {
                    yield_now().await;
                }
                ended.borrow_mut().push(n);
                n
            }
        }));
        let mut came = Vec::new();
        while let Some((number, n)) = all.next().await {
            assert_eq!(number, n);
            came.push(n);
        }
        assert_eq!(came, *ended.borrow());
        assert_eq!(came.len(), 3);
    });
}

#[test]
fn a_next_that_is_given_up_loses_nothing() {
    in_all_orders(|| async {
        let mut all = as_completed((0..3).map(|n| async move {
            yield_now().await;
            n
        }));
        let mut came = Vec::new();
        loop {
            match race(all.next(), yield_now()).await {
                Either::Left(Some((_, n))) => came.push(n),
                Either::Left(None) => break,
                Either::Right(()) => {}
            }
        }
        came.sort_unstable();
        assert_eq!(came, [0, 1, 2]);
    });
}

#[test]
fn more_that_join_while_others_run_come_too() {
    in_all_orders(|| async {
        let drops = Drops::default();
        let work = |n: usize| {
            let kept = drops.value();
            async move {
                let _kept = kept;
                yield_now().await;
                n
            }
        };
        let mut all = as_completed([0, 1].map(work));
        let mut came = vec![all.next().await.unwrap().1];
        assert_eq!(all.push(work(2)), 2);
        while let Some((_, n)) = all.next().await {
            came.push(n);
        }
        came.sort_unstable();
        assert_eq!(came, [0, 1, 2]);
        drops.balance();
    });
}

#[test]
fn a_race_that_is_aborted_gives_back_what_its_sides_had() {
    in_all_orders(|| async {
        let mutex = Rc::new(Mutex::new(()));
        let (sender, mut receiver) = mpsc::channel(1);
        let racer = {
            let mutex = mutex.clone();
            spawn(async move {
                match race(mutex.lock(), receiver.recv()).await {
                    Either::Left(_held) => yield_now().await,
                    Either::Right(_) => {}
                }
            })
        };
        let holder = {
            let mutex = mutex.clone();
            spawn(async move {
                let _held = mutex.lock().await;
                yield_now().await;
                let _ = sender.try_send(());
            })
        };
        let aborter = abort_somewhen(&racer, 3);
        holder.await.unwrap();
        aborter.await.unwrap();
        let _ = racer.await;
        assert!(mutex.try_lock().is_some());
    });
}
