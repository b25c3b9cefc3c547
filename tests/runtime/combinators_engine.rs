//! The engine below the combinators: who is polled, how often, in which order; and wakes from everywhere.

use std::cell::{Cell, RefCell};
use std::future::{pending, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;

use runtime::net::UdpSocket;
use runtime::{
    Builder, Task, TaskState, as_completed, dump, gather, join, join_all, now, race, sleep, spawn, timeout,
    yield_now,
};

use crate::combinators::{Boxed, run_dry};
use crate::everywhere::everywhere;
use crate::support::leaves::{Event, Place, polls, waits_in};
use crate::support::wakers::{Counting, hooked};
use crate::support::{bounded, each_order};

const N: usize = 10_000;

/// Runs `f` on another thread.
fn elsewhere(f: impl FnOnce() + Send) {
    thread::scope(|scope| scope.spawn(f).join().unwrap());
}

/// Waits until `gate` is opened, and notes its number when it is polled then.
async fn noted(n: usize, gate: &Event, order: &RefCell<Vec<usize>>) {
    gate.wait().await;
    order.borrow_mut().push(n);
}

#[test]
fn trap_13_children_are_polled_in_the_order_in_which_they_were_woken() {
    let (hand, order) = (Counting::new(), RefCell::new(Vec::new()));
    let gates: Vec<Event> = (0..300).map(|_| Event::new()).collect();
    let mut all = join_all(gates.iter().enumerate().map(|(n, gate)| noted(n, gate, &order)));
    assert!(run_dry(&hand, &mut all).is_pending());
    let mixed: Vec<usize> = (0..300).map(|n| n * 7 % 300).collect();
    mixed[..200].iter().for_each(|n| gates[*n].set());
    assert!(hand.poll(&mut all).is_pending());
    // More than one batch: who is woken meanwhile comes after those that were woken before.
    mixed[200..].iter().for_each(|n| gates[*n].set());
    assert!(run_dry(&hand, &mut all).is_ready());
    assert_eq!(*order.borrow(), mixed);
}

#[test]
fn trap_01_a_wake_during_the_childs_own_poll_is_not_lost() {
    everywhere(|| async {
        let child = || {
            let mut left = 3;
            poll_fn(move |cx| {
                cx.waker().wake_by_ref();
                cx.waker().wake_by_ref();
                left -= 1;
                if left == 0 { Poll::Ready(()) } else { Poll::Pending }
            })
        };
        join_all((0..5).map(|_| child())).await;
    });
}

#[test]
fn trap_01_nor_is_one_where_the_poll_itself_came_of_a_wake() {
    everywhere(|| async {
        let (gate, polls) = (Event::new(), Cell::new(0));
        let child = async {
            gate.wait().await;
            yield_now().await; // a wake within the poll that the gate led to
            polls.set(polls.get() + 1);
        };
        let opener = async {
            yield_now().await;
            gate.set();
        };
        join_all([Box::pin(child) as Pin<Box<dyn Future<Output = ()>>>, Box::pin(opener)]).await;
        assert_eq!(polls.get(), 1);
    });
}

#[test]
fn trap_04_a_late_wake_polls_nothing_from_wherever_it_comes() {
    let (hand, place, event, count) = (Counting::new(), Place::new(), Event::new(), Rc::new(Cell::new(0)));
    // Woken once more while it becomes ready, so its number is noted when it is gone.
    let mut polled = false;
    let done = poll_fn(|cx| {
        place.keep(cx);
        cx.waker().wake_by_ref();
        if std::mem::replace(&mut polled, true) { Poll::Ready(()) } else { Poll::Pending }
    });
    let done: Boxed<'_, ()> = Box::pin(polls(done, &count));
    let mut all = join_all([done, Box::pin(polls(event.wait(), &count))]);
    assert!(run_dry(&hand, &mut all).is_pending());
    assert_eq!(count.get(), 3);
    for _ in 0..3 {
        let wakes = hand.wakes();
        place.wake();
        elsewhere(|| place.wake());
        assert_eq!(hand.wakes(), wakes);
        assert!(run_dry(&hand, &mut all).is_pending());
        assert_eq!(count.get(), 3);
    }
    event.set();
    assert!(run_dry(&hand, &mut all).is_ready());
    drop(all);
    place.wake();
    elsewhere(|| place.wake());
    assert_eq!(count.get(), 4);
}

#[test]
fn trap_09_of_wakes_from_other_threads_none_is_lost() {
    const THREADS: usize = 4;
    const CHILDREN: usize = 50;
    const EACH: usize = 500;
    let places: Arc<Vec<(AtomicUsize, Place)>> =
        Arc::new((0..CHILDREN).map(|_| Default::default()).collect());
    let started = Arc::new(AtomicBool::new(false));
    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            let (places, started) = (places.clone(), started.clone());
            thread::spawn(move || {
                while !started.load(Ordering::SeqCst) {
                    thread::yield_now();
                }
                for _ in 0..EACH {
                    for (said, place) in &*places {
                        said.fetch_add(1, Ordering::SeqCst);
                        place.wake();
                    }
                }
            })
        })
        .collect();
    let count = Rc::new(Cell::new(0));
    let children = places.iter().map(|(said, place)| {
        let mut polled = false;
        let child = poll_fn(move |cx| {
            if !std::mem::replace(&mut polled, true) {
                place.keep(cx);
            }
            // The last of them is seen, or this waits for ever.
            if said.load(Ordering::SeqCst) == THREADS * EACH { Poll::Ready(()) } else { Poll::Pending }
        });
        polls(child, &count)
    });
    runtime::block_on(async {
        let begin = async {
            yield_now().await;
            started.store(true, Ordering::SeqCst);
        };
        let all = join(join_all(children), begin);
        timeout(Duration::from_secs(20), all).await.expect("a wake was lost");
    });
    assert!(count.get() <= CHILDREN * (THREADS * EACH + 1));
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

