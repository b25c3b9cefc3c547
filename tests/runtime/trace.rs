//! What an observer is told: every kind of event, in the order in which things happen, and from whom it came.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use runtime::futures::TaskGroup;
use runtime::net::{TcpListener, TcpStream};
use runtime::sync::{Barrier, Condvar, Event, Mutex, Semaphore, mpsc as channel, oneshot};
use runtime::trace::{self, By, ChildStep, SyncStep, What};
use runtime::{
    Builder, Clock, Resource, Task, current_task, dump, join_all, sleep, spawn, spawn_blocking, task_group,
    timeout, yield_now,
};

use crate::support::{bounded, panics};

/// Runs `body` with virtual time and gives the lines that `line` makes of its events.
fn watched<F: Future>(
    clock: Clock,
    line: impl Fn(&trace::Event<'_>) -> Option<String> + 'static,
    body: F,
) -> Vec<String> {
    let log = Rc::new(RefCell::new(Vec::new()));
    let lines = log.clone();
    let observer = move |event: &trace::Event<'_>| lines.borrow_mut().extend(line(event));
    Builder::new().clock(clock).observer(observer).build().unwrap().block_on(body);
    log.take()
}

/// What was done to locks, channels and the like, without their numbers.
fn syncs(event: &trace::Event<'_>) -> Option<String> {
    match (event.what, event.by) {
        (What::Sync { on, step, .. }, By::Task(task)) => Some(format!("{task} {on:?} {step:?}")),
        _ => None,
    }
}

#[test]
fn a_lock_that_is_handed_over_is_told_of_step_by_step() {
    let log = watched(Clock::Virtual, syncs, async {
        let mutex = Rc::new(Mutex::new(()));
        let guard = mutex.lock().await;
        let second = spawn({
            let mutex = mutex.clone();
            async move { drop(mutex.lock().await) }
        });
        yield_now().await;
        drop(guard);
        second.await.unwrap();
    });
    let n = 1;
    let [acquired, released] = [SyncStep::Acquired { n }, SyncStep::Released { n }];
    let told = [("#1", acquired), ("#1", released), ("#2", acquired), ("#2", released)];
    assert_eq!(log, told.map(|(task, step)| format!("{task} Lock {step:?}")));
}

#[test]
fn permits_barriers_events_conditions_and_channels_are_told_of() {
    let log = watched(Clock::Virtual, syncs, async {
        let semaphore = Semaphore::new(2);
        drop(semaphore.acquire(2).await);
        semaphore.close();
        let barrier = Barrier::new(2);
        let both = join_all([barrier.wait(), barrier.wait()]).await;
        assert!(both.iter().all(Result::is_ok));
        barrier.reset();
        let event = Event::new();
        event.set();
        event.clear();
        Condvar::new().notify_all();
        let (sender, mut receiver) = channel::channel(1);
        sender.send(()).await.unwrap();
        receiver.recv().await;
        receiver.close();
        let (sender, receiver) = oneshot::channel();
        sender.send(()).unwrap();
        receiver.await.unwrap();
    });
    let told = [
        "Permits Acquired { n: 2 }",
        "Permits Released { n: 2 }",
        "Permits Closed",
        "Barrier Arrived { waiting: 1, parties: 2 }",
        "Barrier Arrived { waiting: 2, parties: 2 }",
        "Barrier Opened",
        "Barrier Broken",
        "Event Set",
        "Event Cleared",
        "Condvar Notified { n: 0 }",
        "Message Sent { len: 1 }",
        "Message Received { len: 0 }",
        "Message Closed",
        "Message Sent { len: 1 }",
        "Message Received { len: 0 }",
    ];
    assert_eq!(log, told.map(|line| format!("#1 {line}")));
}

#[test]
fn the_children_of_a_group_have_an_id_and_a_life_of_their_own() {
    let log = watched(
        Clock::Virtual,
        |event| match event.what {
            What::Child { child, step } => Some(match step {
                ChildStep::Spawned { name, .. } => format!("{child} spawned {name:?}"),
                ChildStep::Pending { on } => format!("{child} pending on {:?}", on.map(|on| on.on)),
                step => format!("{child} {step:?}"),
            }),
            _ => None,
        },
        async {
            let failed = task_group(async |group: TaskGroup<'_, ()>| {
                group.spawn_named("sleeper", async {
                    sleep(Duration::from_secs(1)).await;
                    Ok(())
                });
                group.spawn(async { Err::<(), ()>(()) });
                Ok(())
            });
            assert_eq!(failed.await, Err(()));
        },
    );
    let told = [
        "#1.0 spawned Some(\"body\")",
        "#1.0 Polled",
        "#1.1 spawned Some(\"sleeper\")",
        "#1.2 spawned None",
        "#1.0 Ready",
        "#1.1 Polled",
        "#1.1 pending on Some(Timer)",
        "#1.2 Polled",
        "#1.2 Ready",
        "#1.1 Cancelled",
    ];
    assert_eq!(log, told);
}

