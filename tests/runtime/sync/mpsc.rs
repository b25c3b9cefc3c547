//! Mpsc: every message once, in order, and never more at a time than there is room for.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use runtime::sync::TryRecvError;
use runtime::sync::mpsc::{SendError, Sender, TrySendError, channel};
use runtime::{JoinHandle, join_all, sleep, spawn, timeout, yield_now};

use super::{Counter, Dice, Log, Noted, panic_of, stall_of};
use crate::everywhere::everywhere;

#[test]
fn messages_come_in_the_order_in_which_they_were_sent() {
    let ((sender, mut receiver), counter) = (channel(3), Counter::new());
    for n in 0..3 {
        assert_eq!(counter.ready(&mut sender.send(n)), Ok(()));
    }
    assert_eq!((receiver.len(), receiver.capacity(), receiver.is_empty()), (3, 3, false));
    for n in 0..3 {
        assert_eq!(counter.ready(&mut receiver.recv()), Some(n));
    }
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    assert_eq!((sender.len(), sender.capacity(), sender.is_empty()), (0, 3, true));
    assert_eq!((counter.wakes(), counter.kept()), (0, 0));
}

#[test]
fn who_produces_too_fast_has_to_wait() {
    everywhere(|| async {
        let (sender, mut receiver) = channel(3);
        let sent = Rc::new(Cell::new(0));
        let producer = spawn({
            let sent = sent.clone();
            async move {
                for n in 0..50 {
                    sender.send(n).await.unwrap();
                    sent.set(n + 1);
                }
            }
        });
        for n in 0..50 {
            yield_now().await;
            assert!(sent.get() <= n + 3 + 1, "{} sent, {n} received", sent.get());
            assert_eq!(receiver.recv().await, Some(n));
        }
        assert_eq!(receiver.recv().await, None);
        producer.await.unwrap();
    });
}

#[test]
fn messages_of_many_senders_arrive_in_the_order_in_which_the_sends_began() {
    everywhere(|| async {
        let ((sender, mut receiver), began) = (channel(2), Log::new());
        let tasks: Vec<JoinHandle<()>> = (0..8)
            .map(|n| {
                let (sender, began) = (sender.clone(), began.clone());
                spawn(async move {
                    for m in 0..4 {
                        began.push((n, m));
                        sender.send((n, m)).await.unwrap();
                    }
                })
            })
            .collect();
        drop(sender);
        let mut received = Vec::new();
        while let Some(message) = receiver.recv().await {
            received.push(message);
            if received.len() % 3 == 0 {
                yield_now().await;
            }
        }
        assert_eq!(received, began.entries());
        for ended in join_all(tasks).await {
            ended.unwrap();
        }
    });
}

#[test]
fn room_goes_to_the_sender_who_has_waited_longest_and_try_send_does_not_overtake() {
    let ((sender, mut receiver), first, second) = (channel(1), Counter::new(), Counter::new());
    sender.try_send(0).unwrap();
    let [mut one, mut two] = [sender.send(1), sender.send(2)];
    assert!(first.is_pending(&mut one) && second.is_pending(&mut two));
    assert_eq!(receiver.try_recv(), Ok(0));
    assert_eq!((first.wakes(), second.wakes()), (1, 0));
    assert_eq!(sender.try_send(3), Err(TrySendError::Full(3)));
    assert_eq!(receiver.try_recv(), Ok(1), "received before its sender had another turn");
    assert_eq!(receiver.try_recv(), Ok(2));
    assert_eq!(first.ready(&mut one), Ok(()));
    assert_eq!(second.ready(&mut two), Ok(()));
}

#[test]
fn the_receiver_is_woken_once_for_a_burst() {
    let ((sender, mut receiver), counter) = (channel(10), Counter::new());
    let mut recv = receiver.recv();
    assert!(counter.is_pending(&mut recv));
    (0..5).for_each(|n| sender.try_send(n).unwrap());
    assert_eq!((counter.wakes(), counter.kept()), (1, 0));
    assert_eq!(counter.ready(&mut recv), Some(0));
}

#[test]
fn trap_37_a_recv_that_is_dropped_has_taken_no_message() {
    let ((sender, mut receiver), counter) = (channel(2), Counter::new());
    let mut recv = receiver.recv();
    assert!(counter.is_pending(&mut recv));
    sender.try_send(1).unwrap();
    drop(recv); // woken, and not polled
    let mut recv = receiver.recv();
    assert_eq!(counter.ready(&mut recv), Some(1));
    assert!(counter.is_pending(&mut recv));
    drop(recv); // not woken
    assert_eq!(counter.kept(), 0);
    sender.try_send(2).unwrap();
    assert_eq!((counter.wakes(), receiver.try_recv()), (1, Ok(2)));
}

