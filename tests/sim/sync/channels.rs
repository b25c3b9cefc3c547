//! `oneshot` and `mpsc`: what was sent is received once, in order, or comes back; nobody waits for who is gone.

use std::rc::Rc;
use std::time::Duration;

use runtime::sync::{mpsc, oneshot};
use runtime::{race, sleep, spawn, timeout, yield_now};

use crate::support::{Drops, abort_somewhen, in_all_orders};

#[test]
fn an_answer_arrives_or_both_ends_know_that_it_does_not() {
    in_all_orders(|| async {
        let drops = Drops::default();
        let (sender, receiver) = oneshot::channel();
        let value = drops.value();
        let sends = spawn(async move {
            yield_now().await;
            sender.send(value).is_ok()
        });
        let receives = spawn(async move { receiver.await.is_ok() });
        abort_somewhen(&sends, 3).await.unwrap();
        let sent = sends.await;
        // If it was aborted, the other end hears of that and does not wait.
        assert_eq!(receives.await.unwrap(), sent.is_ok_and(|ok| ok));
        drops.balance();
    });
}

#[test]
fn a_sender_hears_when_nobody_waits_any_more() {
    in_all_orders(|| async {
        let drops = Drops::default();
        let (mut sender, receiver) = oneshot::channel();
        let receives = spawn(receiver);
        let value = drops.value();
        let sends = spawn(async move {
            // Whichever comes first: the receiver is gone, or the answer is ready.
            race(sender.closed(), yield_now()).await;
            sender.send(value).is_ok()
        });
        let aborter = abort_somewhen(&receives, 3);
        let sent = sends.await.unwrap();
        let received = receives.await;
        assert!(!matches!(received, Ok(Err(_))), "the sender sent, or was told");
        assert!(sent || received.is_err());
        drop(received);
        aborter.await.unwrap();
        drops.balance();
    });
}

#[test]
fn a_sender_that_waits_for_nothing_else_is_told_too() {
    in_all_orders(|| async {
        let (mut sender, receiver) = oneshot::channel::<()>();
        let receives = spawn(receiver);
        let waits = spawn(async move { sender.closed().await });
        let aborter = abort_somewhen(&receives, 3);
        waits.await.unwrap();
        assert!(receives.await.is_err());
        aborter.await.unwrap();
    });
}

#[test]
fn a_remote_answer_arrives_from_a_task_as_well() {
    in_all_orders(|| async {
        let (sender, receiver) = oneshot::remote();
        let sends = spawn(async move {
            yield_now().await;
            sender.send(1).is_ok()
        });
        let receives = spawn(receiver);
        let aborter = abort_somewhen(&receives, 3);
        let sent = sends.await.unwrap();
        // Or it was aborted: sent before that, or refused.
        if let Ok(received) = receives.await {
            assert_eq!((sent, received), (true, Ok(1)));
        }
        aborter.await.unwrap();
    });
}

#[test]
fn messages_of_each_sender_arrive_in_order_and_none_twice() {
    in_all_orders(|| async {
        let (sender, mut receiver) = mpsc::channel(1);
        let senders = [0, 10].map(|base| {
            let sender = sender.clone();
            spawn(async move {
                for n in 1..=2 {
                    yield_now().await;
                    sender.send(base + n).await.unwrap();
                }
            })
        });
        drop(sender);
        let mut got = Vec::new();
        while let Some(n) = receiver.recv().await {
            assert!(receiver.len() <= 1);
            got.push(n);
        }
        for sender in senders {
            sender.await.unwrap();
        }
        let of = |base: i32| got.iter().copied().filter(|n| n / 10 * 10 == base).collect::<Vec<_>>();
        assert_eq!((of(0), of(10)), (vec![1, 2], vec![11, 12]));
    });
}

#[test]
fn a_send_that_is_aborted_has_sent_all_or_nothing_and_holds_up_nobody() {
    in_all_orders(|| async {
        let drops = Drops::default();
        let (sender, mut receiver) = mpsc::channel(1);
        let [aborted, other] = ["aborted", "other"].map(|name| {
            let (sender, drops) = (sender.clone(), drops.clone());
            spawn(async move {
                for n in 1..=2 {
                    assert!(sender.send((name, n, drops.value())).await.is_ok());
                }
            })
        });
        drop(sender);
        let aborter = abort_somewhen(&aborted, 4);
        let mut got = Vec::new();
        while let Some((name, n, _)) = receiver.recv().await {
            got.push((name, n));
        }
        other.await.unwrap();
        aborter.await.unwrap();
        let ended = aborted.await.is_ok();
        let of = |wanted| got.iter().filter(|(name, _)| *name == wanted).map(|(_, n)| *n).collect::<Vec<_>>();
        assert_eq!(of("other"), [1, 2]);
        let aborted = of("aborted");
        assert_eq!(aborted, (1..=aborted.len()).collect::<Vec<_>>());
        assert!(!ended || aborted.len() == 2);
        drop(receiver);
        drops.balance();
    });
}

#[test]
fn a_receive_that_is_given_up_loses_no_message() {
    in_all_orders(|| async {
        let (sender, mut receiver) = mpsc::channel(1);
        let second = Duration::from_secs(1);
        let sends = spawn(async move {
            for n in 0..2 {
                sleep(second).await;
                sender.send(n).await.unwrap();
            }
        });
        let mut got = Vec::new();
        loop {
            // Up in the very moment in which a message comes.
            match timeout(second, receiver.recv()).await {
                Ok(Some(n)) => got.push(n),
                Ok(None) => break,
                Err(_) => {}
            }
        }
        sends.await.unwrap();
        assert_eq!(got, [0, 1]);
    });
}

#[test]
fn a_send_that_is_given_up_gives_its_message_back_or_has_sent_it() {
    in_all_orders(|| async {
        let (sender, mut receiver) = mpsc::channel(1);
        sender.send(0).await.unwrap();
        let second = Duration::from_secs(1);
        let gives_up = spawn(async move {
            let mut send = sender.send(1);
            match timeout(second, &mut send).await {
                Ok(sent) => {
                    sent.unwrap();
                    None
                }
                Err(_) => send.take_back(),
            }
        });
        sleep(second).await;
        assert_eq!(receiver.recv().await, Some(0));
        let returned = gives_up.await.unwrap();
        let received = receiver.recv().await;
        assert!(
            matches!((returned, received), (None, Some(1)) | (Some(1), None)),
            "{returned:?} {received:?}"
        );
    });
}

#[test]
fn when_the_receiver_goes_everybody_gets_the_message_back_and_what_lay_there_is_dropped() {
    in_all_orders(|| async {
        let drops = Drops::default();
        let (sender, receiver) = mpsc::channel(1);
        let sender = Rc::new(sender);
        let tasks = [0, 1].map(|_| {
            let (sender, drops) = (sender.clone(), drops.clone());
            spawn(async move { sender.send(drops.value()).await.is_ok() })
        });
        let goes = spawn(async move { drop(receiver) });
        let mut sent = 0;
        for task in tasks {
            sent += usize::from(task.await.unwrap());
        }
        goes.await.unwrap();
        assert!(sent <= 1, "there was room for one");
        assert!(sender.is_closed() && sender.is_empty());
        drops.balance();
    });
}
