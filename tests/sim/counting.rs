//! That no order is left out and none is run twice: in programs so small that the number of their orders is known.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

use runtime::sim::{self, Explored, Options};
use runtime::sync::Event;
use runtime::{join_all, spawn, task_group, yield_now};

/// Explores `tasks` tasks of `steps` steps each. Gives the orders seen: each the list of who made a step.
fn orders(options: Options, tasks: usize, steps: usize) -> (Explored, BTreeSet<Vec<usize>>) {
    let seen = RefCell::new(BTreeSet::new());
    let explored = sim::explore(options, || async {
        let log = Rc::new(RefCell::new(Vec::new()));
        let over = Rc::new(Event::new());
        for task in 0..tasks {
            let (log, over) = (log.clone(), over.clone());
            spawn(async move {
                for step in 0..steps {
                    log.borrow_mut().push(task);
                    if step + 1 < steps {
                        yield_now().await;
                    }
                }
                if log.borrow().len() == tasks * steps {
                    over.set(); // only now the root is ready, so it is never one of those to choose from
                }
            });
        }
        over.wait().await;
        assert!(seen.borrow_mut().insert(log.take()), "an order was run twice");
    });
    (explored, seen.take())
}

fn factorial(n: u64) -> u64 {
    (1..=n).product()
}

/// Permutations of `n` with `inversions` inversions (the Mahonian numbers), by their recurrence: the last of them is put
/// before 0 to n - 1 others.
fn permutations(n: usize, inversions: usize) -> u64 {
    match (n, inversions) {
        (0, 0) => 1,
        (0, _) => 0,
        _ => (0..n.min(inversions + 1)).map(|passed| permutations(n - 1, inversions - passed)).sum(),
    }
}

#[test]
fn tasks_of_one_step_run_in_all_their_orders_each_once() {
    for tasks in 0..=6 {
        let (explored, seen) = orders(Options::new(), tasks.max(1), 1);
        assert_eq!(explored.schedules, factorial(tasks as u64), "{tasks} tasks");
        assert_eq!(seen.len() as u64, explored.schedules);
        assert!(explored.complete);
    }
}

#[test]
fn a_bound_on_deviations_runs_as_many_orders_as_there_are_with_so_few() {
    for tasks in 1..=5 {
        for most in 0..=11 {
            let (explored, seen) = orders(Options::new().deviations(most), tasks, 1);
            let known: u64 = (0..=most).map(|inversions| permutations(tasks, inversions)).sum();
            assert_eq!(explored.schedules, known, "{tasks} tasks, {most} deviations");
            assert_eq!(seen.len() as u64, known);
            assert!(explored.complete);
        }
    }
    let known: Vec<u64> = (0..=3).map(|inversions| permutations(4, inversions)).collect();
    assert_eq!(known, [1, 3, 5, 6]); // the formula itself, against numbers from a table
}

#[test]
fn tasks_of_several_steps_interleave_in_every_way() {
    // Ways to merge them: (n * steps)! / (steps!)^n.
    for (tasks, steps) in [(2, 2), (2, 3), (2, 4), (3, 2)] {
        let (explored, seen) = orders(Options::new(), tasks, steps);
        let all = factorial((tasks * steps) as u64) / factorial(steps as u64).pow(tasks as u32);
        assert_eq!((explored.schedules, seen.len() as u64), (all, all), "{tasks} tasks of {steps} steps");
        assert!(explored.complete);
    }
}

#[test]
fn the_usual_order_is_the_first() {
    let first = RefCell::new(None);
    sim::explore(Options::new().schedules(1), || async {
        let log = Rc::new(RefCell::new(Vec::new()));
        for task in 0..4 {
            let log = log.clone();
            spawn(async move { log.borrow_mut().push(task) });
        }
        runtime::sleep(std::time::Duration::from_secs(1)).await;
        *first.borrow_mut() = Some(log.take());
    });
    assert_eq!(first.take(), Some(vec![0, 1, 2, 3]));
}

#[test]
fn schedules_come_by_the_number_of_their_deviations() {
    // With a limit on schedules, what was run is what has the fewest.
    let (explored, few) = orders(Options::new().schedules(1 + 3 + 5), 4, 1);
    assert!(!explored.complete);
    let (_, bounded) = orders(Options::new().deviations(2), 4, 1);
    assert_eq!(few, bounded);
}

