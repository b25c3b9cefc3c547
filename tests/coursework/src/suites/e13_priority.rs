//! 13: a scheduler by priority, under which nobody starves.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use runtime::{Scheduler, Task};

use crate::check::{Check, fault, require, times};
use crate::probe::{Bench, letter, letters, on_loop, pause, spawn_as};

/// What the exercise asks for.
pub trait Priority13 {
    /// A scheduler, empty.
    fn scheduler() -> impl Scheduler + 'static;
}

/// The checks of exercise 13.
pub fn checks<T: Priority13>() -> Vec<Check> {
    let mut checks = order::<T>();
    checks.extend(patience::<T>());
    checks
}

/// Those that are about the order alone.
pub fn order<T: Priority13>() -> Vec<Check> {
    vec![
        Check::new("the highest priority is popped first", highest_first::<T>),
        Check::new("among equals: first in, first out", equals::<T>),
        Check::new("who has been polled goes behind its equals", round::<T>),
        Check::new("who comes later takes its place among those who wait", comes_later::<T>),
        Check::new("nobody is lost, of whatever priority", nobody_lost::<T>),
        Check::new("the lowest and the highest priority that there are", extremes::<T>),
        Check::new("on the loop: tasks run in the order of their priorities", on_the_loop::<T>),
    ]
}

/// Those that are about starvation.
pub fn patience<T: Priority13>() -> Vec<Check> {
    vec![
        Check::new("an urgent task that never waits does not starve the others", no_starving::<T>),
        Check::new("but it has most of the turns", most_turns::<T>),
        Check::new("on the loop: beside an urgent task that spins, others go on", spinner::<T>),
    ]
}

/// Pushes tasks of these priorities, and pops all of them.
fn order_of<T: Priority13>(priorities: &[i32]) -> Vec<usize> {
    let mut bench = Bench::new(T::scheduler(), priorities.len());
    for (task, priority) in priorities.iter().enumerate() {
        bench.push_at(task, *priority);
    }
    let order = bench.pops(priorities.len());
    bench.is_empty();
    order
}

fn pushed(priorities: &[i32]) -> String {
    let each = priorities.iter().enumerate().map(|(task, priority)| format!("{} ({priority})", letter(task)));
    each.collect::<Vec<_>>().join(", ")
}

fn highest_first<T: Priority13>() {
    // The last one: who has waited longest has no turn by that among the first eight.
    let each: [(&[i32], &[usize]); 3] = [
        (&[1, 3, 2], &[1, 2, 0]),
        (&[0, 7, -2], &[1, 0, 2]),
        (&[-100, 70, 60, 50, 40, 30, 20, 10], &[1, 2, 3, 4, 5, 6, 7, 0]),
    ];
    for (priorities, expected) in each {
        let order = order_of::<T>(priorities);
        require(order == expected, 0, || {
            format!(
                "Pushed with their priorities: {}. Popped: {}. The highest number comes first: {}.",
                pushed(priorities),
                letters(&order),
                letters(expected)
            )
        });
    }
}

fn equals<T: Priority13>() {
    for (priorities, expected) in [([0; 5], [0, 1, 2, 3, 4]), ([0, 1, 0, 1, 0], [1, 3, 0, 2, 4])] {
        let order = order_of::<T>(&priorities);
        require(order == expected, 13, || {
            format!(
                "Pushed with their priorities: {}. Popped: {}. Of those with the same priority the one is first that was \
                 pushed first: {}. A heap of (priority, id) does not know who that is.",
                pushed(&priorities),
                letters(&order),
                letters(&expected)
            )
        });
    }
}

fn round<T: Priority13>() {
    let mut bench = Bench::new(T::scheduler(), 3);
    (0..3).for_each(|task| bench.push(task));
    let order: Vec<_> = (0..8)
        .map(|_| {
            let task = bench.pop();
            bench.push(task);
            task
        })
        .collect();
    require(order == [0, 1, 2, 0, 1, 2, 0, 1], 13, || {
        format!(
            "Three tasks of the same priority that are ready again at once had their turns as {}. Their turn goes round: \
             who was just polled waits behind those who wait already, or these starve.",
            letters(&order)
        )
    });
}

