//! The engine below `join_all`, `task_group` and `as_completed` against the naive way, which polls everybody again whenever
//! anybody was woken.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use runtime::sim::{self, Options};
use runtime::{as_completed, join_all, sleep, spawn, task_group, timeout};

use super::cases;

const EVENTS: usize = 4;

#[derive(Clone, Copy, Debug)]
enum Step {
    Yield,
    Wait(usize),
    Set(usize),
    Sleep(u64),
    /// Leaves its waker with an event, wakes itself, and goes on without waiting for the event: so that waker is fired at any
    /// time, also when it stands on the list already, and when the child is over.
    Glance(usize),
}

fn program() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        Just(Step::Yield),
        (0..EVENTS).prop_map(Step::Wait),
        (0..EVENTS).prop_map(Step::Wait),
        (0..EVENTS).prop_map(Step::Set),
        (0..EVENTS).prop_map(Step::Set),
        (1..3u64).prop_map(Step::Sleep),
        (0..EVENTS).prop_map(Step::Glance),
    ];
    vec(step, 0..6)
}

#[derive(Clone, Copy, Debug)]
enum Way {
    JoinAll,
    TaskGroup,
    AsCompleted,
    Naive,
}

/// Set or not, and who waits.
type Event = (Cell<bool>, RefCell<Vec<(usize, Waker)>>);

/// What a run of the children came to.
#[derive(Default)]
struct World {
    events: Vec<Event>,
    polls: Vec<Cell<usize>>,
    wakes: Vec<Cell<usize>>,
    ended: RefCell<BTreeSet<usize>>,
}

impl World {
    fn new(children: usize) -> Self {
        World {
            events: (0..EVENTS).map(|_| Event::default()).collect(),
            polls: vec![Cell::new(0); children],
            wakes: vec![Cell::new(0); children],
            ended: RefCell::default(),
        }
    }

    fn set(&self, event: usize) {
        self.events[event].0.set(true);
        // Also who glanced at it after it was set: that waker is fired now.
        for (child, waker) in self.events[event].1.take() {
            self.woken(child);
            waker.wake();
        }
    }

    fn woken(&self, child: usize) {
        if let Some(wakes) = self.wakes.get(child) {
            wakes.set(wakes.get() + 1);
        }
    }

    /// Runs a program, as child `child`, or as none of them.
    async fn run(&self, child: usize, program: &[Step]) -> usize {
        for step in program {
            match *step {
                Step::Set(event) => self.set(event),
                Step::Yield => self.pause(child, None).await,
                Step::Glance(event) => self.pause(child, Some(event)).await,
                Step::Sleep(ms) => {
                    sleep(Duration::from_millis(ms)).await;
                    self.woken(child);
                }
                Step::Wait(event) => {
                    poll_fn(|cx| {
                        let (set, waiting) = &self.events[event];
                        if set.get() {
                            return Poll::Ready(());
                        }
                        // It does not take the one before away: whoever polls for nothing is woken for nothing.
                        waiting.borrow_mut().push((child, cx.waker().clone()));
                        Poll::Pending
                    })
                    .await;
                }
            }
        }
        self.ended.borrow_mut().insert(child);
        child
    }

    async fn pause(&self, child: usize, glance: Option<usize>) {
        let mut paused = false;
        poll_fn(|cx| {
            if paused {
                return Poll::Ready(());
            }
            paused = true;
            if let Some(event) = glance {
                self.events[event].1.borrow_mut().push((child, cx.waker().clone()));
            }
            self.woken(child);
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }

    /// As a child, whose polls are counted.
    async fn counted(&self, child: usize, program: &[Step]) -> usize {
        let mut run = Box::pin(self.run(child, program));
        let mut over = false;
        poll_fn(|cx| {
            assert!(!over, "a child was polled again after its end");
            self.polls[child].set(self.polls[child].get() + 1);
            let polled = run.as_mut().poll(cx);
            over = polled.is_ready();
            polled
        })
        .await
    }
}

/// All outputs, each future polled whenever any was woken.
async fn naive_join_all<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut children: Vec<Pin<Box<F>>> = futures.into_iter().map(Box::pin).collect();
    let mut outputs: Vec<Option<F::Output>> = children.iter().map(|_| None).collect();
    poll_fn(|cx| {
        for (child, output) in children.iter_mut().zip(&mut outputs) {
            if output.is_none()
                && let Poll::Ready(ready) = child.as_mut().poll(cx)
            {
                *output = Some(ready);
            }
        }
        if outputs.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    outputs.into_iter().flatten().collect()
}

/// Runs the children one way, beside tasks that run `outside`, until nothing goes on any more.
async fn run(way: Way, children: &[Vec<Step>], outside: &[Vec<Step>]) -> Rc<World> {
    let world = Rc::new(World::new(children.len()));
    let tasks: Vec<_> = outside
        .iter()
        .map(|program| {
            let (world, program) = (world.clone(), program.clone());
            spawn(async move { world.run(usize::MAX, &program).await })
        })
        .collect();
    let all = children.iter().enumerate().map(|(child, program)| world.counted(child, program));
    let whole = async {
        match way {
            Way::JoinAll => join_all(all).await,
            Way::Naive => naive_join_all(all).await,
            Way::TaskGroup => task_group(async |group| {
                let children: Vec<_> = all.map(|child| group.spawn(async { Ok(child.await) })).collect();
                let mut outputs = Vec::new();
                for child in children {
                    outputs.push(child.await);
                }
                Ok::<_, ()>(outputs)
            })
            .await
            .unwrap(),
            Way::AsCompleted => {
                let mut all = as_completed(all);
                let mut outputs = vec![usize::MAX; children.len()];
                while let Some((number, output)) = all.next().await {
                    assert_eq!(std::mem::replace(&mut outputs[number], output), usize::MAX);
                }
                outputs
            }
        }
    };
    // Some programs wait for ever.
    if let Ok(outputs) = timeout(Duration::from_secs(1), whole).await {
        assert_eq!(outputs, (0..children.len()).collect::<Vec<_>>(), "each output in its place");
    }
    tasks.iter().for_each(runtime::JoinHandle::abort);
    for task in tasks {
        let _ = task.await;
    }
    world.ended.borrow_mut().remove(&usize::MAX);
    world
}

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn the_engine_ends_those_that_end_the_naive_way_and_polls_only_who_was_woken(
        children in vec(program(), 0..6), outside in vec(program(), 0..3), seed in any::<u32>(),
    ) {
        let expected = RefCell::new(BTreeSet::new());
        sim::explore(Options::new().schedules(1), || async {
            *expected.borrow_mut() = run(Way::Naive, &children, &outside).await.ended.take();
        });
        for way in [Way::JoinAll, Way::TaskGroup, Way::AsCompleted] {
            let seed = u64::from(seed);
            sim::explore(Options::seeds(seed..seed + 3).no_leaks(), || async {
                let world = run(way, &children, &outside).await;
                assert_eq!(*world.ended.borrow(), *expected.borrow(), "{way:?}");
                for (child, (polls, wakes)) in world.polls.iter().zip(&world.wakes).enumerate() {
                    assert!(polls.get() <= 1 + wakes.get(), "{way:?}, {child}: {polls:?} polls, {wakes:?} wakes");
                }
            });
        }
    }
}
