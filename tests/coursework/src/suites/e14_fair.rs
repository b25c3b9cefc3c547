//! 14: a scheduler that gives each task the same share of the processor.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use runtime::{Scheduler, TaskId, TaskMeta};

use crate::check::{Check, fault, require};
use crate::probe::{Bench, letter, letters, on_loop, pause, spawn};

/// What the exercise asks for.
pub trait Fair14 {
    /// A scheduler, empty.
    fn scheduler() -> impl Scheduler + 'static;
}

/// The checks of exercise 14.
pub fn checks<T: Fair14>() -> Vec<Check> {
    vec![
        Check::new("it asks for the times", wants_time::<T>),
        Check::new("who has used the least time is popped first", least_first::<T>),
        Check::new("all that a task has used counts, not its last poll", adds_up::<T>),
        Check::new("among equals: first in, first out", equals::<T>),
        Check::new("a poll counts also for a task that woke itself in it", woke_itself::<T>),
        Check::new("long polls and short ones: the same share of the time", shares::<T>),
        Check::new("a new task does not starve the old ones, nor they it", newcomer::<T>),
        Check::new("who comes back after a long wait has nothing saved up", sleeper::<T>),
        Check::new("who waited a moment still has to pay for what it used", debtor::<T>),
        Check::new("nobody is lost", nobody_lost::<T>),
        Check::new("a task that is gone may still stand in the queue", gone::<T>),
        Check::new("a task that is gone is forgotten", forgotten::<T>),
        Check::new("on the loop: the same share of the time", on_the_loop::<T>),
    ]
}

const fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// Polls: pops, and says how long that took. Each is ready again at once.
struct Turns<S> {
    bench: Bench<S>,
    costs: Vec<Duration>,
    used: Vec<Duration>,
    polls: Vec<usize>,
}

impl<S: Scheduler> Turns<S> {
    /// With tasks whose polls take so many milliseconds. The first of them, so many, are pushed.
    fn new(scheduler: S, costs: &[u64], ready: usize) -> Self {
        let mut turns = Turns {
            bench: Bench::new(scheduler, costs.len()),
            costs: costs.iter().map(|n| ms(*n)).collect(),
            used: vec![Duration::ZERO; costs.len()],
            polls: vec![0; costs.len()],
        };
        (0..ready).for_each(|task| turns.bench.push(task));
        turns
    }

    fn ran(&mut self, task: usize) {
        self.polls[task] += 1;
        self.used[task] += self.costs[task];
        self.bench.ran(task, self.costs[task]);
    }

    /// One turn: a task that wakes itself is pushed during its poll, one that others wake is pushed after it.
    fn turn(&mut self, wakes_itself: bool) -> usize {
        let task = self.bench.pop();
        if wakes_itself {
            self.bench.push(task);
        }
        self.ran(task);
        if !wakes_itself {
            self.bench.push(task);
        }
        task
    }

    /// How many polls each has in the next so many turns.
    fn next(&mut self, turns: usize) -> Vec<usize> {
        let before = self.polls.clone();
        for _ in 0..turns {
            self.turn(true);
        }
        self.polls.iter().zip(before).map(|(now, before)| now - before).collect()
    }
}

fn wants_time<T: Fair14>() {
    require(T::scheduler().wants_time(), 0, || {
        "`wants_time` gives false, as it does unless it is written: the loop does not time the polls, and `ran` is never \
         called."
            .into()
    });
}

/// Tasks that have had polls of so many milliseconds each, and wait now: in which order are they popped?
fn order_after<T: Fair14>(polls: &[&[u64]]) -> Vec<usize> {
    let mut bench = Bench::new(T::scheduler(), polls.len());
    (0..polls.len()).for_each(|task| bench.push(task));
    bench.pops(polls.len());
    for (task, polls) in polls.iter().enumerate() {
        for poll in *polls {
            bench.ran(task, ms(*poll));
        }
    }
    (0..polls.len()).for_each(|task| bench.push(task));
    let order = bench.pops(polls.len());
    bench.is_empty();
    order
}

fn least_first<T: Fair14>() {
    let order = order_after::<T>(&[&[30], &[10], &[20]]);
    require(order == [1, 2, 0], 0, || {
        format!(
            "a has used 30 ms, b 10 ms and c 20 ms. Popped: {}. Who has used the least comes first: b c a.",
            letters(&order)
        )
    });
}

