//! All of them: `join`, `join_all`, `try_join_all`, `gather`.

use std::cell::Cell;
use std::future::{pending, ready};
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use runtime::{JoinError, gather, join, join_all, now, sleep, spawn, try_join_all, yield_now};

use crate::combinators::{Boxed, holds, run_dry};
use crate::everywhere::everywhere;
use crate::support::leaves::{Event, Log, on_drop, polls};
use crate::support::wakers::Counting;
use crate::support::{panics, text_of};

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

async fn yields(n: usize) {
    for _ in 0..n {
        yield_now().await;
    }
}

#[test]
fn join_gives_both_outputs_and_takes_as_long_as_the_longer() {
    everywhere(|| async {
        let start = now();
        let short = async {
            sleep(ms(10)).await;
            "short"
        };
        let long = async {
            sleep(ms(30)).await;
            7
        };
        assert_eq!(join(long, short).await, (7, "short"));
        assert_eq!(now() - start, ms(30));
        let three = join(ready(1), join(yields(3), ready("three"))).await;
        assert_eq!(three, (1, ((), "three")));
    });
}

#[test]
fn join_polls_neither_side_after_it_was_ready() {
    everywhere(|| async {
        let (a, b) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
        join(polls(yields(2), &a), polls(yields(5), &b)).await;
        assert_eq!((a.get(), b.get()), (3, 6));
    });
}

#[test]
fn join_that_is_dropped_drops_what_waits_and_what_is_ready() {
    let log = Log::new();
    let mut both = join(ready(log.at_drop("output")), holds(log.at_drop("future")));
    assert!(Counting::new().poll(&mut both).is_pending());
    assert!(log.all().is_empty());
    drop(both);
    assert_eq!(log.all(), ["output", "future"]);
}

#[test]
fn a_future_of_a_side_that_is_ready_is_dropped_at_once() {
    let log = Log::new();
    let held = log.at_drop("ready");
    let mut both = join(async move { drop(held) }, pending::<()>());
    assert!(Counting::new().poll(&mut both).is_pending());
    assert_eq!(log.all(), ["ready"]);
}

#[test]
fn a_panic_in_one_side_of_a_join_is_the_tasks() {
    everywhere(|| async {
        let log = Log::new();
        let other = holds(log.at_drop("the other"));
        let task = spawn(async move {
            let fails = async {
                yield_now().await;
                panic!("one side");
            };
            join(other, fails).await;
        });
        let Err(JoinError::Panicked(payload)) = task.await else { panic!("it panicked") };
        assert_eq!(text_of(&*payload), "one side");
        assert_eq!(log.all(), ["the other"]);
    });
}

#[test]
fn join_all_gives_the_outputs_in_the_order_of_the_futures() {
    everywhere(|| async {
        let start = now();
        let slowest_first = (0..20_u64).map(|n| async move {
            sleep(ms(20 - n)).await;
            n
        });
        assert_eq!(join_all(slowest_first).await, (0..20).collect::<Vec<_>>());
        assert_eq!(now() - start, ms(20));
    });
}

#[test]
fn all_of_none_is_ready_at_once() {
    everywhere(|| async {
        assert_eq!(join_all(Vec::<Boxed<()>>::new()).await, []);
        assert_eq!(try_join_all(Vec::<Boxed<Result<(), ()>>>::new()).await, Ok(vec![]));
        assert!(gather(Vec::<Boxed<()>>::new()).await.is_empty());
    });
}

#[test]
fn the_futures_of_join_all_may_borrow_and_may_be_joins_themselves() {
    everywhere(|| async {
        let words = ["a".to_owned(), "bc".to_owned()];
        let lengths = join_all(words.iter().map(|word| async {
            yield_now().await;
            word.len()
        }));
        assert_eq!(lengths.await, [1, 2]);
        let nested = join_all((0..4).map(|n| {
            join_all((0..n).map(|k| async move {
                sleep(ms(k)).await;
                k
            }))
        }));
        assert_eq!(nested.await, [vec![], vec![0], vec![0, 1], vec![0, 1, 2]]);
    });
}

#[test]
fn join_all_that_is_dropped_drops_what_waits_in_order_and_then_the_outputs() {
    let log = Log::new();
    let child = |name: &'static str, ends: bool| {
        let (future, output) = (log.at_drop(format!("future {name}")), log.at_drop(format!("output {name}")));
        let child: Boxed<'_, _> = Box::pin(async move {
            if !ends {
                holds(future).await;
            }
            output
        });
        child
    };
    let mut all = join_all([child("a", false), child("b", true), child("c", false)]);
    assert!(Counting::new().poll(&mut all).is_pending());
    assert_eq!(log.all(), ["future b"], "one that is ready is dropped at once");
    drop(all);
    let mut rest = log.all().split_off(1);
    rest.retain(|what| what.starts_with("future"));
    assert_eq!(rest, ["future a", "future c"]);
    assert_eq!(log.all().len(), 6);
}

