//! `task_group`: children that borrow, that spawn, that fail; and nothing that outlives the block.

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::future::{pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;
use std::thread;
use std::time::Duration;

use runtime::futures::{Child, RunTaskGroup};
use runtime::{
    Either, JoinError, Task, TaskGroup, dump, now, race, sleep, spawn, task_group, timeout, yield_now,
};

use crate::combinators::{holds, run_dry};
use crate::everywhere::everywhere;
use crate::support::leaves::{Event, Log, Place, on_drop, polls, waits_in};
use crate::support::wakers::Counting;
use crate::support::{panics, text_of};

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// A group whose children do not fail.
type Calm<T> = Result<T, Infallible>;

/// A group whose children fail with a text.
type Said<T> = Result<T, &'static str>;

/// A child that holds `value` and waits for ever.
async fn waits_with<T, E>(value: T) -> Result<(), E> {
    holds(value).await;
    Ok(())
}

#[test]
fn children_borrow_from_outside_the_body_also_mutably() {
    everywhere(|| async {
        let words = ["a".to_owned(), "bc".to_owned(), "def".to_owned()];
        let total = Cell::new(0);
        let mut lengths = vec![0; words.len()];
        let mut longest = String::new();
        let group: Calm<&str> = task_group(async |group| {
            for (word, length) in words.iter().zip(&mut lengths) {
                let total = &total;
                group.spawn(async move {
                    sleep(ms(10 - word.len() as u64)).await;
                    *length = word.len();
                    total.set(total.get() + word.len());
                    Ok(())
                });
            }
            group.spawn(async {
                yield_now().await;
                longest.push_str(words.iter().max_by_key(|word| word.len()).unwrap());
                Ok(())
            });
            Ok("done")
        })
        .await;
        assert_eq!(group, Ok("done"));
        assert_eq!((lengths, total.get(), longest.as_str()), (vec![1, 2, 3], 6, "def"));
    });
}

#[test]
fn the_group_waits_for_all_whoever_ends_last() {
    everywhere(|| async {
        for (body, child) in [(1, 5), (5, 1), (3, 3), (0, 2), (2, 0)] {
            let start = now();
            let ended = Cell::new(0);
            let group: Calm<_> = task_group(async |group| {
                for n in 0..3 {
                    let ended = &ended;
                    group.spawn(async move {
                        sleep(ms(child + n)).await;
                        ended.set(ended.get() + 1);
                        Ok(())
                    });
                }
                sleep(ms(body)).await;
                Ok(now() - start)
            })
            .await;
            assert_eq!(group, Ok(ms(body)));
            assert_eq!((ended.get(), now() - start), (3, ms(body.max(child + 2))));
        }
        assert_eq!(task_group(async |_group| Calm::Ok(7)).await, Ok(7), "a group of the body alone");
    });
}

#[test]
fn the_handle_of_a_child_gives_its_output_to_the_body_and_to_other_children() {
    everywhere(|| async {
        let group: Calm<_> = task_group(async |group| {
            let slow = group.spawn(async {
                sleep(ms(2)).await;
                Ok(40)
            });
            let sum = group.spawn(async move { Ok(slow.await + 2) });
            let mut ready = group.spawn(async { Ok("ready before it is awaited") });
            assert_eq!((sum.number(), ready.number()), (2, 3));
            assert!(!ready.is_finished());
            sleep(ms(1)).await;
            assert!(ready.is_finished());
            let text = (&mut ready).await;
            assert!(panics(|| Counting::new().poll(&mut ready)).contains("has given it already"));
            Ok((sum.await, text))
        })
        .await;
        assert_eq!(group, Ok((42, "ready before it is awaited")));
    });
}

#[test]
fn a_child_is_woken_for_when_its_future_is_gone() {
    everywhere(|| async {
        let log = Log::new();
        let group: Calm<_> = task_group(async |group| {
            let held = log.at_drop("gone");
            let child = group.spawn(async move {
                let _held = held;
                yield_now().await;
                Ok(())
            });
            child.await;
            log.add("awaited");
            Ok(())
        })
        .await;
        assert_eq!((group, log.all()), (Ok(()), vec!["gone".to_owned(), "awaited".to_owned()]));
    });
}

#[test]
fn the_first_error_of_a_child_cancels_body_and_children_the_oldest_first() {
    everywhere(|| async {
        let log = Log::new();
        let start = now();
        let group: Said<()> = task_group(async |group| {
            let _body = log.at_drop("body");
            let short = group.spawn(async { Ok(()) });
            for n in 1..=3 {
                let held = log.at_drop(n.to_string());
                group.spawn(waits_with(held));
            }
            short.await;
            // Has the place in the engine of the one that is gone, and is the youngest all the same.
            let last = log.at_drop("last");
            group.spawn(waits_with(last));
            group.spawn(async {
                sleep(ms(2)).await;
                Err::<(), _>("first")
            });
            group.spawn(async {
                sleep(ms(3)).await;
                Err::<(), _>("second")
            });
            pending().await
        })
        .await;
        log.add("the parent goes on");
        assert_eq!((group, now() - start), (Err("first"), ms(2)));
        assert_eq!(log.all(), ["body", "1", "2", "3", "last", "the parent goes on"]);
    });
}

#[test]
fn an_error_of_the_body_cancels_the_children() {
    everywhere(|| async {
        let log = Log::new();
        let group: Said<()> = task_group(async |group| {
            let (polled, new) = (log.at_drop("was polled"), log.at_drop("was not polled"));
            group.spawn(waits_with(polled));
            sleep(ms(1)).await;
            let log = &log;
            group.spawn(async move {
                log.add("never");
                drop(new);
                Ok(())
            });
            let early: Said<()> = Err("returned early");
            early?;
            unreachable!("the question mark has returned");
        })
        .await;
        assert_eq!(
            (group, log.all()),
            (Err("returned early"), ["was polled", "was not polled"].map(str::to_owned).into())
        );
    });
}

#[test]
fn the_output_of_a_body_that_ended_before_a_child_failed_is_dropped() {
    everywhere(|| async {
        let log = Log::new();
        let mut group = Box::pin(task_group(async |group| {
            group.spawn(async {
                sleep(ms(1)).await;
                Err::<(), _>("later")
            });
            Said::Ok(log.at_drop("output"))
        }));
        assert_eq!((&mut group).await.err(), Some("later"));
        assert_eq!(log.all(), ["output"]);
        assert!(panics(|| Counting::new().poll(&mut group)).contains("polled again"));
    });
}

#[test]
fn a_panic_of_a_child_is_raised_in_the_parent_after_the_rest_was_dropped() {
    everywhere(|| async {
        let log = Log::new();
        let parent = spawn({
            let log = log.clone();
            async move {
                let _parent = log.at_drop("parent");
                let _ended: Calm<()> = task_group(async |group| {
                    let _body = log.at_drop("body");
                    let held = log.at_drop("child");
                    group.spawn(waits_with(held));
                    group.spawn(async {
                        yield_now().await;
                        let _panicked = log.at_drop("panicked");
                        if true {
                            panic!("a child");
                        }
                        Ok(())
                    });
                    pending().await
                })
                .await;
                log.add("never");
            }
        });
        let Err(JoinError::Panicked(payload)) = parent.await else { panic!("it panicked") };
        assert_eq!(text_of(&*payload), "a child");
        assert_eq!(log.all(), ["panicked", "body", "child", "parent"]);
    });
}

#[test]
fn a_panic_of_the_body_is_raised_in_the_parent_too() {
    everywhere(|| async {
        let log = Log::new();
        let mut group = Box::pin(task_group(async |group| {
            let held = log.at_drop("child");
            group.spawn(waits_with(held));
            if true {
                panic!("the body");
            }
            Calm::Ok(())
        }));
        let hand = Counting::new();
        assert_eq!(panics(|| run_dry(&hand, &mut group)), "the body");
        assert_eq!(log.all(), ["child"]);
    });
}

#[test]
fn a_destructor_that_panics_lets_the_others_be_dropped_and_is_then_raised() {
    everywhere(|| async {
        let run = |log: &Log, fails: bool| {
            let bomb = || on_drop(|| panic!("a destructor"));
            let (first, second) = ((log.at_drop("1"), bomb()), (bomb(), log.at_drop("2")));
            let group = Box::pin(task_group(async move |group: TaskGroup<'_, &str>| {
                group.spawn(waits_with(first));
                group.spawn(waits_with(second));
                yield_now().await;
                yield_now().await;
                if !fails {
                    pending::<()>().await;
                }
                Err::<(), _>("failed")
            }));
            let (hand, mut group) = (Counting::new(), group);
            let text = panics(move || {
                let _pending = run_dry(&hand, &mut group);
                drop(group);
            });
            assert_eq!(text, "a destructor");
        };
        for fails in [true, false] {
            let log = Log::new();
            run(&log, fails);
            assert_eq!(log.all(), ["1", "2"]);
        }
    });
}