#[test]
fn a_child_woken_here_and_elsewhere_before_it_is_polled_is_polled_once() {
    let (hand, count, places) = (Counting::new(), Rc::new(Cell::new(0)), [Place::new(), Place::new()]);
    let mut all = join_all(places.iter().map(|place| Box::pin(polls(waits_in(place), &count))));
    assert!(hand.poll(&mut all).is_pending());
    places[0].wake();
    elsewhere(|| places[0].wake());
    assert!(run_dry(&hand, &mut all).is_pending());
    assert_eq!(count.get(), 3);
    elsewhere(|| places[0].wake());
    places[0].wake();
    assert!(run_dry(&hand, &mut all).is_pending());
    assert_eq!(count.get(), 4);
}

#[test]
fn trap_10_a_wake_after_the_children_are_gone_is_harmless() {
    let (hand, place) = (Counting::new(), Place::new());
    let mut all = Box::pin(join_all([Box::pin(waits_in(&place))]));
    assert!(hand.poll(&mut all).is_pending());
    drop(all);
    elsewhere(|| place.wake());
    place.wake();
}

#[test]
fn trap_14_ten_thousand_ready_children_let_others_run_in_between() {
    everywhere(|| async {
        let polled = Rc::new(Cell::new(0));
        let most = Rc::new(Cell::new(0));
        let children = (0..N).map(|_| {
            let polled = polled.clone();
            async move { polled.set(polled.get() + 1) }
        });
        let all = spawn(join_all(children));
        let watcher = spawn({
            let (polled, most) = (polled.clone(), most.clone());
            async move {
                let mut before = polled.get();
                while polled.get() < N {
                    yield_now().await;
                    most.set(most.get().max(polled.get() - before));
                    before = polled.get();
                }
            }
        });
        all.await.unwrap();
        watcher.await.unwrap();
        // In one poll of the task 128; between two of the watcher a few of those, by the order of the run queue.
        assert!(most.get() <= 128 * 20, "{} in one go", most.get());
    });
}

#[test]
fn trap_14_a_child_that_always_wakes_itself_keeps_neither_its_siblings_nor_a_timer_waiting() {
    everywhere(|| async {
        let start = now();
        let restless = poll_fn(|cx| {
            cx.waker().wake_by_ref();
            Poll::<()>::Pending
        });
        let mut calm = 0;
        let sibling: Boxed<'_, ()> = Box::pin(async {
            for _ in 0..1000 {
                yield_now().await;
                calm += 1;
            }
        });
        let restless: Boxed<'_, ()> = Box::pin(restless);
        let mut both = as_completed([restless, sibling]);
        assert_eq!(both.next().await, Some((1, ())));
        drop(both);
        assert_eq!((calm, now() - start), (1000, Duration::ZERO));
    });
}

