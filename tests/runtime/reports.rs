//! What the loop knows of itself: the dump, the stall report, lost tasks, slow polls.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::future::{pending, poll_fn};
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use runtime::net::{TcpListener, TcpStream};
use runtime::sync::{Event, Mutex};
use runtime::trace::{self, Observer, What};
use runtime::{
    Builder, Clock, Dump, Either, Handle, OnStall, Resource, Task, TaskInfo, TaskState, block_on, dump,
    join_all, race, sleep, spawn, spawn_blocking, timeout, yield_now,
};
use tests::gate::Gate;

use crate::everywhere::Order;
use crate::support::alone::{child_of, is_child, passed};
use crate::support::leaves::Place;
use crate::support::{each_order, panics, run, turns};

/// The state of the task of this name.
#[track_caller]
fn state(dump: &Dump, name: &str) -> TaskState {
    let is_it = |task: &&TaskInfo| task.name.as_deref() == Some(name);
    dump.tasks.iter().find(is_it).unwrap_or_else(|| panic!("no task {name} in\n{dump}")).state
}

fn waits_on(dump: &Dump, name: &str) -> Resource {
    match state(dump, name) {
        TaskState::Waiting(Some(waiting)) => waiting.on,
        other => panic!("{name} {other}"),
    }
}

/// Runs in every order until it stalls, and has a look at what the panic says.
fn stalls(test: impl AsyncFn() + Send + Sync + 'static, look: impl Fn(&str) + Send + Sync + 'static) {
    each_order(move |order| {
        let runtime = order.builder().on_stall(OnStall::Panic).build().unwrap();
        look(&panics(|| runtime.block_on(test())));
    });
}

#[test]
fn the_dump_tells_of_each_task_what_it_waits_for() {
    run(async || {
        let lock = Rc::new(Mutex::new(()));
        let held = lock.lock().await;
        let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let (gate, shut) = std::sync::mpsc::channel::<()>();
        let name = |name: &str| Task::new().name(name);
        let tasks = [
            name("a timer").spawn(sleep(Duration::from_secs(3600))),
            name("a lock").spawn({
                let lock = lock.clone();
                async move { drop(lock.lock().await) }
            }),
            name("a socket").spawn(async move { drop(listener.accept().await) }),
            name("a job").spawn(async move {
                let _ = spawn_blocking(move || shut.recv()).await;
            }),
            name("children").spawn(async { drop(join_all([pending::<()>(), pending()]).await) }),
            name("something").spawn(poll_fn(|_| {
                runtime::waiting_on("the printer");
                Poll::<()>::Pending
            })),
        ];
        let join = name("a join").spawn({
            let other = spawn(sleep(Duration::from_secs(3600)));
            async move { drop(other.await) }
        });
        turns(1).await;

        let dump = dump();
        assert_eq!(waits_on(&dump, "a timer"), Resource::Timer);
        assert_eq!(waits_on(&dump, "a lock"), Resource::Lock);
        assert_eq!(waits_on(&dump, "a socket"), Resource::Readable);
        assert_eq!(waits_on(&dump, "a job"), Resource::Job);
        assert_eq!(waits_on(&dump, "a join"), Resource::Task);
        assert_eq!(waits_on(&dump, "children"), Resource::Children { left: 2, lost: 2 });
        let TaskState::Lost(Some(other)) = state(&dump, "something") else { panic!("{dump}") };
        assert_eq!(other.on, Resource::Other("the printer"));
        assert!(matches!(state(&dump, "root"), TaskState::Running));
        // Where it was spawned, and where it waits.
        let text = dump.to_string();
        assert!(text.lines().all(|line| line.contains("tests/runtime/")), "{text}");
        drop((held, gate));
        for task in tasks {
            task.abort();
        }
        join.abort();
    });
}

#[test]
fn the_dump_is_in_the_order_of_the_spawns_and_knows_who_is_queued() {
    run(async || {
        let _tasks: Vec<_> =
            (0..5).map(|n| Task::new().name(format!("task {n}")).spawn(yield_now())).collect();
        let dump = dump();
        let names: Vec<_> = dump.tasks.iter().filter_map(|task| task.name.as_deref()).collect();
        assert_eq!(names, ["root", "task 0", "task 1", "task 2", "task 3", "task 4"]);
        assert!(matches!(state(&dump, "task 3"), TaskState::Queued));
    });
}

