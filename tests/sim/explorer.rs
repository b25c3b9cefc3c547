//! The explorer's own duties: what counts as a failure, that a failure replays, what it keeps out of a run.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::pending;
use std::io::ErrorKind;
use std::rc::Rc;
use std::time::{Duration, Instant};

use runtime::net::{TcpListener, UdpSocket};
use runtime::sim::{self, Failure, Options, Why};
use runtime::sync::{Mutex, mpsc, oneshot};
use runtime::{Task, join_all, now, sleep, spawn, spawn_blocking, timeout, yield_now};

use crate::support::{found, panics};

const SECOND: Duration = Duration::from_secs(1);

fn fails<T: Future<Output = ()>>(test: impl FnMut() -> T) -> Failure {
    sim::try_explore(Options::new(), test).expect_err("no order was found in which it fails")
}

#[test]
fn a_deadlock_is_a_failure_that_names_who_waits_for_what() {
    let failure = found(Options::new(), || async {
        let (left, right) = (Rc::new(Mutex::new(())), Rc::new(Mutex::new(())));
        let tasks = [(left.clone(), right.clone()), (right, left)].map(|(first, second)| {
            spawn(async move {
                let _first = first.lock().await;
                yield_now().await;
                let _second = second.lock().await;
            })
        });
        for task in tasks {
            task.await.unwrap();
        }
    });
    let Why::Stalled(text) = &failure.why else { panic!("{failure}") };
    assert!(text.contains("waits for lock 1") && text.contains("waits for lock 2"), "{text}");
    assert!(text.contains("deadlock"), "{text}");
}

#[test]
fn an_assertion_in_the_test_is_a_failure_with_its_words() {
    let failure = fails(|| async { panic!("so much for {}", "that") });
    assert_eq!(failure.why, Why::Panicked("so much for that".to_owned()));
    assert_eq!((failure.schedules, failure.deviations, failure.choices.len()), (1, 0, 0));
}

#[test]
fn an_assertion_in_a_task_is_a_failure_also_if_nobody_joins_it() {
    let failure = fails(|| async {
        drop(Task::new().name("detached").spawn(async { panic!("unheard") }));
        sleep(SECOND).await;
    });
    assert_eq!(failure.why, Why::TaskPanicked("task #2: the task panicked: unheard".to_owned()));
    assert!(failure.story.contains("#2 detached panics"), "{}", failure.story);
}

#[test]
fn a_run_that_spins_for_ever_is_a_failure() {
    let failure = sim::try_explore(Options::new().polls(1000), || async {
        spawn(async {
            loop {
                yield_now().await;
            }
        });
        pending::<()>().await;
    });
    assert_eq!(failure.unwrap_err().why, Why::Endless(1000));
    // Time that passes for ever is no better.
    let failure = sim::try_explore(Options::new().polls(1000), || async {
        loop {
            sleep(SECOND).await;
        }
    });
    assert_eq!(failure.unwrap_err().why, Why::Endless(1000));
}

#[test]
fn tasks_that_are_left_are_a_failure_if_that_is_asked_for() {
    let test = || async {
        let stays = Task::new().name("stays").spawn(pending::<()>());
        yield_now().await;
        drop(stays);
    };
    sim::explore(Options::new(), test);
    let failure = sim::try_explore(Options::new().no_leaks(), test).unwrap_err();
    let Why::Leaked(tasks) = &failure.why else { panic!("{failure}") };
    assert!(tasks.contains("#2 stays"), "{tasks}");
    sim::explore(Options::new().no_leaks(), || async { spawn(async {}).await.unwrap() });
}

#[test]
fn what_depends_on_more_than_the_order_is_reported_as_that() {
    let runs = Cell::new(0);
    let failure = fails(|| {
        runs.set(runs.get() + 1);
        let children = 2 + runs.get() % 2;
        async move { drop(join_all((0..children).map(|_| yield_now())).await) }
    });
    assert_eq!(failure.why, Why::NotRepeatable);
    // A failure that does not come again is one of these.
    let runs = Cell::new(0);
    let failure = fails(|| {
        runs.set(runs.get() + 1);
        let bad = runs.get() == 1;
        async move { assert!(!bad) }
    });
    assert_eq!(failure.why, Why::NotRepeatable);
}