#[test]
fn a_destructor_that_panics_while_the_parent_panics_does_not_end_the_process() {
    everywhere(|| async {
        let parent = spawn(async {
            let mut group = Box::pin(task_group(async |group| {
                let bomb = on_drop(|| panic!("a destructor"));
                group.spawn(waits_with(bomb));
                pending::<Calm<()>>().await
            }));
            assert!(run_dry(&Counting::new(), &mut group).is_pending());
            panic!("the parent");
        });
        let Err(JoinError::Panicked(payload)) = parent.await else { panic!("it panicked") };
        assert_eq!(text_of(&*payload), "the parent");
    });
}

#[test]
fn a_group_that_is_dropped_in_the_middle_drops_body_and_children() {
    everywhere(|| async {
        let log = Log::new();
        let group = task_group(async |group| {
            let _body = log.at_drop("body");
            for n in 1..=3 {
                let held = log.at_drop(n.to_string());
                group.spawn(waits_with(held));
            }
            sleep(ms(1)).await;
            let new = log.at_drop("never polled");
            group.spawn(async move {
                drop(new);
                Ok(())
            });
            pending::<Calm<()>>().await
        });
        assert!(timeout(ms(1), group).await.is_err());
        log.add("the parent goes on");
        assert_eq!(log.all()[..4], ["body", "1", "2", "3"]);
        assert_eq!(log.all()[4..].last().unwrap(), "the parent goes on");
        let never_polled = task_group(async |_group| {
            log.add("never");
            Calm::Ok(())
        });
        drop(never_polled);
        assert!(!log.all().contains(&"never".to_owned()));
    });
}