#[test]
fn trap_36_a_stall_is_told_with_who_waits_for_what() {
    let look = |text: &str| {
        assert!(text.contains("stalled"), "{text}");
        assert!(text.contains("root") && text.contains("waits for task #2"), "{text}");
        assert!(text.contains("philosopher") && text.contains("waits for lock"), "{text}");
    };
    stalls(
        async || {
            let lock = Rc::new(Mutex::new(()));
            let held = lock.lock().await;
            let waiting = {
                let lock = lock.clone();
                Task::new().name("philosopher").spawn(async move { drop(lock.lock().await) })
            };
            waiting.await.unwrap();
            drop(held);
        },
        look,
    );
}

#[test]
fn a_stall_names_a_task_that_nobody_can_wake_as_lost() {
    let look = |text: &str| {
        let line = text.lines().find(|line| line.contains("lost, spawned")).unwrap();
        assert!(line.contains("nobody holds its waker"), "{text}");
        assert!(!text.lines().any(|line| line.contains("root") && line.contains("nobody holds")), "{text}");
    };
    stalls(
        async || {
            let lost = Task::new().name("lost").spawn(pending::<()>());
            lost.await.unwrap();
        },
        look,
    );
}

#[test]
fn trap_36_a_stall_is_told_also_if_it_begins_with_the_end_of_a_job_that_nobody_waits_for() {
    let look = |text: &str| {
        assert!(text.contains("is lost"), "{text}");
    };
    stalls(
        async || {
            drop(spawn_blocking(|| std::thread::sleep(Duration::from_millis(1))));
            let lost = spawn(pending::<()>());
            lost.await.unwrap();
        },
        look,
    );
}

#[test]
fn a_stall_names_a_live_handle() {
    let look = |text: &str| {
        assert!(text.contains("1 Handle"), "{text}");
    };
    stalls(
        async || {
            let _handle = Handle::current();
            pending::<()>().await;
        },
        look,
    );
}

#[test]
fn what_waits_for_a_timer_a_socket_or_a_job_is_no_stall() {
    let runtime = Builder::new().on_stall(OnStall::Panic).build().unwrap();
    runtime.block_on(async {
        sleep(Duration::from_millis(5)).await;
        let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let addr = listener.local_addr().unwrap();
        // Another thread connects: until then the loop waits for a source and nothing else.
        let thread = std::thread::spawn(move || std::net::TcpStream::connect(addr).unwrap());
        listener.accept().await.unwrap();
        drop(thread.join().unwrap());
        let (begins, begun) = std::sync::mpsc::channel();
        let job = spawn_blocking(move || {
            begins.send(()).unwrap();
            std::thread::sleep(Duration::from_millis(5));
        });
        begun.recv().unwrap(); // it stands in no queue any more
        job.await.unwrap();
    });
}

#[test]
fn a_background_source_does_not_count_against_a_stall() {
    let look = |text: &str| {
        assert!(text.contains("to become readable"), "{text}");
    };
    stalls(
        async || {
            let (_sender, receiver) = mio::unix::pipe::new().unwrap();
            let signals = runtime::Async::new(receiver).unwrap();
            signals.set_background(true);
            signals.readable().await;
            // It is ready at first; then it is not.
            let _ = signals.read_with(|mut pipe| std::io::Read::read(&mut pipe, &mut [0])).await;
        },
        look,
    );
}

#[derive(Clone, Default)]
struct Told {
    stalls: Rc<Cell<u32>>,
    lost: Rc<Cell<u32>>,
    slow: Rc<RefCell<Vec<Duration>>>,
}

impl Observer for Told {
    fn event(&self, event: &trace::Event<'_>) {
        match event.what {
            What::Stalled => self.stalls.set(self.stalls.get() + 1),
            What::Lost { .. } => self.lost.set(self.lost.get() + 1),
            What::SlowPoll { took, .. } => self.slow.borrow_mut().push(took),
            _ => {}
        }
    }
}

