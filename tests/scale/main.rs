//! What it costs: many connections, many tasks, many timers. One test at a time, as they measure the whole process.

use std::alloc::System;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io::{BufRead, BufReader, Write};
use std::mem;
use std::pin::Pin;
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use runtime::io::AsyncReadExt;
use runtime::net::TcpListener;
use runtime::{
    Builder, OnStall, Scheduler, Task, TaskId, TaskMeta, block_on, join_all, race_all, sleep, spawn, timeout,
    yield_now,
};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const MIB: i64 = 1024 * 1024;

/// Bytes that are allocated now.
fn live() -> i64 {
    let stats = ALLOCATOR.stats();
    // A reallocation is counted in these two as well.
    stats.bytes_allocated as i64 - stats.bytes_deallocated as i64
}

fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A value in kB of /proc/self/status, if there is such a file.
fn status_kb(field: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(field))?;
    line.split_ascii_whitespace().nth(1)?.parse().ok()
}

/// Clock ticks (10 ms) of CPU that this process has used.
fn cpu_ticks() -> Option<u64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<_> = stat.rsplit(')').next()?.split_ascii_whitespace().collect();
    Some(fields[11].parse::<u64>().ok()? + fields[12].parse::<u64>().ok()?)
}

/// Peers in a process of their own, with its own limit of open files.
struct Peers {
    child: Child,
}

impl Peers {
    /// Has `n` connections made to `port`.
    fn start(port: u16, n: usize) -> Peers {
        let mut command = Command::new(env!("CARGO_BIN_EXE_idle-peers"));
        command.args([port.to_string(), n.to_string()]);
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        Peers { child }
    }

    /// The hundred that it made were accepted: it may go on.
    fn go_on(&mut self) {
        self.child.stdin.as_mut().unwrap().write_all(b".").unwrap();
    }

