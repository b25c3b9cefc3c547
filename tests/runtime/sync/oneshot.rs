//! Oneshot: one value, or the news that none will come.

use std::time::Duration;

use runtime::sync::oneshot::{channel, remote};
use runtime::sync::{Closed, TryRecvError};
use runtime::{Either, join_all, race, sleep, spawn, timeout};

use super::{Counter, Log, Noted, run, stall_of};
use crate::everywhere::everywhere;

#[test]
fn a_value_sent_before_is_received_at_once() {
    let ((sender, mut receiver), counter) = (channel(), Counter::new());
    assert_eq!(sender.send(1), Ok(()));
    assert_eq!(counter.ready(&mut receiver), Ok(1));
    assert_eq!((counter.wakes(), counter.kept()), (0, 0));
}

#[test]
fn who_waits_is_woken_once() {
    let ((sender, mut receiver), counter) = (channel(), Counter::new());
    assert!(counter.is_pending(&mut receiver) && counter.is_pending(&mut receiver));
    assert_eq!((counter.wakes(), counter.kept()), (0, 1));
    sender.send(1).unwrap();
    assert_eq!((counter.wakes(), counter.kept()), (1, 0));
    assert_eq!(counter.ready(&mut receiver), Ok(1));
    assert_eq!(counter.ready(&mut receiver), Err(Closed), "and no second time");
}

#[test]
fn a_sender_that_is_dropped_says_that_nothing_will_come() {
    let ((sender, mut receiver), counter) = (channel::<u32>(), Counter::new());
    assert!(counter.is_pending(&mut receiver));
    drop(sender);
    assert_eq!(counter.wakes(), 1);
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Closed));
    assert_eq!(counter.ready(&mut receiver), Err(Closed));
}

#[test]
fn a_value_that_nobody_will_receive_comes_back() {
    let (sender, receiver) = channel();
    assert!(!sender.is_closed());
    drop(receiver);
    assert!(sender.is_closed());
    assert_eq!(sender.send("back"), Err("back"));
}

#[test]
fn a_closed_receiver_still_gets_what_was_sent_before() {
    let counter = Counter::new();
    let (sender, mut receiver) = channel();
    sender.send(1).unwrap();
    receiver.close();
    assert_eq!(counter.ready(&mut receiver), Ok(1));
    let (sender, mut receiver) = channel();
    receiver.close();
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Closed));
    assert_eq!(counter.ready(&mut receiver), Err(Closed));
    assert_eq!(sender.send(1), Err(1));
}

#[test]
fn a_sender_can_wait_for_the_receiver_to_be_gone() {
    let counter = Counter::new();
    let (mut sender, mut receiver) = channel::<u32>();
    assert!(counter.is_pending(&mut sender.closed()));
    assert_eq!(counter.kept(), 0, "the future is gone, and so is its waker");
    let mut closed = sender.closed();
    assert!(counter.is_pending(&mut closed));
    receiver.close();
    assert_eq!(counter.wakes(), 1);
    counter.ready(&mut closed);
    let (mut sender, receiver) = channel::<u32>();
    drop(receiver);
    counter.ready(&mut sender.closed());
}

#[test]
fn work_is_given_up_when_nobody_waits_for_its_result() {
    everywhere(|| async {
        let (mut sender, receiver) = channel::<u32>();
        let work = spawn(async move { race(sender.closed(), sleep(Duration::from_secs(60))).await });
        assert!(timeout(Duration::from_secs(1), receiver).await.is_err());
        assert_eq!(work.await.unwrap(), Either::Left(()));
    });
}

#[test]
fn a_wait_can_be_cut_short_and_begun_again() {
    everywhere(|| async {
        let (sender, mut receiver) = channel();
        spawn(async move {
            sleep(Duration::from_secs(2)).await;
            sender.send('x')
        });
        assert!(timeout(Duration::from_secs(1), &mut receiver).await.is_err());
        assert_eq!(receiver.await, Ok('x'));
    });
}

#[test]
fn a_value_that_was_sent_and_not_received_is_dropped_with_the_receiver_once() {
    let log = Log::new();
    let (sender, receiver) = channel();
    assert!(sender.send(Noted('v', log.clone())).is_ok());
    assert_eq!(log.entries(), []);
    drop(receiver);
    assert_eq!(log.entries(), ['v']);
}

#[test]
fn dropped_while_it_waits_it_leaves_no_waker_behind() {
    let ((_sender, mut receiver), counter) = (channel::<u32>(), Counter::new());
    assert!(counter.is_pending(&mut receiver));
    drop(receiver);
    assert_eq!((counter.wakes(), counter.kept()), (0, 0));
}

#[test]
fn trap_06_the_task_that_polled_last_is_the_one_woken() {
    let ((sender, mut receiver), first, second) = (channel(), Counter::new(), Counter::new());
    assert!(first.is_pending(&mut receiver) && second.is_pending(&mut receiver));
    sender.send(()).unwrap();
    assert_eq!((first.wakes(), first.kept(), second.wakes()), (0, 0, 1));
}

#[test]
fn each_answer_reaches_the_one_who_asked() {
    everywhere(|| async {
        let answers = Log::new();
        let asked: Vec<_> = (0..20)
            .map(|n| {
                let (sender, receiver) = channel();
                let answers = answers.clone();
                let asks = spawn(async move { answers.push((n, receiver.await.unwrap())) });
                (asks, spawn(async move { sender.send(n * n).unwrap() }))
            })
            .collect();
        let (asks, gives): (Vec<_>, Vec<_>) = asked.into_iter().unzip();
        join_all(gives).await;
        join_all(asks).await;
        assert!(answers.entries().iter().all(|(n, square)| n * n == *square));
        assert_eq!(answers.entries().len(), 20);
    });
}

#[test]
fn who_waits_for_an_answer_or_its_end_is_named_by_the_stall_report() {
    let (mut sender, receiver) = channel::<u32>();
    let report = stall_of(async {
        receiver.await.unwrap();
    });
    assert!(report.contains("waits for a message in channel ") && report.contains(file!()), "{report}");
    let (_sender, mut receiver) = remote::<u32>();
    let report = stall_of(async {
        (&mut receiver).await.unwrap();
    });
    assert!(report.contains("waits for a message in channel "), "{report}");
    let (mut other, _receiver) = channel::<u32>();
    let report = stall_of(async { other.closed().await });
    assert!(report.contains("waits for the receiver of its answer to be gone"), "{report}");
    run(sender.closed());
}