#[test]
fn a_stall_is_told_once_and_the_loop_waits_on() {
    let told = Told::default();
    let runtime = Builder::new().on_stall(OnStall::Wait).observer(told.clone()).build().unwrap();
    runtime.block_on(async {
        for _ in 0..2 {
            let waker = Rc::new(RefCell::new(None::<Waker>));
            let mut thread = None;
            poll_fn(|cx| {
                if thread.is_some() {
                    return Poll::Ready(());
                }
                *waker.borrow_mut() = Some(cx.waker().clone());
                let waker = cx.waker().clone();
                // Long enough for the loop to be asleep, but if it is not, nothing but the count is different.
                thread = Some(std::thread::spawn(move || {
                    std::thread::sleep(Duration::from_millis(20));
                    waker.wake();
                }));
                Poll::Pending
            })
            .await;
            thread.unwrap().join().unwrap();
        }
    });
    assert!((1..=2).contains(&told.stalls.get()), "{} stalls", told.stalls.get());
}

#[test]
fn after_a_stall_that_a_thread_has_ended_one_is_reported_if_it_lasts() {
    // In a process of its own, as a report goes to stderr.
    let body = || {
        let (asleep, woken) = std::sync::mpsc::channel::<Waker>();
        let thread = std::thread::spawn(move || woken.iter().for_each(Waker::wake));
        let (waker, sleeps) = (Rc::new(RefCell::new(None::<Waker>)), Rc::new(Cell::new(0)));
        let (wake, left) = (waker.clone(), sleeps.clone());
        // The thread wakes the root as soon as the loop has gone to sleep so many times, and not before.
        let observer = move |event: &trace::Event<'_>| {
            if let What::Asleep { .. } = event.what {
                left.set(left.get() - 1);
                if left.get() == 0 {
                    asleep.send(wake.take().unwrap()).unwrap();
                }
            }
        };
        let runtime = Builder::new().observer(observer).build().unwrap();
        for _ in 0..2 {
            runtime.block_on(async {
                // The first is told. The next two are short. The last goes on until it is told.
                for sleep in [1, 1, 1, 2] {
                    let mut is_woken = false;
                    poll_fn(|cx| {
                        if is_woken {
                            return Poll::Ready(());
                        }
                        is_woken = true;
                        sleeps.set(sleep);
                        *waker.borrow_mut() = Some(cx.waker().clone());
                        Poll::Pending
                    })
                    .await;
                }
            });
        }
        drop(runtime);
        thread.join().unwrap();
    };
    if is_child() {
        return body();
    }
    let done = child_of(&body).run();
    passed(&done);
    assert_eq!(done.err().matches("runtime: stalled").count(), 4, "{}", done.report());
    assert_eq!(done.err().matches("OnStall::Wait").count(), 4, "{}", done.report());
}

#[test]
fn there_is_no_false_alarm_of_lost_tasks() {
    let told = Told::default();
    let runtime = Builder::new().observer(told.clone()).clock(Clock::Virtual).build().unwrap();
    runtime.block_on(async {
        let event = Rc::new(Event::new());
        let waiters: Vec<_> = (0..20)
            .map(|n| {
                let event = event.clone();
                spawn(async move {
                    sleep(Duration::from_millis(n)).await;
                    yield_now().await;
                    event.wait().await;
                    spawn_blocking(|| ()).await.unwrap();
                    join_all((0..3).map(|n| sleep(Duration::from_millis(n)))).await;
                })
            })
            .collect();
        let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let addr = listener.local_addr().unwrap();
        let (accepted, connected) = (spawn(async move { listener.accept().await }), TcpStream::connect(addr));
        connected.await.unwrap();
        accepted.await.unwrap().unwrap();
        sleep(Duration::from_secs(1)).await;
        event.set();
        join_all(waiters).await;
    });
    assert_eq!(told.lost.get(), 0);
}

#[test]
fn a_lost_task_is_told_as_soon_as_it_has_returned_pending() {
    let told = Told::default();
    let runtime = Builder::new().observer(told.clone()).on_stall(OnStall::Wait).build().unwrap();
    runtime.block_on(async {
        let lost = spawn(pending::<()>());
        yield_now().await;
        assert_eq!(told.lost.get(), 1);
        lost.abort();
    });
}

