//! The oneshot whose sender may be on another thread.
//!
//! A loop that waits for nothing but another thread cannot tell that from a stall, so most of these have a time limit
//! besides: with a timer set, nothing is reported, and a hang fails.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use runtime::sync::oneshot::{RemoteSender, remote};
use runtime::sync::{Closed, TryRecvError};
use runtime::{Builder, OnStall, join_all, spawn, timeout};

use super::{Counter, Log, Noted, panic_of};

/// Runs a future that waits for other threads.
fn block_on<F: Future>(future: F) -> F::Output {
    runtime::block_on(timeout(Duration::from_secs(20), future)).expect("it hangs")
}

#[test]
fn on_one_thread_it_is_like_any_oneshot() {
    let counter = Counter::new();
    let (sender, mut receiver) = remote();
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    assert!(counter.is_pending(&mut receiver) && counter.is_pending(&mut receiver));
    assert_eq!(counter.kept(), 1);
    sender.send(1).unwrap();
    assert_eq!((counter.wakes(), counter.kept()), (1, 0));
    assert_eq!(counter.ready(&mut receiver), Ok(1));
    assert_eq!(counter.ready(&mut receiver), Err(Closed));
    let (sender, mut receiver) = remote::<u32>();
    assert!(counter.is_pending(&mut receiver));
    drop(sender);
    assert_eq!((counter.wakes(), counter.ready(&mut receiver)), (2, Err(Closed)));
    let (sender, mut receiver) = remote();
    receiver.close();
    assert!(sender.is_closed());
    assert_eq!((sender.send(1), receiver.try_recv()), (Err(1), Err(TryRecvError::Closed)));
}

#[test]
fn the_sender_is_send_and_the_value_need_not_be_sync() {
    fn is_send<T: Send>() {}
    is_send::<RemoteSender<std::cell::Cell<u32>>>();
}

#[test]
fn a_value_from_another_thread_wakes_the_loop_that_sleeps_for_it() {
    block_on(async {
        let (sender, receiver) = remote();
        let thread = thread::spawn(move || {
            thread::sleep(Duration::from_millis(20)); // the loop is asleep, most likely
            sender.send("hello")
        });
        assert_eq!(receiver.await, Ok("hello"));
        assert_eq!(thread.join().unwrap(), Ok(()));
    });
}

#[test]
fn a_thread_that_panics_with_the_sender_says_that_nothing_will_come() {
    block_on(async {
        let (sender, receiver) = remote::<u32>();
        let thread = thread::spawn(move || {
            let _sender = sender;
            std::panic::resume_unwind(Box::new("on purpose"));
        });
        assert_eq!(receiver.await, Err(Closed));
        assert!(thread.join().is_err());
    });
}

#[test]
fn of_thousands_of_values_from_four_threads_none_is_lost() {
    block_on(async {
        let (tasks, threads): (Vec<_>, Vec<_>) = (0..4)
            .map(|_| {
                let (hand_over, senders) = mpsc::channel::<(usize, RemoteSender<usize>)>();
                let thread = thread::spawn(move || {
                    for (n, sender) in senders {
                        sender.send(n).unwrap();
                    }
                });
                let task = spawn(async move {
                    for n in 0..2_000 {
                        let (sender, receiver) = remote();
                        hand_over.send((n, sender)).unwrap();
                        assert_eq!(receiver.await, Ok(n));
                    }
                });
                (task, thread)
            })
            .unzip();
        for ended in join_all(tasks).await {
            ended.unwrap();
        }
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

#[test]
fn a_value_for_a_loop_that_has_ended_comes_back() {
    let sender = block_on(async {
        let (sender, receiver) = remote();
        spawn(receiver);
        runtime::yield_now().await;
        sender
    });
    let back = thread::spawn(move || sender.send("too late")).join().unwrap();
    assert_eq!(back, Err("too late"));
}

#[test]
fn a_value_that_was_sent_and_not_received_is_dropped_with_the_receiver_once() {
    let log = Log::new();
    let (sender, receiver) = remote();
    assert!(sender.send(Noted('v', log.clone())).is_ok());
    drop(receiver);
    assert_eq!(log.entries(), ['v']);
}

#[test]
fn dropped_while_it_waits_it_leaves_no_waker_behind() {
    let ((_sender, mut receiver), first, second) = (remote::<u32>(), Counter::new(), Counter::new());
    assert!(first.is_pending(&mut receiver) && second.is_pending(&mut receiver));
    assert_eq!((first.kept(), second.kept()), (0, 1));
    drop(receiver);
    assert_eq!(second.kept(), 0);
}

#[test]
fn the_stall_report_says_that_a_sender_is_alive_through_which_help_may_come() {
    let runtime = Builder::new().on_stall(OnStall::Panic).build().unwrap();
    let report = panic_of(|| {
        runtime.block_on(async {
            let (_sender, receiver) = remote::<u32>();
            receiver.await
        })
    });
    assert!(report.contains("1 Handles are alive"), "{report}");
}
