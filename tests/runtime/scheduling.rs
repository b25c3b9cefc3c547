//! Who runs next, and what time it is: policies, seeds, the virtual clock.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::time::{Duration, Instant};

use runtime::{
    Builder, Clock, Fifo, Handle, Lifo, Random, Scheduler, Task, TaskId, TaskMeta, block_on, join_all, now,
    sleep, spawn, spawn_blocking, timeout, yield_now,
};

use crate::support::each_order;

/// The order in which five tasks run that each yield once.
fn order(scheduler: impl Scheduler + 'static) -> Vec<usize> {
    let log = Rc::new(RefCell::new(Vec::new()));
    let runtime = Builder::new().scheduler(scheduler).clock(Clock::Virtual).build().unwrap();
    runtime.block_on(async {
        let tasks = (0..5).map(|n| {
            let log = log.clone();
            spawn(async move {
                log.borrow_mut().push(n);
                yield_now().await;
                log.borrow_mut().push(n);
            })
        });
        let tasks: Vec<_> = tasks.collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
    log.take()
}

#[test]
fn fifo_takes_turns() {
    assert_eq!(order(Fifo::default()), [0, 1, 2, 3, 4, 0, 1, 2, 3, 4]);
}

#[test]
fn trap_13_lifo_lets_the_last_go_first() {
    assert_eq!(order(Lifo::default()), [4, 4, 3, 3, 2, 2, 1, 1, 0, 0]);
}

#[test]
fn the_same_seed_gives_the_same_run_and_seeds_differ() {
    let runs: Vec<_> = (0..20).map(|seed| order(Random::new(seed))).collect();
    for (seed, run) in runs.iter().enumerate() {
        assert_eq!(*run, order(Random::new(seed as u64)), "seed {seed}");
    }
    assert!(runs.iter().any(|run| *run != runs[0]), "all seeds gave {:?}", runs[0]);
}

#[test]
fn a_policy_sees_name_group_and_priority() {
    #[derive(Default)]
    struct Seen {
        fifo: Fifo,
        metas: Rc<RefCell<Vec<TaskMeta>>>,
    }
    impl Scheduler for Seen {
        fn push(&mut self, id: TaskId, meta: &TaskMeta) {
            self.metas.borrow_mut().push(meta.clone());
            self.fifo.push(id, meta);
        }
        fn pop(&mut self) -> Option<TaskId> {
            self.fifo.pop()
        }
    }
    let metas = Rc::new(RefCell::new(Vec::new()));
    let runtime = Builder::new().scheduler(Seen { metas: metas.clone(), ..Seen::default() }).build().unwrap();
    runtime.block_on(async {
        Task::new().name("one").group("numbers").priority(7).spawn(async {}).await.unwrap();
    });
    let metas = metas.borrow();
    let one = metas.iter().find(|meta| meta.name.as_deref() == Some("one")).unwrap();
    assert_eq!((one.group, one.priority), (Some("numbers"), 7));
}

#[test]
fn a_policy_hears_how_long_a_poll_took_only_if_it_asks() {
    struct Timed {
        fifo: Fifo,
        asks: bool,
        heard: Rc<Cell<u32>>,
    }
    impl Scheduler for Timed {
        fn push(&mut self, id: TaskId, meta: &TaskMeta) {
            self.fifo.push(id, meta);
        }
        fn pop(&mut self) -> Option<TaskId> {
            self.fifo.pop()
        }
        fn ran(&mut self, _: TaskId, _: Duration) {
            self.heard.set(self.heard.get() + 1);
        }
        fn wants_time(&self) -> bool {
            self.asks
        }
    }
    for asks in [false, true] {
        let heard = Rc::new(Cell::new(0));
        let timed = Timed { fifo: Fifo::default(), asks, heard: heard.clone() };
        Builder::new().scheduler(timed).build().unwrap().block_on(yield_now());
        assert_eq!(heard.get(), if asks { 2 } else { 0 });
    }
}

#[test]
fn a_policy_that_loses_a_task_is_told_so() {
    struct Loses;
    impl Scheduler for Loses {
        fn push(&mut self, _: TaskId, _: &TaskMeta) {}
        fn pop(&mut self) -> Option<TaskId> {
            None
        }
    }
    let runtime = Builder::new().scheduler(Loses).build().unwrap();
    let payload = catch_unwind(AssertUnwindSafe(|| runtime.block_on(async {}))).unwrap_err();
    let text = payload.downcast::<String>().unwrap();
    assert!(text.contains("it has lost them"), "{text}");
}

#[test]
fn virtual_time_jumps_to_the_next_deadline_and_no_further() {
    let real = Instant::now();
    let runtime = Builder::new().clock(Clock::Virtual).build().unwrap();
    runtime.block_on(async {
        let start = now();
        let hour = Duration::from_secs(3600);
        let slept = join_all((1..=10).map(|n| async move {
            sleep(hour * n).await;
            now() - start
        }));
        assert_eq!(slept.await, (1..=10).map(|n| hour * n).collect::<Vec<_>>());
        assert!(timeout(hour, std::future::pending::<()>()).await.is_err());
        assert_eq!(now() - start, hour * 11);
    });
    assert!(real.elapsed() < Duration::from_secs(60));
}

#[test]
fn virtual_time_stands_still_while_a_blocking_job_runs() {
    let runtime = Builder::new().clock(Clock::Virtual).build().unwrap();
    runtime.block_on(async {
        let start = now();
        let job = spawn_blocking(|| std::thread::sleep(Duration::from_millis(30)));
        // The time-out does not fire, although everybody waits: the job is not done.
        timeout(Duration::from_millis(1), job).await.unwrap().unwrap();
        assert_eq!(now(), start);
    });
}

#[test]
fn virtual_time_goes_on_when_the_last_job_has_ended_whether_or_not_somebody_waits_for_it() {
    each_order(|order| {
        order.builder().clock(Clock::Virtual).build().unwrap().block_on(async {
            // Its end comes after the wake of who waits for it, so the loop may ask in between whether jobs run.
            for _ in 0..20 {
                spawn_blocking(|| {}).await.unwrap();
                sleep(Duration::from_secs(1)).await;
            }
            // Its end wakes nobody at all.
            drop(spawn_blocking(|| std::thread::sleep(Duration::from_millis(1))));
            sleep(Duration::from_secs(1)).await;
        });
    });
}

#[test]
fn virtual_time_lets_what_is_in_a_socket_come_first() {
    use runtime::io::{AsyncReadExt, AsyncWriteExt};
    use runtime::net::{TcpListener, TcpStream};
    let runtime = Builder::new().clock(Clock::Virtual).build().unwrap();
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let mut near = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (mut far, _) = listener.accept().await.unwrap();
        for _ in 0..100 {
            near.write_all(b"x").await.unwrap();
            timeout(Duration::from_millis(1), far.read_exact(&mut [0])).await.unwrap().unwrap();
        }
    });
}