#[test]
fn a_poll_that_holds_the_thread_is_reported_and_a_short_one_is_not() {
    let told = Told::default();
    let threshold = Duration::from_millis(50);
    let runtime = Builder::new().slow_poll(threshold).observer(told.clone()).build().unwrap();
    runtime.block_on(async {
        yield_now().await;
        Task::new()
            .name("hog")
            .spawn(async {
                let start = Instant::now();
                while start.elapsed() < Duration::from_millis(60) {
                    std::hint::spin_loop();
                }
            })
            .await
            .unwrap();
    });
    let slow = told.slow.borrow();
    assert!(!slow.is_empty() && slow.iter().all(|took| *took >= threshold), "{slow:?}");
}

#[test]
fn an_observer_may_ask_for_a_dump_at_every_event() {
    struct Dumps(Rc<Cell<usize>>);
    impl Observer for Dumps {
        fn event(&self, _: &trace::Event<'_>) {
            self.0.set(self.0.get() + dump().tasks.len());
        }
    }
    let seen = Rc::new(Cell::new(0));
    let runtime = Builder::new().observer(Dumps(seen.clone())).build().unwrap();
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let addr = listener.local_addr().unwrap();
        let tasks: Vec<_> = (0..10).map(|n| spawn(sleep(Duration::from_millis(n)))).collect();
        tasks[3].abort();
        let _ = tasks.into_iter().next().unwrap().await;
        drop((TcpStream::connect(addr).await, listener.accept().await));
        spawn_blocking(|| ()).await.unwrap();
    });
    assert!(seen.get() > 100);
}

#[test]
fn the_events_of_a_task_are_in_their_right_order() {
    #[derive(Clone, Default)]
    struct Log(Rc<RefCell<Vec<String>>>);
    impl Observer for Log {
        fn event(&self, event: &trace::Event<'_>) {
            let line = match event.what {
                What::Spawned { task, parent, name, .. } => format!("{task} {name:?} spawned by {parent:?}"),
                What::Queued { task, len } => format!("{task} queued, {len}, by {:?}", event.by),
                What::Coalesced { task, .. } => format!("{task} coalesced"),
                What::Polled { task } => format!("{task} polled"),
                What::Pending { task, on, .. } => format!("{task} pending on {:?}", on.map(|on| on.on)),
                What::Ready { task } => format!("{task} ready"),
                _ => return,
            };
            self.0.borrow_mut().push(line);
        }
    }
    let log = Log::default();
    let runtime = Builder::new().observer(log.clone()).build().unwrap();
    runtime.block_on(async {
        Task::new().name("child").spawn(yield_now()).await.unwrap();
    });
    let root = "TaskId(#1 in slot 0)";
    let child = "TaskId(#2 in slot 1)";
    assert_eq!(
        *log.0.borrow(),
        [
            "#1 Some(\"root\") spawned by None".to_owned(),
            "#1 queued, 1, by Loop".to_owned(),
            "#1 polled".to_owned(),
            format!("#2 Some(\"child\") spawned by Some({root})"),
            format!("#2 queued, 1, by Task({root})"),
            "#1 pending on Some(Task)".to_owned(),
            "#2 polled".to_owned(),
            format!("#2 queued, 1, by Task({child})"),
            "#2 pending on Some(Turn)".to_owned(),
            "#2 polled".to_owned(),
            "#2 ready".to_owned(),
            format!("#1 queued, 1, by Task({child})"),
            "#1 polled".to_owned(),
            "#1 ready".to_owned(),
        ]
    );
}

/// The events by name, and by task where they have one.
#[derive(Clone, Default)]
struct Names(Rc<RefCell<Vec<String>>>);

impl Observer for Names {
    fn event(&self, event: &trace::Event<'_>) {
        // Of what follows the task, some differs from run to run: numbers of timers, places, times.
        let text = format!("{:?}", event.what);
        let end = text.find('}').or(text.find(')')).unwrap_or(text.len());
        let task = text.find("slot ").filter(|at| *at < end).map(|_| &text[..end]);
        let name = text.split([' ', '(', '{']).next().unwrap();
        self.0.borrow_mut().push(task.filter(|task| !task.contains("at:")).unwrap_or(name).to_owned());
    }
}