#[test]
fn choices_that_are_not_of_this_test_are_refused() {
    let test = || async { drop(join_all([yield_now(), yield_now()]).await) };
    for choices in [vec![2], vec![0, 0, 0, 0, 0, 0, 1], vec![usize::MAX]] {
        let failure = sim::try_explore(Options::replay(choices), test).unwrap_err();
        assert_eq!(failure.why, Why::NotRepeatable);
    }
    sim::explore(Options::replay([1]), test);
}

#[test]
fn a_seed_replays_and_so_do_its_choices() {
    // Found only if the four run in the order in which each comes before all that were before it.
    let run = |options| {
        sim::try_explore(options, || async {
            let (sender, mut receiver) = mpsc::channel(4);
            for n in 0..4 {
                let sender = sender.clone();
                spawn(async move { sender.send(n).await });
            }
            drop(sender);
            let mut all = Vec::new();
            while let Some(n) = receiver.recv().await {
                all.push(n);
            }
            assert_ne!(all, [3, 2, 1, 0]);
        })
    };
    let failure = run(Options::seeds(0..500)).unwrap_err();
    let seed = failure.seed.unwrap();
    assert_eq!(failure.schedules, seed + 1);
    let by_seed = run(Options::seeds(seed..seed + 1)).unwrap_err();
    let by_choices = run(Options::replay(failure.choices.clone())).unwrap_err();
    for again in [&by_seed, &by_choices] {
        assert_eq!(again.choices, failure.choices);
        assert_eq!((&again.why, &again.story), (&failure.why, &failure.story));
    }
    assert_eq!((by_seed.seed, by_choices.seed), (Some(seed), None));
}

#[test]
fn explore_panics_with_all_that_is_needed_to_have_it_again() {
    let text = panics(|| {
        sim::explore(Options::new(), || async {
            let log = Rc::new(RefCell::new(Vec::new()));
            for name in ["a", "b", "c"] {
                let log = log.clone();
                Task::new().name(name).spawn(async move { log.borrow_mut().push(name) });
            }
            sleep(SECOND).await;
            assert_ne!(log.borrow().join(""), "cab", "the order is bad");
        });
    });
    assert!(text.contains("the order is bad"), "{text}");
    assert!(text.contains("Options::replay([2])"), "{text}"); // those passed over keep their order
    assert!(text.contains("deviations from first in, first out: 2"), "{text}");
    let told = ["choice 1 is 2: #4 is next, of #2, #3, #4", "#4 c runs", "#2 a runs", "#3 b is ready", "1s"];
    let mut rest = &text[..];
    for line in told {
        let at = rest.find(line).unwrap_or_else(|| panic!("{line} is not told, or too early: {text}"));
        rest = &rest[at..];
    }
}

#[test]
fn a_long_story_is_cut_at_its_beginning() {
    let failure = fails(|| async {
        for _ in 0..2000 {
            yield_now().await;
        }
        panic!("at last");
    });
    let lines = failure.story.lines().count();
    assert!(lines < 2100, "{lines} lines");
    assert!(failure.story.lines().next().unwrap().contains("events before"));
}

#[test]
fn time_costs_nothing_and_no_run_sees_another() {
    let real = Instant::now();
    let explored = sim::explore(Options::seeds(0..100), || async {
        let begin = now();
        let hours = (1..5).map(|hours| spawn(sleep(3600 * hours * SECOND)));
        join_all(hours).await;
        assert_eq!(now() - begin, 4 * 3600 * SECOND);
        // The same numbers each time.
        assert_eq!(runtime::current_task().unwrap().number(), 1);
        assert!(format!("{:?}", Mutex::new(())).contains("id: 1,"));
    });
    assert_eq!(explored.schedules, 100);
    assert!(real.elapsed() < 3600 * SECOND);
}