#[test]
fn outside_and_after_a_virtual_loop_time_is_real() {
    let before = Instant::now();
    Builder::new().clock(Clock::Virtual).build().unwrap().block_on(sleep(Duration::from_secs(1_000_000)));
    assert!(now() - before < Duration::from_secs(60));
}

#[test]
fn a_handle_has_work_done_on_the_loop_from_other_threads() {
    block_on(async {
        let handle = Handle::current();
        let (done, results) = std::sync::mpsc::channel();
        let threads: Vec<_> = (0..4)
            .map(|thread| {
                let (handle, done) = (handle.clone(), done.clone());
                std::thread::spawn(move || {
                    for n in 0..250 {
                        let done = done.clone();
                        // The future is not `Send`: it is made on the loop.
                        let make = move || async move {
                            let local = Rc::new(n);
                            yield_now().await;
                            done.send((std::thread::current().id(), thread * 250 + *local)).unwrap();
                        };
                        handle.spawn(make).unwrap();
                    }
                })
            })
            .collect();
        let mut got = Vec::new();
        while got.len() < 1000 {
            got.extend(results.try_iter());
            sleep(Duration::from_millis(1)).await;
        }
        for thread in threads {
            thread.join().unwrap();
        }
        assert!(got.iter().all(|(id, _)| *id == std::thread::current().id()));
        let mut numbers: Vec<_> = got.into_iter().map(|(_, n)| n).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (0..1000).collect::<Vec<_>>());
    });
}

#[test]
fn a_handle_says_when_its_loop_is_gone() {
    let handle = block_on(async { Handle::current() });
    let dropped = std::sync::Arc::new(());
    let held = dropped.clone();
    assert!(handle.spawn(move || async move { drop(held) }).is_err());
    assert_eq!(std::sync::Arc::strong_count(&dropped), 1);
}

#[test]
fn a_panic_in_what_a_handle_runs_ends_that_task_alone() {
    block_on(async {
        let handle = Handle::current();
        handle.spawn(|| -> std::future::Ready<()> { panic!("while it is made") }).unwrap();
        handle.spawn(|| async { panic!("while it runs") }).unwrap();
        for _ in 0..3 {
            yield_now().await;
        }
    });
}