#[test]
fn children_spawn_children_which_the_group_waits_for_as_well() {
    everywhere(|| async {
        fn visit<'env>(
            depth: u32,
            leaves: &'env Cell<u32>,
            group: TaskGroup<'env, Infallible>,
        ) -> Pin<Box<dyn Future<Output = Calm<()>> + 'env>> {
            Box::pin(async move {
                if depth == 0 {
                    leaves.set(leaves.get() + 1);
                    return Ok(());
                }
                for n in 0..2 {
                    group.spawn(visit(depth - 1, leaves, group.clone()));
                    sleep(ms(n * u64::from(depth))).await;
                }
                Ok(())
            })
        }
        let leaves = Cell::new(0);
        let group = task_group(async |group| {
            group.spawn(visit(6, &leaves, group.clone()));
            Ok("the body has ended")
        });
        assert_eq!(group.await, Ok("the body has ended"));
        assert_eq!(leaves.get(), 64);
    });
}

#[test]
fn groups_nest_and_an_inner_error_is_the_outer_ones_if_it_is_handed_on() {
    everywhere(|| async {
        let log = Log::new();
        let inner_fails = || {
            task_group(async |inner| {
                let held = log.at_drop("inner child");
                inner.spawn(waits_with(held));
                sleep(ms(1)).await;
                Said::<u8>::Err("inner")
            })
        };
        let outer: Said<_> = task_group(async |outer| {
            let kept = outer.spawn(async { Ok(inner_fails().await) });
            assert_eq!(kept.await, Err("inner"));
            let held = log.at_drop("outer child");
            outer.spawn(waits_with(held));
            outer.spawn(async { inner_fails().await });
            Ok(())
        })
        .await;
        assert_eq!(outer, Err("inner"));
        assert_eq!(log.all(), ["inner child", "inner child", "outer child"]);
    });
}