fn adds_up<T: Fair14>() {
    let order = order_after::<T>(&[&[20, 20, 1], &[30], &[5, 30]]);
    require(order == [1, 2, 0], 0, || {
        format!(
            "The polls of a took 20, 20 and 1 ms, that of b 30 ms, those of c 5 and 30 ms. Popped: {}. What counts is the sum \
             of all `ran`: b c a.",
            letters(&order)
        )
    });
}

fn equals<T: Fair14>() {
    let mut turns = Turns::new(T::scheduler(), &[0, 0, 0], 3);
    let order: Vec<_> = (0..9).map(|_| turns.turn(true)).collect();
    require(order == [0, 1, 2, 0, 1, 2, 0, 1, 2], 13, || {
        format!(
            "Three tasks whose polls took no time had their turns as {}. Among those who have used the same it goes by who \
             was pushed first: else one of them is always first, and the others starve.",
            letters(&order)
        )
    });
}

fn woke_itself<T: Fair14>() {
    let mut turns = Turns::new(T::scheduler(), &[50, 1], 2);
    let first = turns.turn(true);
    let order: Vec<_> = (0..5).map(|_| turns.turn(true)).collect();
    require((first, &*order) == (0, &[1; 5]), 0, || {
        format!(
            "a and b were pushed. a was popped, was pushed again in the middle of its poll, as it woke itself, and then `ran` \
             said 50 ms. After that, with 1 ms for each poll of b, they had their turns as {}, and b was due five times. \
             At the push of a its time is not known yet: compare the times when you pop.",
            letters(&order)
        )
    });
}

fn shares<T: Fair14>() {
    for wakes_itself in [true, false] {
        let mut turns = Turns::new(T::scheduler(), &[10, 1], 2);
        for _ in 0..550 {
            turns.turn(wakes_itself);
        }
        let (a, b) = (turns.used[0], turns.used[1]);
        require(a.abs_diff(b) <= ms(20), 0, || {
            format!(
                "A poll of a takes 10 ms, one of b 1 ms, and both were always ready. After 550 turns, a has had {:?} in {} \
                 polls, and b {:?} in {}. They shall have the same time, and so b ten times as many polls.",
                a, turns.polls[0], b, turns.polls[1]
            )
        });
    }
}

fn newcomer<T: Fair14>() {
    let mut turns = Turns::new(T::scheduler(), &[5, 5, 1], 2);
    turns.next(40);
    turns.costs = vec![ms(1); 3];
    turns.bench.push(2);
    check_30(&turns.next(30), "a and b have used 100 ms each when c comes.");
}

fn sleeper<T: Fair14>() {
    let mut turns = Turns::new(T::scheduler(), &[5; 3], 3);
    turns.next(3);
    let gone = turns.bench.pop();
    turns.ran(gone); // and it waits for something
    turns.next(40);
    turns.costs = vec![ms(1); 3];
    turns.bench.push(gone);
    let text = format!("{} has waited while the other two used 100 ms each, and is back.", letter(gone));
    check_30(&turns.next(30), &text);
}

/// Of 30 turns, each of three shall have about ten.
fn check_30(polls: &[usize], before: &str) {
    let (least, most) = (5, 15);
    // First whoever has too many: that is why the others have too few.
    let wrong = polls.iter().position(|n| *n > most).or_else(|| polls.iter().position(|n| *n < least));
    if let Some(task) = wrong {
        let polls_of = polls[task];
        let means = if polls_of > most {
            "it keeps the others waiting until it has used as much as they. Who comes, or comes back, starts where the others \
             are."
        } else {
            "it starves. Who comes, or comes back, starts where the others are: not below, and not above."
        };
        fault(
            if polls_of > most { 13 } else { 0 },
            format!(
                "{before} All three are always ready from then on, and each poll takes 1 ms. Of the next 30 turns a had {}, b \
                 {} and c {}. {} had {polls_of}: {means}",
                polls[0],
                polls[1],
                polls[2],
                letter(task)
            ),
        );
    }
}