#[test]
fn trap_37_a_send_that_is_dropped_holds_up_nobody_behind_it() {
    let ((sender, mut receiver), counter) = (channel(1), Counter::new());
    let log = Log::new();
    let noted = |n| Noted(n, log.clone());
    assert!(sender.try_send(noted(0)).is_ok());
    let mut line: Vec<_> = (1..5).map(|n| sender.send(noted(n))).collect();
    assert!(line.iter_mut().all(|send| counter.is_pending(send)));
    drop(line.remove(1)); // 2, while it waits
    assert_eq!(log.entries(), [2]);
    assert_eq!(receiver.try_recv().map(|message| message.0), Ok(0));
    drop(line.remove(0)); // 1, when it was taken over: it is sent all the same
    assert_eq!(receiver.try_recv().map(|message| message.0), Ok(1));
    assert_eq!(receiver.try_recv().map(|message| message.0), Ok(3));
    assert_eq!(receiver.try_recv().map(|message| message.0), Ok(4));
    drop(line);
    assert_eq!(log.entries(), [2, 0, 1, 3, 4]);
    assert_eq!((receiver.len(), counter.kept()), (0, 0));
    assert!(sender.try_send(noted(5)).is_ok(), "there is room again");
}

#[test]
fn a_send_that_is_given_up_gives_its_message_back_unless_it_was_sent() {
    let ((sender, mut receiver), counter) = (channel(1), Counter::new());
    assert_eq!(sender.send('a').take_back(), Some('a'), "never polled");
    let mut sent = sender.send('b');
    assert_eq!(counter.ready(&mut sent), Ok(()));
    assert_eq!(sent.take_back(), None);
    let [mut waits, mut taken] = [sender.send('c'), sender.send('d')];
    assert!(counter.is_pending(&mut waits) && counter.is_pending(&mut taken));
    assert_eq!(waits.take_back(), Some('c'));
    assert_eq!(receiver.try_recv(), Ok('b'));
    assert_eq!(taken.take_back(), None);
    assert_eq!(receiver.try_recv(), Ok('d'));
    sender.try_send('e').unwrap();
    let mut refused = sender.send('f');
    assert!(counter.is_pending(&mut refused));
    receiver.close();
    assert_eq!(refused.take_back(), Some('f'));
}

#[test]
fn when_all_senders_are_gone_the_rest_is_received_and_then_none() {
    let ((sender, mut receiver), counter) = (channel(2), Counter::new());
    let other = sender.clone();
    sender.try_send(1).unwrap();
    drop(sender);
    let mut recv = receiver.recv();
    assert_eq!(counter.ready(&mut recv), Some(1));
    assert!(counter.is_pending(&mut recv));
    drop(other);
    assert_eq!(counter.wakes(), 1);
    assert_eq!(counter.ready(&mut recv), None);
    drop(recv);
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Closed));
}

#[test]
fn when_the_receiver_is_gone_messages_come_back_and_those_unreceived_are_dropped_then() {
    let ((sender, receiver), counter) = (channel(1), Counter::new());
    let log = Log::new();
    assert!(sender.try_send(Noted(0, log.clone())).is_ok());
    let mut waits = sender.send(Noted(1, log.clone()));
    assert!(counter.is_pending(&mut waits));
    drop(receiver);
    assert_eq!((log.entries(), counter.wakes()), (vec![0], 1));
    let Err(SendError(back)) = counter.ready(&mut waits) else { panic!("it was sent to nobody") };
    assert_eq!(back.0, 1);
    assert!(sender.is_closed());
    assert!(matches!(sender.try_send(Noted(2, log.clone())), Err(TrySendError::Closed(Noted(2, _)))));
    assert!(matches!(counter.ready(&mut sender.send(Noted(3, log.clone()))), Err(SendError(Noted(3, _)))));
}

#[test]
fn a_closed_channel_takes_no_more_and_gives_what_it_has() {
    let ((sender, mut receiver), counter) = (channel(2), Counter::new());
    sender.try_send(1).unwrap();
    sender.try_send(2).unwrap();
    let mut waits = sender.send(3);
    assert!(counter.is_pending(&mut waits));
    receiver.close();
    assert_eq!(counter.ready(&mut waits), Err(SendError(3)));
    assert_eq!(sender.try_send(4), Err(TrySendError::Closed(4)));
    assert_eq!(counter.ready(&mut receiver.recv()), Some(1));
    assert_eq!(receiver.try_recv(), Ok(2));
    assert_eq!(counter.ready(&mut receiver.recv()), None, "though a sender is alive");
}

#[test]
fn a_large_capacity_costs_nothing_and_none_is_refused() {
    let (sender, mut receiver) = channel(usize::MAX);
    sender.try_send(1).unwrap();
    assert_eq!(receiver.try_recv(), Ok(1));
    assert!(panic_of(|| channel::<u32>(0)).contains("room for 0 messages"));
}

#[test]
fn a_message_that_holds_a_sender_of_its_own_channel_does_not_keep_it_alive() {
    struct Loop(Noted<char>, Option<Sender<Loop>>);
    let ((sender, receiver), log) = (channel(2), Log::new());
    let holds = Loop(Noted('v', log.clone()), Some(sender.clone()));
    assert!(holds.1.is_some() && holds.0.0 == 'v');
    assert!(sender.try_send(holds).is_ok());
    drop(sender);
    drop(receiver);
    assert_eq!(log.entries(), ['v']);
}

