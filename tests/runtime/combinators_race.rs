//! The first of them, or one after the other: `race`, `race_all`, `as_completed`, `timeout`.

use std::cell::Cell;
use std::future::{pending, poll_fn, ready};
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use runtime::{
    Builder, Clock, Either, Elapsed, JoinError, Task, as_completed, dump, join, now, race, race_all, sleep,
    spawn, timeout, timeout_at, waiting_on, yield_now,
};

use crate::combinators::{Boxed, holds};
use crate::everywhere::everywhere;
use crate::support::leaves::{Event, Log};
use crate::support::wakers::Counting;
use crate::support::{panics, text_of};

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

#[test]
fn race_gives_the_first_in_time_and_drops_the_other_before_that() {
    everywhere(|| async {
        let log = Log::new();
        let start = now();
        let won = race(sleep(ms(2)), holds(log.at_drop("right"))).await;
        log.add("left has won");
        assert_eq!(won, Either::Left(()));
        let loser = async {
            holds(log.at_drop("left")).await;
        };
        let winner = async {
            sleep(ms(1)).await;
            7
        };
        assert_eq!(race(loser, winner).await, Either::Right(7));
        assert_eq!(log.all(), ["right", "left has won", "left"]);
        assert_eq!(now() - start, ms(3));
    });
}

#[test]
fn race_drops_the_loser_at_once_also_where_the_race_lives_on() {
    let log = Log::new();
    let hand = Counting::new();
    let mut both = race(ready(1), holds(log.at_drop("loser")));
    assert_eq!(hand.poll(&mut both), Poll::Ready(Either::Left(1)));
    assert_eq!(log.all(), ["loser"]);
    assert!(panics(|| hand.poll(&mut both)).contains("polled again"));
}

#[test]
fn trap_41_where_both_are_ready_both_win_equally_often() {
    everywhere(|| async {
        let mut left = [0; 3];
        for _ in 0..100 {
            // Three races in one loop: a side that simply alternates would give each of them always the same.
            left[0] += usize::from(race(ready(()), ready(())).await == Either::Left(()));
            left[1] += usize::from(race(yield_now(), yield_now()).await == Either::Left(()));
            left[2] += usize::from(race(sleep(ms(1)), sleep(ms(1))).await == Either::Left(()));
        }
        for left in left {
            assert!((40..=60).contains(&left), "the first won {left} times of 100");
        }
    });
}

#[test]
fn trap_41_of_many_that_are_ready_each_wins_equally_often() {
    everywhere(|| async {
        let mut wins = [0; 5];
        for _ in 0..500 {
            let (first, ()) = race_all([(); 5].map(ready)).await;
            wins[first] += 1;
            race(ready(()), ready(())).await;
        }
        assert!(wins.iter().all(|wins| (80..=120).contains(wins)), "{wins:?} of 500");
    });
}

#[test]
fn the_winners_are_the_same_in_each_run() {
    let winners = || {
        let runtime = Builder::new().clock(Clock::Virtual).build().unwrap();
        runtime.block_on(async {
            let mut winners = Vec::new();
            for _ in 0..20 {
                winners.push(race(ready(()), ready(())).await == Either::Left(()));
                winners.push(race_all([(); 2].map(ready)).await.0 == 0);
            }
            winners
        })
    };
    assert_eq!(winners(), winners());
}

#[test]
fn race_all_gives_the_first_with_its_number_and_drops_the_others_before_that() {
    everywhere(|| async {
        let log = Log::new();
        let start = now();
        let runner = |n: u64| {
            let held = log.at_drop(n.to_string());
            async move {
                sleep(ms(n)).await;
                drop(held);
                n
            }
        };
        assert_eq!(race_all([30, 10, 20].map(runner)).await, (1, 10));
        assert_eq!(log.all(), ["10", "30", "20"]);
        assert_eq!(now() - start, ms(10));
    });
}

#[test]
fn race_all_of_none_panics_where_it_is_called() {
    let text = panics(|| drop(race_all(Vec::<Boxed<()>>::new())));
    assert!(text.contains("no futures"), "{text}");
}

#[test]
fn as_completed_gives_each_output_when_it_is_ready() {
    everywhere(|| async {
        let start = now();
        let mut sleeps = as_completed([5, 1, 4, 2, 3].map(|n| async move {
            sleep(ms(n)).await;
            n
        }));
        for (n, number) in [(1, 1), (2, 3), (3, 4), (4, 2), (5, 0)] {
            assert_eq!(sleeps.left(), 6 - n as usize);
            assert_eq!(sleeps.next().await, Some((number, n)));
            assert_eq!(now() - start, ms(n));
        }
        assert_eq!(sleeps.next().await, None);
        assert_eq!(sleeps.next().await, None);
        assert_eq!(as_completed(Vec::<Boxed<()>>::new()).next().await, None);
    });
}

#[test]
fn as_completed_loses_nothing_when_next_is_dropped() {
    everywhere(|| async {
        let gates: Vec<Event> = (0..10).map(|_| Event::new()).collect();
        let mut all = as_completed(gates.iter().map(Event::wait));
        let opener = spawn({
            let gates = gates.clone();
            async move {
                for gate in gates {
                    sleep(ms(3)).await;
                    gate.set();
                }
            }
        });
        let mut order = Vec::new();
        while all.left() > 0 {
            // Cut off more often than not, also in the very turn in which a gate was opened.
            if let Ok(Some((number, ()))) = timeout(ms(1), all.next()).await {
                order.push(number);
            }
        }
        assert_eq!(order, (0..10).collect::<Vec<_>>());
        opener.await.unwrap();
    });
}