fn debtor<T: Fair14>() {
    let mut turns = Turns::new(T::scheduler(), &[100, 1], 2);
    let greedy = turns.bench.pop();
    turns.ran(greedy); // 100 ms, and it waits
    for _ in 0..5 {
        turns.turn(true);
    }
    turns.bench.push(greedy);
    let polls = turns.next(50);
    require(polls[0] == 0, 0, || {
        format!(
            "a used 100 ms in one poll, waited while b used 5 ms, and was ready again. Of the next 50 turns, 1 ms each for b, a had \
             {}. It has used more than b by far: it starts from what it has used, and only a task that is behind is lifted to \
             where the others are.",
            polls[0]
        )
    });
}

fn nobody_lost<T: Fair14>() {
    let mut bench = Bench::new(T::scheduler(), 50);
    (0..50).for_each(|task| bench.push(task));
    for task in 0..50 {
        bench.ran(task, ms(task as u64 * 37 % 11));
    }
    let mut order = bench.pops(50);
    bench.is_empty();
    order.sort_unstable();
    require(order == (0..50).collect::<Vec<_>>(), 0, || "Of 50 tasks, not all were popped.".into());
}

fn gone<T: Fair14>() {
    let mut turns = Turns::new(T::scheduler(), &[5, 1], 2);
    let over = turns.turn(true); // it wakes itself in its last poll
    turns.bench.gone(over);
    let mut order = turns.bench.pops(2);
    turns.bench.is_empty();
    order.sort_unstable();
    require(order == [0, 1], 0, || {
        format!("a, which is gone, and b were in the queue. Popped: {}.", letters(&order))
    });
}

/// What is kept cannot be seen, but what comes of it: `gone`'s docs allow a push that comes too late.
fn forgotten<T: Fair14>() {
    let mut turns = Turns::new(T::scheduler(), &[100, 10], 2);
    for task in turns.bench.pops(2) {
        turns.ran(task);
    }
    turns.bench.gone(0);
    (0..2).for_each(|task| turns.bench.push(task));
    let order = turns.bench.pops(2);
    turns.bench.is_empty();
    require(order == [0, 1], 0, || {
        format!(
            "a used 100 ms and is gone, and its id was pushed once more by a wake that came too late; then b was pushed, which has \
             used 10 ms. Popped: {}. So the 100 ms of a are still kept: of each task that there ever was, a number would stay \
             for ever. `gone` is where to forget it.",
            letters(&order)
        )
    });
}

/// A scheduler that is told made-up times: a task's name says how many milliseconds each of its polls takes.
struct MadeUp<S> {
    inner: S,
    costs: HashMap<TaskId, Duration>,
}

impl<S: Scheduler> Scheduler for MadeUp<S> {
    fn push(&mut self, id: TaskId, meta: &TaskMeta) {
        let cost = match meta.name.as_deref() {
            Some("greedy") => ms(10),
            Some("frugal") => ms(1),
            _ => ms(0),
        };
        self.costs.insert(id, cost);
        self.inner.push(id, meta);
    }

    fn pop(&mut self) -> Option<TaskId> {
        self.inner.pop()
    }

    fn ran(&mut self, id: TaskId, _: Duration) {
        let cost = self.costs.get(&id).copied().unwrap_or_default();
        self.inner.ran(id, cost);
    }

    fn gone(&mut self, id: TaskId) {
        self.inner.gone(id);
    }

    fn wants_time(&self) -> bool {
        self.inner.wants_time()
    }
}

fn on_the_loop<T: Fair14>() {
    let polls = Rc::new([Cell::new(0), Cell::new(0)]);
    let seen = Rc::new(RefCell::new(None));
    on_loop().scheduler(MadeUp { inner: T::scheduler(), costs: HashMap::new() }).run(async {
        let tasks = [("greedy", 0, 25), ("frugal", 1, 200)].map(|(name, task, most)| {
            let (polls, seen) = (polls.clone(), seen.clone());
            spawn(name, async move {
                for _ in 0..most {
                    polls[task].set(polls[task].get() + 1);
                    pause().await;
                }
                let both = (polls[0].get(), polls[1].get());
                seen.borrow_mut().get_or_insert(both); // by the first that is done
            })
        });
        runtime::join_all(tasks).await;
    });
    let (greedy, frugal) = seen.take().unwrap_or_default();
    require(frugal == 200 && (18..=22).contains(&greedy), 0, || {
        format!(
            "On the loop, with polls of 10 ms (greedy) and of 1 ms (frugal): when the first of them was done, greedy had had \
             {greedy} polls, which is {} ms, and frugal {frugal} ms. It shall be about the same.",
            greedy * 10
        )
    });
}