#[test]
fn join_all_keeps_no_waker_of_the_task_when_it_is_gone() {
    let (hand, gate) = (Counting::new(), Event::new());
    let mut all = join_all([gate.wait(), gate.wait()].map(Box::pin));
    assert!(hand.poll(&mut all).is_pending());
    assert_eq!((hand.kept(), hand.wakes()), (1, 0));
    drop(all);
    assert_eq!(hand.kept(), 0, "although the gate still has those of the children");
    gate.set();
    assert_eq!(hand.wakes(), 0);
}

#[test]
fn try_join_all_gives_all_or_the_error_that_comes_first_in_time() {
    everywhere(|| async {
        let after = |n: u64, result: Result<u64, &'static str>| async move {
            sleep(ms(n)).await;
            result
        };
        let all_well = [after(3, Ok(1)), after(1, Ok(2)), after(2, Ok(3))];
        assert_eq!(try_join_all(all_well).await, Ok(vec![1, 2, 3]));

        let start = now();
        let two_fail = [after(3, Err("later")), after(1, Ok(2)), after(2, Err("first")), after(9, Ok(4))];
        assert_eq!(try_join_all(two_fail).await, Err("first"));
        assert_eq!(now() - start, ms(2));
    });
}

#[test]
fn try_join_all_drops_the_others_before_it_gives_the_error() {
    let log = Log::new();
    let waits = |name: &'static str| -> Boxed<'_, Result<_, &str>> {
        let held = log.at_drop(name);
        Box::pin(async {
            holds(held).await;
            Ok(())
        })
    };
    let fails: Boxed<'_, Result<(), &str>> = Box::pin(ready(Err("failed")));
    let mut all = try_join_all([waits("a"), fails, waits("b")]);
    assert_eq!(Counting::new().poll(&mut all), Poll::Ready(Err("failed")));
    assert_eq!(log.all(), ["a", "b"]);
    drop(all);
}

#[test]
fn gather_keeps_the_panics_and_the_others_go_on() {
    everywhere(|| async {
        let results = gather((0..6_u64).map(|n| async move {
            sleep(ms(6 - n)).await;
            assert!(n % 3 != 1, "number {n}");
            n
        }));
        let texts: Vec<_> = results
            .await
            .into_iter()
            .map(|result| match result {
                Ok(n) => n.to_string(),
                Err(JoinError::Panicked(payload)) => text_of(&*payload),
                Err(JoinError::Cancelled) => panic!("nobody cancels here"),
            })
            .collect();
        assert_eq!(texts, ["0", "number 1", "2", "3", "number 4", "5"]);
    });
}

#[test]
fn gather_counts_a_destructor_that_panics_as_a_panic_of_its_future() {
    everywhere(|| async {
        let fails_at_the_end: Boxed<'_, u8> = Box::pin({
            let mut polled = false;
            let bomb = on_drop(|| panic!("in the destructor"));
            std::future::poll_fn(move |cx| {
                let _held_until_it_is_dropped = &bomb;
                if std::mem::replace(&mut polled, true) {
                    return Poll::Ready(1);
                }
                cx.waker().wake_by_ref();
                Poll::Pending
            })
        });
        let well: Boxed<'_, u8> = Box::pin(async {
            yields(5).await;
            2
        });
        let results = gather([fails_at_the_end, well]).await;
        let Err(JoinError::Panicked(payload)) = &results[0] else { panic!("it panicked") };
        assert_eq!(text_of(&**payload), "in the destructor");
        assert!(matches!(results[1], Ok(2)));
    });
}

#[test]
fn a_panic_in_a_child_of_join_all_is_the_tasks_and_the_rest_is_dropped() {
    everywhere(|| async {
        let log = Log::new();
        let other: Boxed<'_, ()> = Box::pin(holds(log.at_drop("the other")));
        let task = spawn(join_all([
            other,
            Box::pin(async {
                yield_now().await;
                panic!("a child");
            }),
        ]));
        let Err(JoinError::Panicked(payload)) = task.await else { panic!("it panicked") };
        assert_eq!(text_of(&*payload), "a child");
        assert_eq!(log.all(), ["the other"]);
    });
}

#[test]
fn who_polls_again_after_the_result_or_after_a_panic_is_told_so() {
    let hand = Counting::new();
    let mut both = join(ready(1), ready(2));
    assert_eq!(hand.poll(&mut both), Poll::Ready((1, 2)));
    assert!(panics(|| hand.poll(&mut both)).contains("polled again"));

    let gate = Event::new();
    let fails: Boxed<'_, ()> = Box::pin(async { panic!("a child") });
    let mut all = join_all([fails, Box::pin(gate.wait())]);
    assert_eq!(panics(|| hand.poll(&mut all)), "a child");
    assert!(run_dry(&hand, &mut all).is_pending(), "the other one is unharmed");
    gate.set();
    assert!(
        panics(|| run_dry(&hand, &mut all)).contains("a child panicked"),
        "there is no output in its place"
    );
}