#[test]
fn trap_37_waits_that_are_cut_short_lose_no_message_that_was_sent_and_send_none_twice() {
    everywhere(|| async {
        let (sender, mut receiver) = channel(2);
        let (sent, kept) = (Log::new(), Log::new());
        let tasks: Vec<_> = (0..6)
            .map(|n| {
                let (sender, sent, kept) = (sender.clone(), sent.clone(), kept.clone());
                spawn(async move {
                    for m in 0..5 {
                        let message = 10 * n + m;
                        let mut send = sender.send(message);
                        match timeout(Duration::from_millis(n % 3), &mut send).await {
                            Ok(Ok(())) => sent.push(message),
                            Ok(Err(SendError(message))) => kept.push(message),
                            Err(_) => match send.take_back() {
                                Some(message) => kept.push(message),
                                None => sent.push(message),
                            },
                        }
                    }
                })
            })
            .collect();
        drop(sender);
        let mut received = Vec::new();
        while received.len() < 12 {
            match timeout(Duration::from_millis(1), receiver.recv()).await {
                Ok(Some(message)) => received.push(message),
                Ok(None) => break,
                Err(_) => sleep(Duration::from_millis(2)).await,
            }
        }
        receiver.close();
        join_all(tasks).await;
        while let Some(message) = receiver.recv().await {
            received.push(message);
        }
        let mut sent = sent.entries();
        assert_eq!(sent.len() + kept.entries().len(), 30);
        sent.sort();
        received.sort();
        assert_eq!(received, sent);
    });
}

#[test]
fn an_abort_at_any_time_keeps_the_order_of_those_that_are_left() {
    everywhere(|| async {
        let (sender, mut receiver) = channel(1);
        let began = Log::new();
        let tasks: Vec<_> = (0..10)
            .map(|n| {
                let (sender, began) = (sender.clone(), began.clone());
                spawn(async move {
                    began.push(n);
                    sender.send(n).await.unwrap();
                })
            })
            .collect();
        drop(sender);
        for task in tasks.iter().step_by(2) {
            yield_now().await;
            task.abort();
        }
        let mut received = Vec::new();
        while let Some(n) = receiver.recv().await {
            received.push(n);
        }
        let mut began = began.entries();
        began.retain(|n| received.contains(n));
        assert_eq!(received, began);
        assert!((0..10).filter(|n| n % 2 == 1).all(|n| received.contains(&n)));
    });
}

#[test]
fn whatever_is_done_in_whatever_order_it_is_a_queue() {
    for seed in 0..100 {
        let mut dice = Dice(seed);
        let ((sender, mut receiver), counter) = (channel(3), Counter::new());
        // In the order in which they are to be received: in the channel, and behind it those who wait.
        let mut model: Vec<usize> = Vec::new();
        let mut futures = Vec::new();
        for number in 0..400 {
            match dice.below(6) {
                0 | 1 => {
                    let mut send = sender.send(number);
                    if model.len() < 3 {
                        assert_eq!(counter.ready(&mut send), Ok(()));
                    } else {
                        assert!(counter.is_pending(&mut send));
                        futures.push((number, send));
                    }
                    model.push(number);
                }
                2 => {
                    let sent = sender.try_send(number).is_ok();
                    assert_eq!(sent, model.len() < 3, "seed {seed}, step {number}");
                    model.extend(sent.then_some(number));
                }
                3 | 4 => {
                    let received = receiver.try_recv().ok();
                    assert_eq!(received, (!model.is_empty()).then(|| model.remove(0)), "seed {seed}");
                }
                _ if futures.is_empty() => {}
                _ => {
                    let (n, send) = futures.remove(dice.below(futures.len()));
                    let waits = model.iter().position(|m| *m == n).filter(|at| *at >= 3);
                    assert_eq!(send.take_back(), waits.map(|at| model.remove(at)), "seed {seed}");
                }
            }
            assert_eq!(receiver.len(), model.len().min(3), "seed {seed}, step {number}");
        }
    }
}

#[test]
fn polled_again_after_it_was_ready_a_send_panics_and_says_where_it_was_begun() {
    let ((sender, _receiver), counter) = (channel(1), Counter::new());
    let mut send = sender.send(1);
    counter.ready(&mut send).unwrap();
    let text = panic_of(|| counter.poll(&mut send));
    assert!(text.contains("polled again") && text.contains(file!()), "{text}");
}

#[test]
fn who_waits_for_a_message_or_for_room_is_named_by_the_stall_report() {
    let report = stall_of(async {
        let (_sender, mut receiver) = channel::<u32>(1);
        receiver.recv().await;
    });
    assert!(report.contains("waits for a message in channel ") && report.contains(file!()), "{report}");
    let report = stall_of(async {
        let (sender, _receiver) = channel(1);
        sender.send(1).await.unwrap();
        sender.send(2).await.unwrap();
    });
    assert!(report.contains("waits for room in channel ") && report.contains(file!()), "{report}");
}
