//! `Event`: all who wait when it is set go on, even if it is cleared before their turn.

use std::cell::Cell;
use std::rc::Rc;

use runtime::sync::Event;
use runtime::{spawn, yield_now};

use crate::support::{abort_somewhen, in_all_orders, settled, within};

#[test]
fn all_who_wait_when_it_is_set_go_on_also_if_it_is_cleared_at_once() {
    in_all_orders(|| async {
        let (event, waiting) = (Rc::new(Event::new()), Rc::new(Cell::new(0)));
        let tasks = [0, 1].map(|_| {
            let (event, waiting) = (event.clone(), waiting.clone());
            spawn(async move {
                waiting.set(waiting.get() + 1);
                event.wait().await;
                waiting.set(waiting.get() - 1);
            })
        });
        let setter = {
            let (event, waiting) = (event.clone(), waiting.clone());
            spawn(async move {
                let there = waiting.get();
                event.set();
                event.clear();
                there
            })
        };
        let there = setter.await.unwrap();
        settled().await;
        let gone = 2 - tasks.iter().filter(|task| !task.is_finished()).count();
        assert!(gone >= there, "{there} were waiting, {gone} have gone on");
        event.set();
        for task in tasks {
            task.await.unwrap();
        }
    });
}

#[test]
fn one_that_is_aborted_holds_up_nobody() {
    within(5, || async {
        let event = Rc::new(Event::new());
        let tasks = [0, 1, 2].map(|_| {
            let event = event.clone();
            spawn(async move { event.wait().await })
        });
        let aborter = abort_somewhen(&tasks[1], 3);
        yield_now().await;
        event.set();
        let [a, b, c] = tasks;
        a.await.unwrap();
        c.await.unwrap();
        let _ = b.await;
        aborter.await.unwrap();
        assert!(format!("{event:?}").contains("waiting: 0"));
    });
}