#[test]
fn who_keeps_a_waker_is_told_of_each_and_so_is_what_is_replaced() {
    let log = watched(
        Clock::Virtual,
        |event| match event.what {
            What::Waits { on, replaced } => Some(format!("{:?} {replaced}", on.on)),
            What::Pending { wakers, .. } => Some(format!("pending, {wakers} wakers")),
            _ => None,
        },
        async {
            let (_sender, mut receiver) = channel::channel::<()>(1);
            // A time limit around a channel: both keep the waker.
            let late = timeout(Duration::from_secs(1), receiver.recv()).await;
            assert!(late.is_err());
            // Polled by one task, then by another.
            let mut nap = Box::pin(sleep(Duration::from_secs(2)));
            assert!(timeout(Duration::from_secs(1), &mut nap).await.is_err());
            spawn(nap).await.unwrap();
        },
    );
    let told = [
        // The first limit: the channel is asked again when the time is up.
        "Message false",
        "Timer false",
        "pending, 2 wakers",
        "Message false",
        // The second: the nap and its limit.
        "Timer false",
        "Timer false",
        "pending, 2 wakers",
        "Timer false",
        // The nap still has the root's waker, until the task polls it.
        "Task false",
        "pending, 2 wakers",
        "Timer true",
        "pending, 1 wakers",
    ];
    assert_eq!(log, told);
}

#[test]
fn a_blocking_job_is_told_of_from_queue_to_end_before_it_wakes_anybody() {
    bounded(|| {
        let log = watched(
            Clock::Real,
            |event| match event.what {
                What::JobQueued { job, .. } => Some(format!("job {job} queued")),
                What::JobStarted { job, .. } => Some(format!("job {job} started")),
                What::JobDone { job, .. } => Some(format!("job {job} done")),
                What::Queued { task, .. } => Some(format!("{task} queued by {:?}", event.by)),
                _ => None,
            },
            async {
                // It ends when it is waited for, and no sooner.
                let (go, may_go) = mpsc::channel();
                let (mut job, mut go) = (spawn_blocking(move || may_go.recv()), Some(go));
                let done = poll_fn(|cx| {
                    let polled = Pin::new(&mut job).poll(cx);
                    if let Some(go) = go.take() {
                        go.send(()).unwrap();
                    }
                    polled
                });
                done.await.unwrap().unwrap();
                // Never run, as this block_on is left.
                let (hold, held) = mpsc::channel::<()>();
                let _busy = spawn_blocking(move || held.recv().is_ok());
                drop(hold);
            },
        );
        assert_eq!(
            log[..5],
            ["#1 queued by Loop", "job 1 queued", "job 1 started", "job 1 done", "#1 queued by Thread"]
        );
        assert_eq!(log.last().map(String::as_str), Some("job 2 done"));
    });
}

#[test]
fn wakes_from_other_threads_that_become_one_are_counted() {
    bounded(|| {
        let log = watched(
            Clock::Real,
            |event| match event.what {
                What::Inbox { wakes, sent, coalesced } => {
                    Some(format!("{wakes} woken, {sent} sent, {coalesced} coalesced"))
                }
                What::Awake { slept, events, bell } => Some(format!("awake {slept} {events} {bell}")),
                _ => None,
            },
            async {
                let waker = poll_fn(|cx| std::task::Poll::Ready(cx.waker().clone())).await;
                // While this task is being polled, a thread wakes it five times.
                let woken = Arc::new(waker);
                thread::spawn(move || (0..5).for_each(|_| woken.wake_by_ref())).join().unwrap();
                let mut first = true;
                poll_fn(|_| match std::mem::take(&mut first) {
                    true => std::task::Poll::Pending,
                    false => std::task::Poll::Ready(()),
                })
                .await;
            },
        );
        assert_eq!(log, ["1 woken, 0 sent, 4 coalesced"]);
    });
}