#[test]
fn a_used_up_io_budget_does_not_cost_a_poll_for_every_child() {
    const CHILDREN: usize = 100;
    const SENDS: usize = 5;
    let count = Rc::new(Cell::new(0));
    let runtime = Builder::new().io_budget(10).build().unwrap();
    runtime.block_on(async {
        // Sending a datagram to oneself never has to wait.
        let socket = UdpSocket::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let to = socket.local_addr().unwrap();
        let children = (0..CHILDREN).map(|_| {
            let socket = &socket;
            let child = async move {
                for _ in 0..SENDS {
                    socket.send_to(b"x", to).await.unwrap();
                }
            };
            polls(child, &count)
        });
        let all = join_all(children);
        timeout(Duration::from_secs(20), all).await.unwrap();
    });
    // Each is polled once, and once more if the budget ends in its middle.
    assert!(count.get() <= 2 * CHILDREN, "{} polls", count.get());
}

#[test]
fn a_child_whose_waker_nobody_holds_is_said_to_be_lost_and_one_that_waits_is_not() {
    everywhere(|| async {
        let lost = || -> Boxed<'_, ()> { Box::pin(pending()) };
        let waits = || -> Boxed<'_, ()> { Box::pin(sleep(Duration::from_secs(1))) };
        let woken = || -> Boxed<'_, ()> {
            // It has thrown its waker away, but only after it used it.
            Box::pin(async {
                for _ in 0..1000 {
                    yield_now().await;
                }
                sleep(Duration::from_secs(1)).await;
            })
        };
        let task = Task::new().name("with lost ones").spawn(join_all([lost(), waits(), lost(), woken()]));
        let fine = Task::new().name("fine").spawn(gather([waits(), woken()]));
        for _ in 0..50 {
            yield_now().await;
            for task in dump().tasks {
                match task.name.as_deref() {
                    Some("with lost ones") if task.polls > 0 => {
                        let text = task.state.to_string();
                        let queued = matches!(task.state, TaskState::Queued);
                        assert!(queued || text.contains("2 of them lost"), "{text}");
                        assert!(queued || text.contains("combinators_engine.rs"), "{text}");
                    }
                    Some("fine") => assert!(!task.state.to_string().contains("lost"), "{}", task.state),
                    _ => {}
                }
            }
        }
        task.abort();
        fine.await.unwrap();
    });
}

#[test]
fn trap_16_and_17_a_tasks_waker_that_wakes_the_children_finds_no_lock() {
    bounded(|| {
        let places: [Place; 3] = Default::default();
        let all_places = places.clone();
        let wake_all = move || {
            all_places.iter().for_each(Place::wake);
            // And from another thread, which needs the lock for the first of them at least.
            elsewhere(|| all_places.iter().for_each(Place::wake));
        };
        let done = Cell::new(false);
        let mut all = join_all(places.iter().map(|place| {
            poll_fn(|cx| {
                place.keep(cx);
                if done.get() { Poll::Ready(()) } else { Poll::Pending }
            })
        }));
        // The waker of each poll wakes the children: when it is woken, and when it is dropped as the next replaces it.
        let mut poll = || {
            let waker = hooked(wake_all.clone(), wake_all.clone());
            Pin::new(&mut all).poll(&mut Context::from_waker(&waker))
        };
        assert!(poll().is_pending());
        assert!(poll().is_pending());
        places[0].wake();
        assert!(poll().is_pending());
        elsewhere(|| places[1].wake());
        assert!(poll().is_pending());
        done.set(true);
        places.iter().for_each(Place::wake);
        assert!(poll().is_ready());
    });
}

#[test]
fn trap_14_a_side_that_always_uses_up_the_io_budget_leaves_some_to_the_other() {
    each_order(|order| {
        order.builder().io_budget(10).build().unwrap().block_on(async {
            let socket = UdpSocket::bind("127.0.0.1:0".parse().unwrap()).unwrap();
            let to = socket.local_addr().unwrap();
            let busy = async || -> () {
                loop {
                    socket.send_to(b"x", to).await.unwrap();
                }
            };
            let other = async || {
                for _ in 0..20 {
                    socket.send_to(b"y", to).await.unwrap();
                }
            };
            for n in 0..4 {
                // Whichever is begun first, and on whichever side it is.
                match n % 2 {
                    0 => drop(race(busy(), other()).await),
                    _ => drop(race(other(), busy()).await),
                }
                let done = Cell::new(false);
                let other = async {
                    other().await;
                    done.set(true);
                };
                let until_done = poll_fn(|cx| {
                    cx.waker().wake_by_ref();
                    if done.get() { Poll::Ready(()) } else { Poll::Pending }
                });
                let both: Boxed<'_, ()> = match n % 2 {
                    0 => Box::pin(async { ((), ()) = join(busy(), other).await }),
                    _ => Box::pin(async { ((), ()) = join(other, busy()).await }),
                };
                race(both, until_done).await;
            }
        });
    });
}