#[test]
fn every_kind_of_event_is_told() {
    each_order(|order| {
        let (names, asleep) = (Names::default(), Gate::new());
        let (seen, door) = (names.clone(), asleep.clone());
        let observer = move |event: &trace::Event<'_>| {
            if matches!(event.what, What::Asleep { .. }) {
                door.open();
            }
            seen.event(event);
        };
        let builder = order.builder().clock(Clock::Virtual).observer(observer).on_stall(OnStall::Wait);
        let slow = Duration::from_millis(1);
        builder.slow_poll(slow).build().unwrap().block_on(async {
            spawn(async move { std::thread::sleep(slow) }).await.unwrap();
            let (mut sender, receiver) = mio::unix::pipe::new().unwrap();
            let receiver = runtime::Async::new(receiver).unwrap();
            let reader = spawn(async move {
                let read = |mut pipe: &mio::unix::pipe::Receiver| std::io::Read::read(&mut pipe, &mut [0]);
                receiver.read_with(read).await.unwrap()
            });
            turns(1).await;
            std::io::Write::write_all(&mut sender, b"x").unwrap();
            assert_eq!(reader.await.unwrap(), 1);
            sleep(Duration::from_micros(1)).await;
            assert!(timeout(Duration::from_secs(3600), yield_now()).await.is_ok());
            assert!(spawn(async { panic!("a task") }).await.is_err());
            let lost = spawn(pending::<()>());
            turns(1).await;
            lost.abort();
            assert!(lost.await.is_err());
            // Woken twice, and once more when it is over.
            let place = Place::new();
            let keeps = place.clone();
            let kept = spawn(poll_fn(move |cx| {
                keeps.keep(cx);
                cx.waker().wake_by_ref();
                cx.waker().wake_by_ref();
                Poll::Ready(())
            }));
            kept.await.unwrap();
            turns(1).await;
            place.wake();
            turns(3).await;
            spawn_blocking(|| ()).await.unwrap();
            // A stall, out of which another thread helps.
            let mut helper = None;
            poll_fn(|cx| {
                if helper.is_some() {
                    return Poll::Ready(());
                }
                let (waker, asleep) = (cx.waker().clone(), asleep.clone());
                helper = Some(std::thread::spawn(move || {
                    asleep.wait();
                    waker.wake();
                }));
                Poll::Pending
            })
            .await;
        });
        let told = names.0.borrow();
        let all = [
            "Spawned",
            "Queued",
            "Coalesced",
            "Late",
            "Polled",
            "Pending",
            "Lost",
            "Ready",
            "Panicked",
            "Cancelled",
            "Turn",
            "Asleep",
            "Awake",
            "Registered",
            "Readiness",
            "Deregistered",
            "TimerSet",
            "TimerFired",
            "TimerDropped",
            "JobQueued",
            "SlowPoll",
        ];
        for name in all {
            assert!(told.iter().any(|event| event.starts_with(name)), "no event {name}");
        }
    });
}

#[test]
fn the_same_seed_gives_the_same_events_also_with_timers_locks_races_and_groups() {
    let events = |order: Order| {
        let names = Names::default();
        let builder = order.builder().clock(Clock::Virtual).observer(names.clone());
        builder.build().unwrap().block_on(async {
            let lock = Rc::new(Mutex::new(0));
            let tasks: Vec<_> = (0..10)
                .map(|n| {
                    let lock = lock.clone();
                    spawn(async move {
                        sleep(Duration::from_millis(n % 3)).await;
                        *lock.lock().await += n;
                        yield_now().await;
                        let raced = race(yield_now(), yield_now()).await == Either::Left(());
                        let late =
                            timeout(Duration::from_millis(n), sleep(Duration::from_millis(5))).await.is_err();
                        join_all((0..n).map(|_| yield_now())).await;
                        (raced, late)
                    })
                })
                .collect();
            join_all(tasks).await;
        });
        names.0.take()
    };
    let mut different = HashSet::new();
    for order in Order::all() {
        let first = events(order);
        assert!(first.len() > 100 && first == events(order), "{order:?}");
        different.insert(first);
    }
    assert!(different.len() > 90, "{} orders of 101 are different", different.len());
}

#[test]
fn nothing_is_observed_where_nobody_observes() {
    // The flag is the thread's: an observed loop before must not leave it set.
    let told = Told::default();
    Builder::new().observer(told.clone()).build().unwrap().block_on(yield_now());
    block_on(async {
        let lost = spawn(pending::<()>());
        yield_now().await;
        lost.abort();
    });
    assert_eq!(told.lost.get(), 0);
}