#[test]
fn trap_06_as_completed_wakes_who_polled_last() {
    let gates = [Event::new(), Event::new()];
    let mut all = as_completed(gates.iter().map(|gate| Box::pin(gate.wait())));
    let (first, second) = (Counting::new(), Counting::new());
    assert!(first.poll(&mut all.next()).is_pending());
    assert!(second.poll(&mut all.next()).is_pending());
    assert_eq!((first.kept(), second.kept()), (0, 1));
    gates[1].set();
    assert_eq!((first.wakes(), second.wakes()), (0, 1));
    assert_eq!(first.poll(&mut all.next()), Poll::Ready(Some((1, ()))));
    assert!(first.poll(&mut all.next()).is_pending());
    gates[0].set();
    assert_eq!((first.wakes(), second.wakes()), (1, 1));
}

#[test]
fn as_completed_outlives_a_panic_of_one() {
    let hand = Counting::new();
    let child = |n: usize| async move {
        assert!(n != 1, "number {n}");
        n
    };
    let mut all = as_completed((0..3).map(child));
    assert_eq!(hand.poll(&mut all.next()), Poll::Ready(Some((0, 0))));
    assert_eq!(panics(|| hand.poll(&mut all.next())), "number 1");
    assert_eq!(hand.poll(&mut all.next()), Poll::Ready(Some((2, 2))));
    assert_eq!(hand.poll(&mut all.next()), Poll::Ready(None));
}

#[test]
fn as_completed_that_is_dropped_drops_what_is_left() {
    let log = Log::new();
    let mut all = as_completed(["a", "b", "c"].map(|name| {
        let held = log.at_drop(name);
        async move {
            if name != "b" {
                holds(held).await;
            }
        }
    }));
    assert_eq!(Counting::new().poll(&mut all.next()), Poll::Ready(Some((1, ()))));
    assert_eq!(log.all(), ["b"]);
    drop(all);
    assert_eq!(log.all(), ["b", "a", "c"]);
}

#[test]
fn timeout_gives_the_output_also_where_the_time_is_up_in_the_same_poll() {
    everywhere(|| async {
        let start = now();
        assert_eq!(timeout(ms(5), sleep(ms(4))).await, Ok(()));
        assert_eq!(timeout(ms(5), sleep(ms(5))).await, Ok(()));
        assert_eq!(timeout(ms(5), sleep(ms(6))).await, Err(Elapsed));
        assert_eq!(timeout_at(start, ready(1)).await, Ok(1));
        assert_eq!(timeout_at(start, pending::<()>()).await, Err(Elapsed));
        assert_eq!(now() - start, ms(14));
    });
}

#[test]
fn timeout_drops_the_future_before_it_says_that_the_time_is_up() {
    everywhere(|| async {
        let log = Log::new();
        let mut late = timeout(ms(1), holds(log.at_drop("dropped")));
        assert_eq!((&mut late).await, Err(Elapsed));
        assert_eq!(log.all(), ["dropped"]);
        assert!(panics(|| Counting::new().poll(&mut late)).contains("polled again"));
    });
}

#[test]
fn the_dump_tells_what_is_waited_for_inside_a_timeout_and_at_a_race() {
    everywhere(|| async {
        let printer = || {
            poll_fn(|_| -> Poll<()> {
                waiting_on("the printer");
                Poll::Pending
            })
        };
        let limited = Task::new().name("limited").spawn(timeout(ms(1), printer()));
        let unlabelled = Task::new().name("unlabelled").spawn(timeout(ms(1), pending::<()>()));
        let raced = Task::new().name("raced").spawn(race(pending::<()>(), yield_then_wait()));
        for _ in 0..20 {
            yield_now().await;
        }
        let state = |name: &str| {
            let task = dump().tasks.into_iter().find(|task| task.name.as_deref() == Some(name)).unwrap();
            task.state.to_string()
        };
        assert!(state("limited").contains("the printer"), "{}", state("limited"));
        assert!(state("unlabelled").contains("a time"), "{}", state("unlabelled"));
        assert!(state("raced").contains("a message"), "{}", state("raced"));
        raced.abort();
        assert_eq!(join(limited, unlabelled).await.0.unwrap(), Err(Elapsed));
    });
}

async fn yield_then_wait() {
    yield_now().await;
    let (_sender, receiver) = runtime::sync::oneshot::channel::<()>();
    let _closed = receiver.await;
}

#[test]
fn a_panic_in_one_side_of_a_race_is_the_tasks() {
    everywhere(|| async {
        let task = spawn(race(pending::<()>(), async {
            yield_now().await;
            panic!("one side");
        }));
        let Err(JoinError::Panicked(payload)) = task.await else { panic!("it panicked") };
        assert_eq!(text_of(&*payload), "one side");
    });
}

#[test]
fn a_combinator_is_small_whatever_the_size_of_its_futures() {
    async fn large() -> u8 {
        let much = [1; 1024];
        yield_now().await;
        much[7]
    }
    assert!(size_of_val(&large()) >= 1024);
    let second = Duration::from_secs(1);
    let nested = timeout(second, timeout(second, timeout(second, timeout(second, large()))));
    for (what, size) in [
        ("timeout", size_of_val(&timeout(second, large()))),
        ("four timeouts", size_of_val(&nested)),
        ("race", size_of_val(&race(large(), large()))),
        ("join", size_of_val(&join(large(), large()))),
    ] {
        assert!(size <= 64, "{what}: {size} bytes");
    }
    let done = Rc::new(Cell::new(0));
    everywhere(|| async {
        let second = Duration::from_secs(1);
        let nested = timeout(second, timeout(second, timeout(second, timeout(second, large()))));
        assert_eq!(nested.await, Ok(Ok(Ok(Ok(1)))));
        done.set(done.get() + 1);
    });
    assert_eq!(done.get(), 101);
}