#[test]
fn a_source_is_told_of_from_registration_to_its_end_with_the_bytes_it_moved() {
    bounded(|| {
        let log = watched(
            Clock::Real,
            |event| match event.what {
                What::Registered { source, kind, .. } => {
                    Some(format!("{source} {}", kind.rsplit(':').next()?))
                }
                What::Moved { source, read, bytes } => Some(format!("{source} {read} {bytes}")),
                What::Deregistered { source } => Some(format!("{source} gone")),
                _ => None,
            },
            async {
                use runtime::io::{AsyncReadExt, AsyncWriteExt};
                let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
                let mut one = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
                let (mut other, _) = listener.accept().await.unwrap();
                one.write_all(b"hello").await.unwrap();
                other.read_exact(&mut [0; 5]).await.unwrap();
                drop(listener);
                drop(one);
                drop(other);
            },
        );
        let told = [
            "1 TcpListener",
            "2 TcpStream",
            "3 TcpStream",
            "2 false 5",
            "3 true 5",
            "1 gone",
            "2 gone",
            "3 gone",
        ];
        assert_eq!(log, told);
    });
}

#[test]
fn a_span_of_the_programs_own_has_a_begin_and_an_end() {
    let log = watched(
        Clock::Virtual,
        |event| match event.what {
            What::SpanBegan { span, name, detail } => Some(format!("{span} {name} {detail}")),
            What::SpanEnded { span } => Some(format!("{span} over")),
            What::Mark { name, detail } => Some(format!("{name} {detail}")),
            _ => None,
        },
        async {
            let outer = trace::span("fetch", "a file");
            trace::mark("here", 1);
            drop(trace::span("look up", "a host"));
            drop(outer);
        },
    );
    let seen: BTreeSet<_> = log.iter().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(seen.len(), 3, "two numbers and the mark: {log:?}");
    assert!(log[0].ends_with("fetch a file") && log[1] == "here 1" && log[2].ends_with("look up a host"));
    assert!(log[3].ends_with("over") && log[4].ends_with("over"));
    // Without an observer there is nothing to end.
    drop(trace::span("nobody", "watches"));
}

#[test]
fn a_task_that_is_over_says_how_many_of_its_wakers_are_left_and_a_late_wake_is_named() {
    let log = watched(
        Clock::Virtual,
        |event| match event.what {
            What::Gone { wakers, .. } => Some(format!("gone, {wakers} wakers left")),
            What::Late { task } => Some(format!("{task} late")),
            _ => None,
        },
        async {
            let kept = Rc::new(RefCell::new(None));
            let keep = kept.clone();
            spawn(poll_fn(move |cx| {
                *keep.borrow_mut() = Some(cx.waker().clone());
                std::task::Poll::Ready(())
            }))
            .await
            .unwrap();
            kept.take().unwrap().wake();
            yield_now().await;
            yield_now().await;
        },
    );
    assert_eq!(log, ["gone, 1 wakers left", "#2 late", "gone, 0 wakers left"]); // the last is the root
}

#[test]
fn a_panic_in_an_observer_comes_out_at_the_end_and_what_it_brings_about_is_not_told() {
    let ran = Rc::new(RefCell::new(0));
    let seen = ran.clone();
    let observer = move |_: &trace::Event<'_>| {
        trace::mark("from the observer itself", "which would have no end");
        *seen.borrow_mut() += 1;
        assert!(*seen.borrow() % 3 > 0, "every third event is one too many for this observer");
    };
    let runtime = Builder::new().clock(Clock::Virtual).observer(observer).build().unwrap();
    let summed = Rc::new(RefCell::new(0));
    let sum = summed.clone();
    let text = panics(|| {
        runtime.block_on(async {
            let tasks = [1, 2, 3].map(|n| {
                spawn(async move {
                    sleep(Duration::from_secs(n)).await;
                    n
                })
            });
            *sum.borrow_mut() = join_all(tasks).await.into_iter().map(Result::unwrap).sum::<u64>();
        });
    });
    assert!(text.starts_with("every third event"), "the first of its panics comes out at the end: {text}");
    assert_eq!(*summed.borrow(), 6);
    assert!(*ran.borrow() > 30);
}

