//! What the OS counts by process, each test in one of its own: descriptors, threads, memory, signals (traps 23,
//! 29 and 32).
#![cfg(target_os = "linux")]

use std::fs;
use std::future::pending;
use std::io::{Read, Write};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use runtime::io::{AsyncReadExt, AsyncWriteExt};
use runtime::net::{TcpListener, TcpStream};
use runtime::{
    Async, Builder, Runtime, block_on, join_all, sleep, spawn, spawn_blocking, timeout, yield_now,
};
use tests::gate::{Gate, Tally, eventually};

use crate::support::alone::{alone, child_of, is_child, passed};
use crate::support::leaves::{Place, waits_in};
use crate::support::streams::{Nobody, local};
use crate::support::turns;
use crate::support::wakers::Counting;

/// How many descriptors are open.
fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

/// The names of this process's threads.
fn threads() -> Vec<String> {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    let names = tasks.flatten().filter_map(|task| fs::read_to_string(task.path().join("comm")).ok());
    names.map(|name| name.trim().to_owned()).collect()
}

fn of_the_pool() -> usize {
    threads().iter().filter(|name| name.starts_with("blocking-")).count()
}

/// The memory that this process has, in KiB.
fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn trap_32_sources_that_are_dropped_leave_no_descriptor_behind() {
    alone(|| {
        let start = descriptors();
        block_on(async {
            let listener = TcpListener::bind(local()).unwrap();
            let addr = listener.local_addr().unwrap();
            let nobody = Nobody::new();
            yield_now().await;
            let before = descriptors();
            for _ in 0..50 {
                // At the end of their work.
                let mut near = TcpStream::connect(addr).await.unwrap();
                let (mut far, _) = listener.accept().await.unwrap();
                near.write_all(b"x").await.unwrap();
                far.read_exact(&mut [0]).await.unwrap();
                // In the middle of a wait: polled and dropped, timed out, aborted.
                assert!(Counting::new().poll(&mut far.read(&mut [0])).is_pending());
                assert!(timeout(Duration::from_micros(10), near.read(&mut [0])).await.is_err());
                let task = spawn(async move { near.read(&mut [0]).await });
                turns(2).await;
                task.abort();
                assert!(task.await.is_err());
                drop(far);
                // Before they were connected, and refused.
                let _ = Counting::new().poll(&mut TcpStream::connect(addr));
                drop(listener.accept().await.unwrap());
                assert!(TcpStream::connect(nobody.addr()).await.is_err());
                // Pipes, and one that is taken out again.
                let (sender, receiver) = mio::unix::pipe::new().unwrap();
                drop((Async::new(sender).unwrap().into_inner(), Async::new(receiver).unwrap()));
            }
            assert_eq!(descriptors(), before);
            // And what a task still has when `block_on` is left.
            spawn(async move {
                let _listener = listener;
                pending::<()>().await;
            });
            turns(2).await;
        });
        assert_eq!(descriptors(), start);
    });
}

#[test]
fn trap_32_a_runtime_that_is_gone_leaves_no_descriptor_behind() {
    alone(|| {
        let start = descriptors();
        for round in 0..200 {
            let runtime = Runtime::new().unwrap();
            runtime.block_on(async {
                spawn(pending::<()>());
                sleep(Duration::from_micros(1)).await;
            });
            let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                runtime.block_on(async {
                    spawn(sleep(Duration::from_secs(9)));
                    assert!(round % 2 == 0, "every other round");
                });
            }));
            assert_eq!(caught.is_ok(), round % 2 == 0);
        }
        assert_eq!(descriptors(), start);
    });
}

#[test]
fn without_blocking_jobs_there_is_no_other_thread() {
    alone(|| {
        let before = threads().len();
        block_on(async {
            let listener = TcpListener::bind(local()).unwrap();
            let mut near = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
            let (mut far, _) = listener.accept().await.unwrap();
            near.write_all(b"x").await.unwrap();
            far.read_exact(&mut [0]).await.unwrap();
            sleep(Duration::from_millis(1)).await;
            spawn(yield_now()).await.unwrap();
            assert_eq!(threads().len(), before, "{:?}", threads());
        });
    });
}

