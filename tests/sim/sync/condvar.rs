//! `Condvar`: a notice is never lost, neither between the unlocking and the wait nor with one that is aborted.

use std::collections::VecDeque;
use std::rc::Rc;

use runtime::sync::{Condvar, Mutex};
use runtime::{JoinHandle, spawn, yield_now};

use crate::support::{abort_somewhen, in_all_orders, within};

struct Queue {
    items: Mutex<VecDeque<u32>>,
    more: Condvar,
}

fn queue() -> Rc<Queue> {
    Rc::new(Queue { items: Mutex::new(VecDeque::new()), more: Condvar::new() })
}

fn consumer(queue: &Rc<Queue>) -> JoinHandle<u32> {
    let queue = queue.clone();
    spawn(async move {
        let items = queue.items.lock().await;
        let mut items = queue.more.wait_while(items, |items| items.is_empty()).await;
        items.pop_front().unwrap()
    })
}

fn producer(queue: &Rc<Queue>, item: u32) -> JoinHandle<()> {
    let queue = queue.clone();
    spawn(async move {
        queue.items.lock().await.push_back(item);
        queue.more.notify_one();
    })
}

#[test]
fn each_notice_is_for_one_who_waits() {
    in_all_orders(|| async {
        let queue = queue();
        let consumers = [0, 1].map(|_| consumer(&queue));
        let producers = [1, 2].map(|item| producer(&queue, item));
        let mut got = Vec::new();
        for consumer in consumers {
            got.push(consumer.await.unwrap());
        }
        for producer in producers {
            producer.await.unwrap();
        }
        got.sort_unstable();
        assert_eq!(got, [1, 2]);
    });
}

#[test]
fn the_notice_of_one_that_is_aborted_goes_to_the_next() {
    within(5, || async {
        let queue = queue();
        let (aborted, waits) = (consumer(&queue), consumer(&queue));
        let aborter = abort_somewhen(&aborted, 4);
        yield_now().await;
        producer(&queue, 7).await.unwrap();
        let got = match aborted.await {
            Ok(item) => {
                producer(&queue, 8).await.unwrap(); // for the other
                assert_eq!(item + waits.await.unwrap(), 15);
                item
            }
            // Whoever it was that had the notice: the item is there, and so must the other be that takes it.
            Err(_) => waits.await.unwrap(),
        };
        assert!(got == 7 || got == 8);
        aborter.await.unwrap();
        assert!(queue.items.try_lock().unwrap().is_empty());
    });
}

#[test]
fn all_are_told_and_each_gets_the_lock_in_turn() {
    in_all_orders(|| async {
        let open = Rc::new((Mutex::new(false), Condvar::new()));
        let tasks = [0, 1].map(|_| {
            let open = open.clone();
            spawn(async move {
                let is_open = open.0.lock().await;
                let is_open = open.1.wait_while(is_open, |is_open| !*is_open).await;
                assert!(*is_open);
            })
        });
        {
            let mut is_open = open.0.lock().await;
            *is_open = true;
            open.1.notify_all();
        }
        for task in tasks {
            task.await.unwrap();
        }
        assert!(!open.0.is_locked());
    });
}