#[test]
fn numbers_of_locks_go_on_where_they_were_before() {
    let number = || format!("{:?}", Mutex::new(()));
    let before = number();
    sim::explore(Options::new(), || async {
        for n in 1..=10 {
            assert!(number().contains(&format!("id: {n},")));
        }
    });
    let after = number();
    assert!(before.contains("id: 1,") && after.contains("id: 11,"), "{before}, {after}");
}

#[test]
fn real_sources_are_refused_by_name() {
    sim::explore(Options::new(), || async {
        let anywhere = "127.0.0.1:0".parse().unwrap();
        for refused in [UdpSocket::bind(anywhere).map(drop), TcpListener::bind(anywhere).map(drop)] {
            let error = refused.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            assert!(error.to_string().contains("explored run"), "{error}");
        }
    });
    // And nowhere else.
    runtime::block_on(async { UdpSocket::bind("127.0.0.1:0".parse().unwrap()).unwrap() });
}

#[test]
fn blocking_jobs_run_at_once_and_on_this_thread() {
    let here = std::thread::current().id();
    let explored = sim::explore(Options::new(), || async move {
        let mut job = spawn_blocking(move || std::thread::current().id());
        assert_eq!(timeout(Duration::ZERO, &mut job).await.unwrap().unwrap(), here);
        let jobs = join_all((0..3).map(|n| spawn_blocking(move || n))).await;
        assert_eq!(jobs.into_iter().map(Result::unwrap).collect::<Vec<_>>(), [0, 1, 2]);
        assert!(spawn_blocking(|| panic!("as a test")).await.is_err());
        // One that nobody awaits; and the loop can sleep afterwards.
        drop(spawn_blocking(|| ()));
        sleep(SECOND).await;
        let (sender, receiver) = oneshot::remote();
        drop(spawn_blocking(move || sender.send(7)));
        assert_eq!(receiver.await, Ok(7));
        assert!(runtime::fs::metadata(".").await.unwrap().is_dir());
    });
    assert!(explored.complete);
    let job = runtime::block_on(async { spawn_blocking(|| std::thread::current().id()).await.unwrap() });
    assert_ne!(job, here);
}

#[test]
fn outside_an_explored_run_nothing_is_open() {
    assert_eq!((sim::choose(10), sim::choose(0)), (0, 0));
    runtime::block_on(async { assert_eq!(sim::choose(10), 0) });
}

#[test]
fn an_exploration_inside_a_runtime_is_a_fault_of_the_program() {
    let text = panics(|| runtime::block_on(async { sim::try_explore(Options::new(), || async {}) }));
    assert!(text.contains("on a thread that is already running a runtime"), "{text}");
}

#[test]
fn after_a_failure_the_thread_is_as_before() {
    for _ in 0..3 {
        fails(|| async {
            spawn(pending::<()>());
            join_all([yield_now(), yield_now()]).await;
            panic!("in the middle");
        });
        assert_eq!(sim::choose(10), 0);
        assert_eq!(runtime::block_on(async { spawn(async { 1 }).await.unwrap() }), 1);
    }
}

#[test]
fn what_is_queued_when_the_test_ends_is_no_choice() {
    let explored = sim::explore(Options::new(), || async {
        for _ in 0..5 {
            spawn(pending::<()>()); // the root ends before any of them runs
        }
    });
    assert_eq!((explored.schedules, explored.choices), (1, 0));
}

#[test]
fn a_scheduler_with_names_in_a_hash_map_is_no_matter() {
    // The names of a run's tasks lie in a table with a random order: nothing may depend on it.
    let stories: Vec<_> = (0..2)
        .map(|_| {
            let failure = fails(|| async {
                let mut names = HashMap::new();
                for n in 0..20 {
                    names.insert(n, Task::new().name(n.to_string()).spawn(sleep(n * SECOND)));
                }
                sleep(30 * SECOND).await;
                panic!("{} tasks", names.len());
            });
            failure.story
        })
        .collect();
    assert_eq!(stories[0], stories[1]);
}