#[test]
fn the_threads_of_the_pool_are_as_many_as_needed_and_end_with_the_runtime() {
    alone(|| {
        let runtime = Builder::new().blocking_threads(8).build().unwrap();
        runtime.block_on(async {
            let (tally, gate) = (Tally::new(), Gate::new());
            for _ in 0..3 {
                let (tally, door) = (tally.clone(), gate.clone());
                drop(spawn_blocking(move || {
                    let _inside = tally.enter();
                    door.wait();
                }));
            }
            tally.wait_for_total(3);
            assert_eq!(of_the_pool(), 3, "{:?}", threads());
            gate.open();
        });
        // They outlive `block_on`, for the next one, but not the runtime: nobody waits until they have been idle for
        // long enough.
        drop(runtime);
        let start = Instant::now();
        eventually("the threads of the pool to end", || of_the_pool() == 0);
        assert!(start.elapsed() < Duration::from_secs(3), "they ended after {:?}", start.elapsed());
    });
}

#[test]
fn idle_threads_of_the_pool_end_while_the_runtime_goes_on() {
    alone(|| {
        block_on(async {
            spawn_blocking(|| {}).await.unwrap();
            assert!(of_the_pool() >= 1);
            // The only test that has to wait for so long: an idle thread stays for some seconds.
            while of_the_pool() > 0 {
                sleep(Duration::from_millis(50)).await;
            }
            // A new one when it is needed.
            assert_eq!(spawn_blocking(|| 7).await.unwrap(), 7);
        });
    });
}

#[test]
fn trap_23_a_million_timeouts_that_do_not_fire_take_no_memory() {
    alone(|| {
        block_on(async {
            let hour = Duration::from_secs(3600);
            let round = async |times: usize| {
                for _ in 0..times {
                    assert!(timeout(hour, yield_now()).await.is_ok());
                }
            };
            round(10_000).await;
            let before = resident();
            round(1_000_000).await;
            let grown = resident().saturating_sub(before);
            // An entry that stayed would be some 60 bytes at least: 60 MB.
            assert!(grown < 8 * 1024, "grown by {grown} KiB");
        });
    });
}

#[test]
fn trap_11_a_hundred_thousand_tasks_that_come_and_go_take_no_memory() {
    alone(|| {
        block_on(async {
            let wave = async || {
                let tasks: Vec<_> = (0..1000)
                    .map(|n: usize| {
                        spawn(async move {
                            let data = Box::new([n; 100]);
                            yield_now().await;
                            data.len()
                        })
                    })
                    .collect();
                for (n, task) in tasks.into_iter().enumerate() {
                    match n % 3 {
                        0 => assert_eq!(task.await.unwrap(), 100),
                        1 => task.abort(),
                        _ => drop(task),
                    }
                }
                turns(3).await;
            };
            for _ in 0..5 {
                wave().await;
            }
            let before = resident();
            for _ in 0..100 {
                wave().await;
            }
            let grown = resident().saturating_sub(before);
            assert!(grown < 4 * 1024, "grown by {grown} KiB");
        });
    });
}

#[test]
fn trap_11_a_hundred_thousand_children_that_are_woken_elsewhere_after_their_end_take_no_memory() {
    alone(|| {
        let wave = |children: usize| {
            let hand = Counting::new();
            let wakers: Vec<_> = (0..children)
                .map(|_| {
                    let place = Place::new();
                    assert!(hand.poll(&mut join_all([Box::pin(waits_in(&place))])).is_pending());
                    place
                })
                .collect();
            thread::spawn(move || wakers.iter().for_each(Place::wake)).join().unwrap();
        };
        wave(20_000);
        let before = resident();
        (0..5).for_each(|_| wave(20_000));
        let grown = resident().saturating_sub(before);
        // A waker and its list that keep each other are some 250 bytes: 25 MB.
        assert!(grown < 8 * 1024, "grown by {grown} KiB");
    });
}