#[test]
fn a_dump_says_who_has_the_lock_also_after_it_changed_hands() {
    Builder::new().clock(Clock::Virtual).build().unwrap().block_on(async {
        let mutex = Rc::new(Mutex::new(()));
        let held_for = |seconds| {
            let mutex = mutex.clone();
            Task::new().spawn(async move {
                let _guard = mutex.lock().await;
                sleep(Duration::from_secs(seconds)).await;
            })
        };
        let tasks = [held_for(2), held_for(2), held_for(2)];
        let holders = || dump().tasks.iter().filter_map(|task| task.held_by).collect::<Vec<_>>();
        sleep(Duration::from_secs(1)).await;
        assert_eq!(holders(), [tasks[0].id(); 2]);
        sleep(Duration::from_secs(2)).await;
        assert_eq!(holders(), [tasks[1].id()]);
        sleep(Duration::from_secs(2)).await;
        assert_eq!(holders(), []);
    });
}

#[test]
fn a_deadlock_is_named_as_a_circle_and_a_time_limit_makes_it_none() {
    Builder::new().clock(Clock::Virtual).build().unwrap().block_on(async {
        let forks: Vec<_> = (0..3).map(|_| Rc::new(Mutex::new(()))).collect();
        let dine = |n: usize, limit: Option<u64>| {
            let (left, right) = (forks[n].clone(), forks[(n + 1) % 3].clone());
            spawn(async move {
                let _left = left.lock().await;
                sleep(Duration::from_secs(1)).await;
                match limit {
                    None => drop(right.lock().await),
                    Some(limit) => drop(timeout(Duration::from_secs(limit), right.lock()).await),
                }
            })
        };
        let patient = [dine(0, None), dine(1, None), dine(2, Some(5))];
        sleep(Duration::from_secs(2)).await;
        assert_eq!(dump().deadlocks().len(), 0, "the third has a limit");
        join_all(patient).await;

        let stuck = [dine(0, None), dine(1, None), dine(2, None)];
        sleep(Duration::from_secs(2)).await;
        let ids = stuck.each_ref().map(runtime::JoinHandle::id);
        assert_eq!(dump().deadlocks(), [ids]);
        assert!(dump().to_string().contains("deadlock"));
        stuck[1].abort();
        join_all(stuck).await;
        assert_eq!(dump().deadlocks().len(), 0);

        // A task that waits for its own end, by a handle it was given.
        let own = Rc::new(RefCell::new(None));
        let handle = own.clone();
        let task = spawn(async move {
            let own: Option<runtime::JoinHandle<()>> = handle.take();
            let _ = own.unwrap().await;
        });
        let id = task.id();
        *own.borrow_mut() = Some(task);
        yield_now().await;
        assert_eq!(dump().deadlocks(), [[id]]);
        let task = dump().tasks.into_iter().find(|task| task.id == id).unwrap();
        let runtime::TaskState::Waiting(Some(waiting)) = task.state else { panic!("{task}") };
        assert_eq!(waiting.on, Resource::Task);
    });
}

#[test]
fn the_current_task_is_the_one_that_runs_also_in_its_destructor() {
    struct Says(Rc<RefCell<Vec<Option<runtime::TaskId>>>>);
    impl Drop for Says {
        fn drop(&mut self) {
            self.0.borrow_mut().push(current_task());
        }
    }
    let said = Rc::new(RefCell::new(Vec::new()));
    let (says, ids) = (said.clone(), Rc::new(RefCell::new(Vec::new())));
    let known = ids.clone();
    Builder::new().build().unwrap().block_on(async move {
        let (one, two) = (Says(says.clone()), Says(says.clone()));
        let done = spawn(async move { drop(one) });
        let aborted = spawn(async move {
            let _two = two;
            std::future::pending::<()>().await;
        });
        *known.borrow_mut() = vec![Some(done.id()), Some(aborted.id())];
        yield_now().await;
        aborted.abort();
        let _ = aborted.await;
    });
    assert_eq!(*said.borrow(), *ids.borrow());
    assert_eq!(current_task(), None);
}

#[cfg(unix)]
#[test]
fn what_a_unix_socket_moves_is_told_of_in_both_directions() {
    bounded(|| {
        let log = watched(
            Clock::Real,
            |event| match event.what {
                What::Moved { source, read, bytes } => Some(format!("{source} {read} {bytes}")),
                _ => None,
            },
            async {
                use runtime::io::{AsyncReadExt, AsyncWriteExt};
                let (mut one, mut other) = runtime::net::UnixStream::pair().unwrap();
                one.write_all(b"hi").await.unwrap();
                other.read_exact(&mut [0; 2]).await.unwrap();
            },
        );
        assert_eq!(log, ["1 false 2", "2 true 2"]);
    });
}