#[test]
fn the_order_inside_join_all_is_open_too() {
    for children in 1..=5 {
        let seen = RefCell::new(BTreeSet::new());
        let explored = sim::explore(Options::new(), || async {
            let log = RefCell::new(Vec::new());
            join_all((0..children).map(async |child| log.borrow_mut().push(child))).await;
            assert!(seen.borrow_mut().insert(log.take()));
        });
        assert_eq!(explored.schedules, factorial(children), "{children} children");
        assert!(explored.complete);
    }
}

#[test]
fn children_that_are_woken_together_are_polled_in_every_order() {
    let seen = RefCell::new(BTreeSet::new());
    let explored = sim::explore(Options::new(), || async {
        let (log, gate) = (RefCell::new(Vec::new()), Event::new());
        // Numbers 0 to 2 wait; the last opens the gate, and finds them all there only if it is polled last. Each of the
        // first ones logs after the gate.
        join_all((0..4).map(async |child| {
            if child < 3 {
                gate.wait().await;
                log.borrow_mut().push(child);
            } else {
                gate.set();
            }
        }))
        .await;
        seen.borrow_mut().insert(log.take());
    });
    assert_eq!(seen.take().len() as u64, factorial(3));
    assert!(explored.complete);
}

#[test]
fn the_order_inside_a_task_group_is_open_too() {
    let seen = RefCell::new(BTreeSet::new());
    let explored = sim::explore(Options::new(), || async {
        let log = Rc::new(RefCell::new(Vec::new()));
        task_group(async |group| {
            for child in 0..4 {
                let log = log.clone();
                group.spawn(async move {
                    log.borrow_mut().push(child);
                    Ok::<_, ()>(())
                });
            }
            Ok(())
        })
        .await
        .unwrap();
        assert!(seen.borrow_mut().insert(log.take()));
    });
    assert_eq!((explored.schedules, seen.take().len()), (24, 24));
}

#[test]
fn either_side_of_a_race_may_begin() {
    let seen = RefCell::new(BTreeSet::new());
    let explored = sim::explore(Options::new(), || async {
        let won = runtime::race(async { 1 }, async { 2 }).await;
        seen.borrow_mut().insert(format!("{won:?}"));
    });
    assert_eq!((explored.schedules, seen.take().len()), (2, 2));
}

#[test]
fn what_the_test_leaves_open_is_tried_in_all_ways_under_any_bound() {
    let seen = RefCell::new(BTreeSet::new());
    let explored = sim::explore(Options::new().deviations(0), || async {
        let ways = (sim::choose(3), sim::choose(1), sim::choose(0), sim::choose(4));
        assert!(seen.borrow_mut().insert(ways));
    });
    assert_eq!((explored.schedules, explored.choices), (12, 2)); // one way is no choice
    assert_eq!(seen.take().len(), 12);
}

#[test]
fn ways_and_orders_multiply() {
    let seen = RefCell::new(BTreeSet::new());
    let explored = sim::explore(Options::new(), || async {
        let log = Rc::new(RefCell::new(vec![sim::choose(5)]));
        let left = Rc::new(Cell::new(3));
        for task in 0..3 {
            let (log, left) = (log.clone(), left.clone());
            spawn(async move {
                log.borrow_mut().push(task);
                left.set(left.get() - 1);
            });
        }
        poll_fn(|cx| {
            if left.get() == 0 {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
        seen.borrow_mut().insert(log.take());
    });
    assert_eq!(seen.take().len(), 5 * 6);
    assert!(explored.schedules > 5 * 6, "where the root looks is open as well");
}

#[test]
fn seeds_are_as_many_schedules_and_meet_different_orders() {
    let (orders_seen, run) = {
        let seen = RefCell::new(BTreeSet::new());
        let explored = sim::explore(Options::seeds(0..200), || async {
            let log = Rc::new(RefCell::new(Vec::new()));
            for task in 0..4 {
                let log = log.clone();
                spawn(async move { log.borrow_mut().push(task) });
            }
            runtime::sleep(std::time::Duration::from_secs(1)).await;
            seen.borrow_mut().insert(log.take());
        });
        (seen.take().len(), explored)
    };
    assert_eq!((run.schedules, run.complete), (200, false));
    assert_eq!(orders_seen, 24); // with 200 seeds each of 24 is missed with a chance of 1 in 5,000
}