#[test]
fn trap_32_a_hundred_thousand_sources_that_come_and_go_take_no_memory() {
    alone(|| {
        block_on(async {
            let wave = |times: usize| {
                for _ in 0..times {
                    let socket = mio::net::UdpSocket::bind(local()).unwrap();
                    let source = Async::new(socket).unwrap();
                    // In the middle of a wait.
                    let mut reading = source.read_with(|socket| socket.recv(&mut [0]));
                    assert!(Counting::new().poll(&mut reading).is_pending());
                }
            };
            wave(1000);
            let before = resident();
            wave(100_000);
            let grown = resident().saturating_sub(before);
            // What the reactor keeps of a source is some 200 bytes: 20 MB.
            assert!(grown < 4 * 1024, "grown by {grown} KiB");
        });
    });
}

#[test]
fn trap_09_two_million_wakes_of_one_task_from_another_thread_take_no_memory() {
    alone(|| {
        block_on(async {
            let place = Place::new();
            let kept = place.clone();
            spawn(async move { waits_in(&kept).await });
            turns(2).await;
            // The loop stands still meanwhile, so nothing is taken out of its inbox.
            let grown = thread::spawn(move || {
                place.wake();
                let before = resident();
                (0..2_000_000).for_each(|_| place.wake());
                resident().saturating_sub(before)
            });
            let grown = grown.join().unwrap();
            assert!(grown < 4 * 1024, "grown by {grown} KiB");
        });
    });
}

#[test]
fn trap_29_a_signal_during_the_wait_is_no_error() {
    // A process that is stopped and continued while it waits for events gets `EINTR`, without any handler. So the
    // child waits for a byte of ours, is stopped and continued three times, and must notice nothing but that.
    const TIMES: u64 = 3;
    let body = || {
        block_on(async {
            let listener = TcpListener::bind(local()).unwrap();
            println!("port {} ;", listener.local_addr().unwrap().port());
            let (mut stream, _) = listener.accept().await.unwrap();
            // The bystanders: a timer, and a source that never has anything.
            spawn(sleep(Duration::from_secs(3600)));
            let before = runtime::stats().sleeps;
            stream.write_all(b"waiting").await.unwrap();
            stream.read_exact(&mut [0]).await.unwrap();
            let sleeps = runtime::stats().sleeps - before;
            // One that ended with the byte, and those that a signal ended: else this test tests nothing.
            assert!(sleeps > TIMES, "it slept {sleeps} times, so no wait was interrupted");
        });
    };
    if is_child() {
        return body();
    }
    let mut child = child_of(&body).start();
    let output = child.wait_for(" ;");
    let (_, port) = output.split_once("port ").unwrap();
    let port: u16 = port.split_once(' ').unwrap().0.parse().unwrap();
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.read_exact(&mut [0; 7]).unwrap();
    let pid = child.pid();
    // `Z`: it has ended before its time, and tells why in the last line of this test.
    let all_are = |wanted: char| states(pid).iter().all(|state| *state == wanted || *state == 'Z');
    for _ in 0..TIMES {
        // Only a wait can be interrupted: all its threads have to be at rest.
        eventually("the child to wait", || all_are('S'));
        signal("STOP", pid);
        eventually("the child to stop", || all_are('T'));
        signal("CONT", pid);
    }
    eventually("the child to wait", || all_are('S'));
    let _ = stream.write_all(b"x");
    passed(&child.wait());
}

/// What each thread of a process does: `S` waits, `T` is stopped.
fn states(pid: u32) -> Vec<char> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).unwrap().flatten();
    let stats = tasks.filter_map(|task| fs::read_to_string(task.path().join("stat")).ok());
    // The state follows the name, which is in brackets and may hold any character.
    stats.filter_map(|stat| stat.rsplit_once(") ")?.1.chars().next()).collect()
}

fn signal(name: &str, pid: u32) {
    let sent = Command::new("sh").args(["-c", &format!("kill -{name} {pid}")]).status().unwrap();
    assert!(sent.success());
}