#[test]
fn a_child_that_comes_when_the_group_is_over_is_dropped_at_once() {
    everywhere(|| async {
        let log = Log::new();
        // It holds a way in itself: if it stayed on the list, nobody would ever drop it.
        let late = |log: &Log, group: &TaskGroup<'static, Infallible>| -> Child<()> {
            let (log, held) = (log.clone(), (log.at_drop("dropped"), group.clone()));
            group.spawn(async move {
                log.add("never");
                drop(held);
                Ok(())
            })
        };
        // After the end, whether or not the future of the group is gone.
        let mut run = Box::pin(task_group(async |group: TaskGroup<'static, Infallible>| Ok(group)));
        let Ok(group) = (&mut run).await;
        let mut child = late(&log, &group);
        assert_eq!(log.all(), ["dropped"]);
        assert!(child.is_finished());
        assert!(panics(|| Counting::new().poll(&mut child)).contains("was cancelled with the group"));
        drop(run);
        let _child = late(&log, &group);
        assert_eq!(log.all(), ["dropped"; 2]);
        // From a destructor of one that is being cancelled.
        let noted = log.clone();
        let run: RunTaskGroup<'_, (), _> = task_group(async move |group: TaskGroup<'static, Infallible>| {
            let (spawner, log) = (group.clone(), noted.clone());
            let spawns = on_drop(move || drop(late(&log, &spawner)));
            group.spawn(waits_with(spawns));
            pending().await
        });
        assert!(timeout(ms(1), run).await.is_err());
        assert_eq!(log.all(), ["dropped"; 3]);
    });
}

#[test]
fn whoever_outside_waits_for_a_child_that_is_cancelled_is_told_so() {
    everywhere(|| async {
        let (sender, receiver) = runtime::sync::oneshot::channel();
        let outside = spawn(async {
            let child: Child<()> = receiver.await.unwrap();
            child.await;
        });
        let group: Said<()> = task_group(async |group: TaskGroup<'static, _>| {
            let child = group.spawn(pending());
            assert!(sender.send(child).is_ok());
            sleep(ms(1)).await;
            Err("failed")
        })
        .await;
        assert_eq!(group, Err("failed"));
        let Err(JoinError::Panicked(payload)) = outside.await else { panic!("it panicked") };
        assert!(text_of(&*payload).contains("child 1 of a task group has no output"));
    });
}

#[test]
fn another_task_may_spawn_into_the_group_and_wakes_it() {
    everywhere(|| async {
        let done = Rc::new(Cell::new(false));
        let outside = done.clone();
        let group: Calm<()> = task_group(async move |group: TaskGroup<'static, _>| {
            let way_in = group.clone();
            let (sender, receiver) = runtime::sync::oneshot::channel();
            spawn(async move {
                sleep(ms(5)).await;
                way_in.spawn(async move {
                    done.set(true);
                    let _gone = sender.send(());
                    Ok(())
                });
            });
            receiver.await.expect("the child sends");
            Ok(())
        })
        .await;
        assert_eq!((group, outside.get()), (Ok(()), true));
    });
}

