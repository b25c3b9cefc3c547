//! Fairness: whoever has much to do leaves room for the others (rule 9, traps 13 and 14).

use std::cell::Cell;
use std::io::{Read, Write};
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

use runtime::io::{AsyncReadExt, AsyncWriteExt};
use runtime::net::{UdpSocket, UnixStream};
use runtime::{Async, Builder, join_all, sleep, spawn, spawn_blocking, yield_now};

use crate::support::leaves::{Place, polls, waits_in};
use crate::support::streams::pattern;
use crate::support::{bounded, run, run_in_turn, turns, until};

/// A task that never waits: it only gives way, until it is dropped.
fn busy(polls: &Rc<Cell<u64>>) {
    let polls = polls.clone();
    spawn(async move {
        loop {
            polls.set(polls.get() + 1);
            yield_now().await;
        }
    });
}

#[test]
fn trap_14_rule_9_a_task_that_wakes_itself_does_not_keep_a_source_waiting() {
    bounded(|| {
        for batch in [1, 16, 128] {
            let runtime = Builder::new().batch(batch).build().unwrap();
            runtime.block_on(async {
                let spins = Rc::new(Cell::new(0));
                let (mut sender, receiver) = mio::unix::pipe::new().unwrap();
                let receiver = Async::new(receiver).unwrap();
                busy(&spins);
                for _ in 0..10 {
                    let mut byte = [0];
                    let mut reading = receiver.read_with(|mut pipe| pipe.read(&mut byte));
                    assert!(crate::support::wakers::Counting::new().poll(&mut reading).is_pending());
                    sender.write_all(b"x").unwrap();
                    let before = spins.get();
                    assert_eq!(reading.await.unwrap(), 1);
                    let waited = spins.get() - before;
                    // What was left of one batch, and then at most another one.
                    assert!(waited <= 2 * batch as u64, "it had {waited} turns, the batch is {batch}");
                }
            });
        }
    });
}

#[test]
fn trap_14_rule_9_nor_a_timer_or_a_wake_from_another_thread() {
    run(async || {
        let spins = Rc::new(Cell::new(0));
        for _ in 0..3 {
            busy(&spins);
        }
        let deadline = Instant::now() + Duration::from_millis(1);
        sleep(Duration::from_millis(1)).await;
        // Far less than what a busy loop could do; the busy ones would go on for ever.
        assert!(deadline.elapsed() < Duration::from_secs(5));
        assert_eq!(spawn_blocking(|| 7).await.unwrap(), 7);
        assert!(spins.get() > 3);
    });
}

#[test]
fn trap_14_rule_9_nor_does_a_flood_of_wakes_from_other_threads() {
    run(async || {
        let (place, count) = (Place::new(), Rc::new(Cell::new(0)));
        let waiting = place.clone();
        spawn(polls(async move { waits_in(&waiting).await }, &count));
        turns(2).await;
        let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let threads = [0; 2].map(|_| {
            let (place, stop) = (place.clone(), stop.clone());
            thread::spawn(move || {
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    place.wake();
                }
            })
        });
        for _ in 0..3 {
            sleep(Duration::from_millis(1)).await;
        }
        until("the flood", || count.get() > 1).await;
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

#[test]
fn rule_9_nor_does_a_thread_that_wakes_without_end_keep_a_socket_waiting() {
    run(async || {
        let (place, count) = (Place::new(), Rc::new(Cell::new(0)));
        let waiting = place.clone();
        spawn(polls(async move { waits_in(&waiting).await }, &count));
        let (mut here, mut there) = UnixStream::pair().unwrap();
        spawn(async move {
            let mut byte = [0];
            while there.read(&mut byte).await.unwrap() > 0 {
                there.write_all(&byte).await.unwrap();
            }
        });
        turns(2).await;
        let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let (waker, end) = (place.clone(), stop.clone());
        let thread = thread::spawn(move || {
            while !end.load(std::sync::atomic::Ordering::Relaxed) {
                waker.wake();
            }
        });
        until("the flood", || count.get() > 1).await;
        let before = runtime::stats().turns;
        for _ in 0..500 {
            here.write_all(b"x").await.unwrap();
            here.read_exact(&mut [0]).await.unwrap();
        }
        let turns = (runtime::stats().turns - before) / 500;
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        thread.join().unwrap();
        // What is there is seen in the next turn or the one after, and a ping goes there and back.
        assert!(turns <= 20, "a ping took {turns} turns");
    });
}

#[test]
fn trap_14_a_child_of_join_all_that_wakes_itself_does_not_keep_the_thread() {
    run_in_turn(async || {
        let spins = Rc::new(Cell::new(0_u64));
        let counted = spins.clone();
        let spinning: std::pin::Pin<Box<dyn Future<Output = ()>>> = Box::pin(async move {
            loop {
                counted.set(counted.get() + 1);
                yield_now().await;
            }
        });
        let all = spawn(join_all([spinning, Box::pin(sleep(Duration::from_millis(5)))]));
        sleep(Duration::from_millis(10)).await;
        assert!(spins.get() > 1 && !all.is_finished());
        let before = spins.get();
        yield_now().await;
        assert!(spins.get() - before <= 2, "it had {} turns in one", spins.get() - before);
    });
}

#[test]
fn trap_14_rule_9_a_task_whose_socket_is_always_ready_gives_way_when_its_budget_is_used_up() {
    bounded(|| {
        for (budget, builder) in
            [(128, Builder::new()), (10, Builder::new().io_budget(10)), (1, Builder::new().io_budget(0))]
        {
            builder.build().unwrap().block_on(async {
                let sent = Rc::new(Cell::new(0));
                let counted = sent.clone();
                spawn(async move {
                    // Nobody reads: what has no room is dropped, so there is always room for more.
                    let socket = UdpSocket::bind("127.0.0.1:0".parse().unwrap()).unwrap();
                    let to = socket.local_addr().unwrap();
                    loop {
                        socket.send_to(b"x", to).await.unwrap();
                        counted.set(counted.get() + 1);
                    }
                });
                for turn in 1..=5 {
                    yield_now().await;
                    assert_eq!(sent.get(), turn * budget, "sent in {turn} turns");
                }
            });
        }
    });
}

#[test]
fn trap_14_rule_9_what_the_budget_cuts_short_goes_on_and_loses_nothing() {
    run(async || {
        // More writes and reads than the budget of one poll allows (128), and fewer than a socket's buffer holds pieces.
        let (near, far) = UnixStream::pair().unwrap();
        let data = pattern(200);
        let (mut writer, mut reader) = (&near, &far);
        for byte in &data {
            writer.write_all(&[*byte]).await.unwrap();
        }
        let mut all = Vec::new();
        while all.len() < data.len() {
            let mut byte = [0];
            reader.read_exact(&mut byte).await.unwrap();
            all.push(byte[0]);
        }
        assert!(all == data);
    });
}

#[test]
fn rule_9_who_is_woken_by_the_os_queues_behind_those_who_are_ready() {
    run(async || {
        let first = Rc::new(Cell::new(0));
        let (busy_polls, order) = (Rc::new(Cell::new(0)), first.clone());
        for _ in 0..10 {
            busy(&busy_polls);
        }
        let task = spawn(async move {
            sleep(Duration::from_millis(1)).await;
            order.set(1);
        });
        task.await.unwrap();
        assert_eq!(first.get(), 1);
        assert!(busy_polls.get() >= 10);
    });
}