    /// Waits until they stand: how many.
    fn connected(&mut self) -> usize {
        let mut line = String::new();
        BufReader::new(self.child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        line.trim().parse().unwrap()
    }
}

impl Drop for Peers {
    fn drop(&mut self) {
        // The end of its stdin is the end of it.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

#[test]
fn ten_thousand_idle_connections_cost_no_cpu_and_little_memory() {
    let _alone = alone();
    if cpu_ticks().is_none() {
        println!("skipped: CPU time is read from /proc, which is not here");
        return;
    }
    const WANTED: usize = 10_000;
    block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut peers = Peers::start(port, WANTED);
        let before = (live(), status_kb("VmRSS:").unwrap());
        let mut connections = Vec::new();
        // As many as the limit of open files allows, here and there.
        while connections.len() < WANTED {
            let Ok(Ok((mut stream, _))) = timeout(Duration::from_secs(5), listener.accept()).await else {
                break;
            };
            if (connections.len() + 1) % 100 == 0 {
                peers.go_on();
            }
            connections.push(spawn(async move {
                let mut byte = [0];
                stream.read(&mut byte).await.unwrap_or(0)
            }));
        }
        let n = connections.len();
        drop(listener);
        assert!(peers.connected() >= n);
        yield_now().await;
        let bytes = (live() - before.0) / n as i64;
        let rss = status_kb("VmRSS:").unwrap().saturating_sub(before.1) * 1024 / n as u64;

        let (ticks, turns) = (cpu_ticks().unwrap(), runtime::stats().turns);
        sleep(Duration::from_secs(5)).await;
        let (ticks, turns) = (cpu_ticks().unwrap() - ticks, runtime::stats().turns - turns);
        println!(
            "{n} idle connections: {bytes} bytes each ({rss} of RSS), {ticks} ticks of CPU and {turns} turns in 5 s"
        );
        assert!(
            n >= 1000,
            "the limit of open files leaves only {n} connections: raise it with `ulimit -n 20000`"
        );
        assert!(ticks <= 2, "{ticks} ticks of CPU in 5 s without work");
        assert!(turns <= 3, "{turns} turns of the loop in 5 s without work");
        assert!(bytes < 1024, "{bytes} bytes for an idle connection with its task");

        // All are still alive: the peers leave, and each task hears it.
        drop(peers);
        let ended = join_all(connections).await;
        assert!(ended.into_iter().all(|end| end.unwrap() == 0));
    });
}

#[test]
fn a_million_tasks_are_spawned_awaited_and_gone() {
    let _alone = alone();
    block_on(async {
        spawn(async {}).await.unwrap();
        let (start, rss) = (live(), status_kb("VmRSS:"));
        // Some at a time, so that the tables are large once: 100 times 10,000.
        for _ in 0..100 {
            let tasks: Vec<_> = (0..10_000u64)
                .map(|n| {
                    Task::new().spawn(async move {
                        yield_now().await;
                        n
                    })
                })
                .collect();
            let mut sum = 0;
            for task in tasks {
                sum += task.await.unwrap();
            }
            assert_eq!(sum, (0..10_000).sum());
        }
        yield_now().await;
        let left = live() - start;
        println!(
            "after a million tasks: {left} bytes more than before; RSS {rss:?} kB, now {:?} kB",
            status_kb("VmRSS:")
        );
        assert!(left < MIB, "{left} bytes are still there");
    });
}

#[test]
fn a_hundred_thousand_tasks_at_once_leave_nothing_behind() {
    let _alone = alone();
    block_on(async {
        spawn(async {}).await.unwrap();
        let start = live();
        let tasks: Vec<_> = (0..100_000).map(|_| spawn(async { yield_now().await })).collect();
        let each = (live() - start) / 100_000;
        for task in tasks {
            task.await.unwrap();
        }
        yield_now().await;
        let left = live() - start;
        println!("100,000 tasks: {each} bytes each with handle and queue; {left} bytes are left");
        assert!(left < MIB, "{left} bytes are still there");
    });
}

#[test]
fn trap_23_a_million_timeouts_that_do_not_fire_take_no_memory() {
    let _alone = alone();
    block_on(async {
        let hour = Duration::from_secs(3600);
        timeout(hour, yield_now()).await.unwrap();
        let start = live();
        let mut most = start;
        for n in 0..1_000_000 {
            timeout(hour, yield_now()).await.unwrap();
            if n % 1000 == 0 {
                most = most.max(live());
            }
        }
        println!("a million timeouts: {} bytes more at the most", most - start);
        assert!(most - start < MIB, "memory grew by {} bytes", most - start);
    });
}

#[test]
fn tasks_that_never_end_are_gone_with_their_loop() {
    let _alone = alone();
    let start = live();
    for _ in 0..20 {
        let runtime = Builder::new().on_stall(OnStall::Wait).build().unwrap();
        runtime.block_on(async {
            for _ in 0..1000 {
                spawn(async {
                    let held = vec![0u8; 1000];
                    std::future::pending::<()>().await;
                    drop(held);
                });
            }
            yield_now().await;
        });
    }
    let left = live() - start;
    assert!(left < MIB, "{left} bytes are still there");
}

/// How long all of this may take is no one's business but the reader's.
#[test]
fn a_loop_of_many_timers_fires_them_all_in_time() {
    let _alone = alone();
    let start = Instant::now();
    block_on(async {
        let sleeps = (0..100_000u64).map(|n| sleep(Duration::from_millis(n % 50)));
        join_all(sleeps).await;
    });
    let took = start.elapsed();
    println!("100,000 timers within 50 ms: {took:?}");
    assert!(took >= Duration::from_millis(49));
    std::io::stdout().flush().unwrap();
}

#[test]
fn trap_11_a_child_that_is_woken_elsewhere_after_its_join_is_gone_leaves_nothing() {
    let _alone = alone();
    let (mut before, rounds) = (0, 300);
    for round in 0..rounds {
        let kept: Rc<RefCell<Vec<Waker>>> = Rc::default();
        block_on(async {
            let keep = kept.clone();
            let child = poll_fn(move |cx| {
                keep.borrow_mut().push(cx.waker().clone());
                Poll::<()>::Pending
            });
            let both: [Pin<Box<dyn Future<Output = ()>>>; 2] =
                [Box::pin(child), Box::pin(sleep(Duration::ZERO))];
            race_all(both).await;
        });
        let wakers = kept.take();
        thread::spawn(move || wakers.into_iter().for_each(Waker::wake)).join().unwrap();
        if round == rounds / 3 {
            before = live();
        }
    }
    let left = live() - before;
    assert!(left < 8 * 1024, "{} late wakes left {left} bytes", rounds * 2 / 3);
}

#[test]
fn many_tasks_woken_at_once_from_another_thread_leave_nothing_behind() {
    const TASKS: usize = 200_000;
    let _alone = alone();
    for policy in [false, true] {
        let builder = if policy { Builder::new().scheduler(Lean::default()) } else { Builder::new() };
        builder.build().unwrap().block_on(async {
            let before = live();
            let wakers: Rc<RefCell<Vec<Waker>>> = Rc::default();
            let tasks: Vec<_> = (0..TASKS)
                .map(|_| {
                    let (wakers, mut first) = (wakers.clone(), true);
                    spawn(poll_fn(move |cx| {
                        if !mem::take(&mut first) {
                            return Poll::Ready(());
                        }
                        wakers.borrow_mut().push(cx.waker().clone());
                        Poll::Pending
                    }))
                })
                .collect();
            while wakers.borrow().len() < TASKS {
                yield_now().await;
            }
            let all = wakers.take();
            thread::spawn(move || all.into_iter().for_each(Waker::wake)).join().unwrap();
            for task in tasks {
                task.await.unwrap();
            }
            for _ in 0..3 {
                yield_now().await;
            }
            let left = live() - before;
            assert!(left < MIB, "with a policy: {policy}, {left} bytes are left");
        });
    }
}

/// First in, first out, without keeping the memory of a burst: what is left is the loop's own.
#[derive(Default)]
struct Lean(VecDeque<TaskId>);

impl Scheduler for Lean {
    fn push(&mut self, id: TaskId, _: &TaskMeta) {
        self.0.push_back(id);
    }

    fn pop(&mut self) -> Option<TaskId> {
        let id = self.0.pop_front();
        if self.0.is_empty() {
            self.0 = VecDeque::new();
        }
        id
    }
}