#[test]
fn trap_05_a_late_wake_of_a_child_that_is_gone_does_not_poll_the_one_in_its_place() {
    let (hand, place, next, count) = (Counting::new(), Place::new(), Event::new(), Rc::new(Cell::new(0)));
    let mut group = Box::pin(task_group(async |group| {
        let first = group.spawn(async {
            let mut polled = false;
            poll_fn(|cx| {
                place.keep(cx);
                cx.waker().wake_by_ref();
                if std::mem::replace(&mut polled, true) { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
            Ok(())
        });
        first.await;
        for _ in 0..3 {
            let child = pending::<Calm<()>>();
            group.spawn(polls(child, &count));
        }
        next.wait().await;
        Calm::Ok(())
    }));
    assert!(run_dry(&hand, &mut group).is_pending());
    assert_eq!(count.get(), 3);
    for _ in 0..3 {
        place.wake();
        thread::scope(|scope| scope.spawn(|| place.wake()).join().unwrap());
        assert!(run_dry(&hand, &mut group).is_pending());
        assert_eq!(count.get(), 3);
    }
}

#[test]
fn trap_11_a_group_and_its_children_do_not_keep_each_other() {
    let alive = Rc::new(());
    let hand = Counting::new();
    for polled in [false, true] {
        let mut group = Box::pin(task_group(async |group| {
            for _ in 0..3 {
                let (way_in, held) = (group.clone(), alive.clone());
                group.spawn(waits_with((way_in, held)));
            }
            pending::<Calm<()>>().await
        }));
        if polled {
            // The children are on the list, and not yet in the engine.
            assert!(hand.poll(&mut group).is_pending());
            assert_eq!(Rc::strong_count(&alive), 4);
        }
        drop(group);
        assert_eq!((Rc::strong_count(&alive), hand.kept()), (1, 0));
    }
}

#[test]
fn trap_11_nor_do_they_where_a_child_spawns_another_as_it_is_dropped() {
    let alive = Rc::new(());
    let hand = Counting::new();
    let mut group = Box::pin(task_group(async |group| {
        let (way_in, held) = (group.clone(), alive.clone());
        let spawns = on_drop(move || drop(way_in.spawn(waits_with((way_in.clone(), held)))));
        group.spawn(waits_with(spawns));
        pending::<Calm<()>>().await
    }));
    assert!(hand.poll(&mut group).is_pending());
    drop(group);
    assert_eq!(Rc::strong_count(&alive), 1);
}

#[test]
fn trap_39_ten_thousand_children_cost_linearly_many_polls() {
    const N: usize = 10_000;
    let count = Rc::new(Cell::new(0));
    let group = runtime::block_on(task_group(async |group| {
        let children: Vec<_> = (0..N)
            .map(|n| {
                let child = async move {
                    yield_now().await;
                    Calm::Ok(n)
                };
                group.spawn(polls(child, &count))
            })
            .collect();
        let mut sum = 0;
        for child in children {
            sum += child.await;
        }
        Calm::Ok(sum)
    }));
    assert_eq!(group, Ok(N * (N - 1) / 2));
    assert_eq!(count.get(), 2 * N);
}

#[test]
fn a_group_may_run_for_ever_with_children_that_come_and_go() {
    everywhere(|| async {
        let (now_alive, most) = (Cell::new(0), Cell::new(0));
        let served: Said<()> = task_group(async |group| {
            let (now_alive, most) = (&now_alive, &most);
            for n in 0..100 {
                group.spawn(async move {
                    now_alive.set(now_alive.get() + 1);
                    most.set(most.get().max(now_alive.get()));
                    sleep(ms(n % 7)).await;
                    now_alive.set(now_alive.get() - 1);
                    Ok(())
                });
                sleep(ms(1)).await;
            }
            Err("closing time")
        })
        .await;
        assert_eq!(served, Err("closing time"));
        assert!((3..=7).contains(&most.get()), "{}", most.get());
    });
}

#[test]
fn a_group_under_a_race_is_a_future_like_any_other() {
    everywhere(|| async {
        let stopped = Cell::new(0);
        let serve = task_group(async |group| {
            for _ in 0..3 {
                let at_the_end = on_drop(|| stopped.set(stopped.get() + 1));
                group.spawn(waits_with(at_the_end));
            }
            pending::<Calm<()>>().await
        });
        assert!(matches!(race(serve, sleep(ms(3))).await, Either::Right(())));
        assert_eq!(stopped.get(), 3);
    });
}

#[test]
fn the_dump_and_debug_tell_of_the_children() {
    everywhere(|| async {
        let task = Task::new().name("parent").spawn(async {
            let _ended: Calm<()> = task_group(async |group| {
                group.spawn(sleep_for_an_hour());
                pending().await
            })
            .await;
        });
        for _ in 0..20 {
            yield_now().await;
        }
        let parent = dump().tasks.into_iter().find(|task| task.name.as_deref() == Some("parent")).unwrap();
        let text = parent.state.to_string();
        assert!(text.contains("2 futures inside it, 1 of them lost") && text.contains("group.rs"), "{text}");
        task.abort();

        let place = Place::new();
        let mut group = Box::pin(task_group(async |group| {
            group.spawn_named("the sleeper", sleep_for_an_hour());
            let place = &place;
            group.spawn(async move {
                waits_in(place).await;
                Ok(())
            });
            pending::<Calm<()>>().await
        }));
        assert!(run_dry(&Counting::new(), &mut group).is_pending());
        let text = format!("{group:?}");
        let about_body = text.find(r#"number: 0, name: Some("body")"#);
        let about_sleeper = text.find(r#"number: 1, name: Some("the sleeper")"#);
        let about_other = text.find("number: 2, name: None");
        assert!(about_body < about_sleeper && about_sleeper < about_other && about_body.is_some(), "{text}");
        assert!(
            text.contains("waits_for: a time") && text.contains("group.rs:") && text.contains("polls: 1"),
            "{text}"
        );
    });
}

async fn sleep_for_an_hour() -> Calm<()> {
    sleep(Duration::from_secs(3600)).await;
    Ok(())
}

#[test]
fn random_trees_of_children_leave_nothing_behind_however_they_end() {
    // Each node sleeps, spawns, fails or panics as its number says; whatever happens, all that began has ended.
    fn node<'env>(
        n: u64,
        depth: u32,
        alive: &'env RefCell<Vec<u64>>,
        group: TaskGroup<'env, u64>,
    ) -> Pin<Box<dyn Future<Output = Result<(), u64>> + 'env>> {
        alive.borrow_mut().push(n);
        let gone = on_drop(move || alive.borrow_mut().retain(|kept| *kept != n));
        Box::pin(async move {
            let _gone = gone;
            for k in 1..=3 {
                let child = n * 5 + k;
                if depth > 0 && !child.is_multiple_of(4) {
                    group.spawn(node(child, depth - 1, alive, group.clone()));
                }
                if !n.is_multiple_of(3) {
                    sleep(ms(n % 4)).await;
                }
            }
            match n % 97 {
                13 => Err(n),
                14 => panic!("node {n}"),
                _ => Ok(()),
            }
        })
    }
    let ends = RefCell::new([0; 3]);
    everywhere(|| async {
        for root in 0..25 {
            let alive = RefCell::new(Vec::new());
            let mut group = Box::pin(task_group(async |group| node(root, 4, &alive, group).await));
            let caught = poll_fn(|cx| {
                let polled = catch_unwind(AssertUnwindSafe(|| group.as_mut().poll(cx)));
                polled.map_or_else(|payload| Poll::Ready(Err(payload)), |polled| polled.map(Ok))
            });
            let end = match caught.await {
                Ok(Ok(())) => 0,
                Ok(Err(_)) => 1,
                Err(_) => 2,
            };
            ends.borrow_mut()[end] += 1;
            assert_eq!(*alive.borrow(), [0; 0]);
        }
    });
    assert!(ends.borrow().iter().all(|times| *times > 0), "{ends:?}: not every end was met");
}