fn comes_later<T: Priority13>() {
    let mut bench = Bench::new(T::scheduler(), 5);
    for (task, priority) in [(0, 1), (1, 5), (2, 1)] {
        bench.push_at(task, priority);
    }
    let mut order = vec![bench.pop()];
    bench.push_at(3, 3);
    bench.push_at(4, 1);
    order.extend(bench.pops(4));
    require(order == [1, 3, 0, 2, 4], 0, || {
        format!(
            "a (1), b (5) and c (1) were pushed, one popped, then d (3) and e (1) were pushed, and all popped: {}. Who comes \
             later goes before the lower ones and behind its equals: b d a c e.",
            letters(&order)
        )
    });
}

fn nobody_lost<T: Priority13>() {
    let priorities: Vec<i32> = (0..100).map(|n| n * 37 % 41 - 20).collect(); // from -20 to 20, mixed
    let mut order = order_of::<T>(&priorities); // that one is missing or comes twice is the bench's fault
    order.sort_unstable();
    require(order == (0..100).collect::<Vec<_>>(), 0, || "Of 100 tasks, not all were popped.".into());
}

fn extremes<T: Priority13>() {
    let priorities = [0, i32::MIN, i32::MAX, -1];
    let order = order_of::<T>(&priorities);
    require(order == [2, 0, 3, 1], 0, || {
        format!(
            "Pushed with their priorities: {}. Popped: {}. `-priority` and `priority + 1` overflow at the ends of i32; \
             std::cmp::Reverse turns an order round without computing.",
            pushed(&priorities),
            letters(&order)
        )
    });
}

/// How many turns each has of so many, if `a` has priority 10, the others 0, and all are always ready.
fn turns<T: Priority13>(others: usize, pops: usize) -> Vec<usize> {
    let mut bench = Bench::new(T::scheduler(), others + 1);
    let priority = |task| if task == 0 { 10 } else { 0 };
    (0..=others).for_each(|task| bench.push_at(task, priority(task)));
    let mut turns = vec![0; others + 1];
    for _ in 0..pops {
        let task = bench.pop();
        turns[task] += 1;
        bench.push_at(task, priority(task));
    }
    turns
}

fn no_starving<T: Priority13>() {
    let turns = turns::<T>(3, 1000);
    if let Some(starved) = turns.iter().position(|turns| *turns == 0) {
        fault(
            0,
            format!(
                "a (priority 10) and b, c, d (0) were always ready. Of 1000 pops b had {}, c {} and d {}: {} starves. Who waits long must be popped at some time, whoever else is ready.",
                turns[1],
                turns[2],
                turns[3],
                letter(starved)
            ),
        );
    }
}

fn most_turns<T: Priority13>() {
    let turns = turns::<T>(3, 1000);
    require(turns[0] >= 500, 0, || {
        format!(
            "a (priority 10) and b, c, d (0) were always ready. Of 1000 pops only {} were a: less than half. A priority \
             is to be felt.",
            turns[0]
        )
    });
}

fn on_the_loop<T: Priority13>() {
    let order = Rc::new(RefCell::new(Vec::new()));
    on_loop().scheduler(T::scheduler()).run(async {
        let tasks = [("low", -1), ("urgent", 5), ("usual", 1)].map(|(name, priority)| {
            let order = order.clone();
            spawn_as(Task::new().name(name).priority(priority), async move { order.borrow_mut().push(name) })
        });
        runtime::join_all(tasks).await;
    });
    let order = order.take();
    require(order == ["urgent", "usual", "low"], 0, || {
        format!("Spawned as low (-1), urgent (5), usual (1), the tasks ran as {order:?}.")
    });
}

fn spinner<T: Priority13>() {
    const MOST: usize = 1000;
    let stop = Rc::new(Cell::new(false));
    on_loop().scheduler(T::scheduler()).run(async {
        let stopped = stop.clone();
        let spinner = spawn_as(Task::new().name("spinner").priority(10), async move {
            let mut turns = 0;
            while !stopped.get() {
                turns += 1;
                require(turns < MOST, 0, || {
                    format!(
                        "A task of priority 10 gave way {}, each time ready again at once, and the main future (priority \
                         0), which was ready all the time, did not have 3 turns: it starves.",
                        times(MOST)
                    )
                });
                pause().await;
            }
        });
        for _ in 0..3 {
            pause().await;
        }
        stop.set(true);
        let _ = spinner.await;
    });
}
