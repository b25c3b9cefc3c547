//! Rule 6: code of the user's that comes back into the very thing that has called it: wakers and destructors.
//!
//! A `Waker` must be `Send`, and what is tested here is not; so the waker finds what it is to do in a thread-local. A
//! primitive that were borrowed while it wakes or drops would panic here.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use runtime::sync::{Barrier, Condvar, Event, Mutex, Semaphore, mpsc, oneshot};

use super::{Counter, Log, panic_of};

thread_local! {
    static NEXT: RefCell<Vec<Box<dyn FnOnce()>>> = const { RefCell::new(Vec::new()) };
}

/// Runs what the thread-local holds, the last put there first.
fn run_next() {
    let next = NEXT.with(|next| next.borrow_mut().pop());
    if let Some(next) = next {
        next();
    }
}

fn then(next: impl FnOnce() + 'static) {
    NEXT.with(|all| all.borrow_mut().push(Box::new(next)));
}

fn all_ran() -> bool {
    NEXT.with(|next| next.borrow().is_empty())
}

/// A waker that does something when it is woken.
struct OnWake;

impl Wake for OnWake {
    fn wake(self: Arc<Self>) {
        run_next();
    }
}

/// A waker that does something when the last of it is dropped.
struct OnDrop;

impl Wake for OnDrop {
    fn wake(self: Arc<Self>) {}
}

impl Drop for OnDrop {
    fn drop(&mut self) {
        run_next();
    }
}

fn poll<F: Future + Unpin>(future: &mut F, waker: impl Wake + Send + Sync + 'static) -> Poll<F::Output> {
    // Nothing of the waker is left but what the future keeps.
    Pin::new(future).poll(&mut Context::from_waker(&Waker::from(Arc::new(waker))))
}

/// Leaks, so that what a thread-local holds may borrow it.
fn leaked<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

#[test]
fn trap_16_a_waker_that_takes_the_lock_it_is_woken_for() {
    let mutex = leaked(Mutex::new(0));
    let guard = mutex.try_lock();
    let waits = Rc::new(RefCell::new(mutex.lock()));
    assert!(poll(&mut *waits.borrow_mut(), OnWake).is_pending());
    then({
        let waits = waits.clone();
        move || {
            let mut guard = Counter::new().ready(&mut *waits.borrow_mut());
            *guard += 1; // the guard that unlocked has let go of the value by now
        }
    });
    drop(guard);
    assert!(all_ran());
    assert_eq!(mutex.try_lock().as_deref(), Some(&1));
}

#[test]
fn trap_16_a_waker_that_drops_the_future_it_is_woken_for_and_asks_again() {
    let mutex = leaked(Mutex::new(()));
    let guard = mutex.try_lock();
    let [mut first, mut second] = [mutex.lock(), mutex.lock()];
    let counter = Counter::new();
    assert!(poll(&mut first, OnWake).is_pending() && counter.is_pending(&mut second));
    then(move || {
        drop(first);
        assert!(mutex.try_lock().is_none(), "it has gone to the second");
    });
    drop(guard);
    assert!(all_ran());
    drop(counter.ready(&mut second));
    assert!(!mutex.is_locked());
}

#[test]
fn trap_16_a_waker_that_gives_the_permits_on() {
    let semaphore = leaked(Semaphore::new(0));
    let log = Log::new();
    let waiting: Vec<_> = (0..3)
        .map(|_| {
            let mut waits = semaphore.acquire(1);
            assert!(poll(&mut waits, OnWake).is_pending());
            waits
        })
        .collect();
    for (n, mut waits) in waiting.into_iter().enumerate().rev() {
        let log = log.clone();
        then(move || {
            log.push(n);
            // Collected, and at once given back: that wakes the next from within this wake.
            drop(Counter::new().ready(&mut waits));
            log.push(n + 10);
        });
    }
    semaphore.add_permits(1);
    assert_eq!(log.entries(), [0, 1, 2, 12, 11, 10]);
    assert_eq!(semaphore.available(), 1);
}

#[test]
fn trap_38_who_comes_while_a_round_is_being_let_go_belongs_to_the_next() {
    let barrier = leaked(Barrier::new(3));
    let [mut a, mut b] = [barrier.wait(), barrier.wait()];
    assert!(poll(&mut a, OnWake).is_pending() && poll(&mut b, OnWake).is_pending());
    let counter = Rc::new(Counter::new());
    let early = Rc::new(RefCell::new(Vec::new()));
    for _ in 0..2 {
        let (early, counter) = (early.clone(), counter.clone());
        then(move || {
            let mut wait = barrier.wait();
            assert!(counter.is_pending(&mut wait));
            early.borrow_mut().push(wait);
        });
    }
    assert_eq!(counter.ready(&mut barrier.wait()).unwrap().index(), 2);
    assert!(all_ran());
    assert_eq!(barrier.n_waiting(), 2);
    assert_eq!([a, b].map(|mut wait| counter.ready(&mut wait).unwrap().index()), [0, 1]);
    let mut early = early.borrow_mut();
    assert!(early.iter_mut().all(|wait| counter.is_pending(wait)));
    assert!(counter.ready(&mut barrier.wait()).is_ok());
    assert!(early.iter_mut().all(|wait| counter.ready(wait).is_ok()));
}

#[test]
fn trap_16_a_waker_that_aborts_the_barrier_or_clears_the_event_takes_nothing_back() {
    let barrier = leaked(Barrier::new(3));
    let [mut a, mut b] = [barrier.wait(), barrier.wait()];
    assert!(poll(&mut a, OnWake).is_pending() && poll(&mut b, OnWake).is_pending());
    then(|| barrier.abort());
    let counter = Counter::new();
    assert!(counter.ready(&mut barrier.wait()).is_ok());
    assert!(counter.ready(&mut a).is_ok() && counter.ready(&mut b).is_ok());

    let event = leaked(Event::new());
    let [mut a, mut b] = [event.wait(), event.wait()];
    assert!(poll(&mut a, OnWake).is_pending() && poll(&mut b, OnWake).is_pending());
    then(|| event.clear());
    event.set();
    counter.ready(&mut a);
    counter.ready(&mut b);
    assert!(!event.is_set() && all_ran());
}

#[test]
fn trap_16_a_waker_that_drops_the_others_of_a_broadcast() {
    let event = leaked(Event::new());
    let [mut a, mut b] = [event.wait(), event.wait()];
    assert!(poll(&mut a, OnWake).is_pending() && poll(&mut b, OnWake).is_pending());
    then(move || drop(b));
    event.set();
    Counter::new().ready(&mut a);
}

#[test]
fn trap_16_a_waker_that_notifies_from_within_a_notice() {
    let (mutex, condvar) = (leaked(Mutex::new(())), leaked(Condvar::new()));
    let [mut a, mut b] = [(); 2].map(|()| {
        let mut wait = condvar.wait(mutex.try_lock().unwrap());
        assert!(poll(&mut wait, OnWake).is_pending());
        wait
    });
    then(|| condvar.notify_one());
    condvar.notify_one();
    let counter = Counter::new();
    drop(counter.ready(&mut a));
    drop(counter.ready(&mut b));
    assert!(all_ran());
}

#[test]
fn trap_16_a_waker_that_sends_and_receives_on_the_channel_it_is_woken_by() {
    let (sender, receiver) = mpsc::channel(1);
    let (sender, receiver) = (leaked(sender), Rc::new(RefCell::new(receiver)));
    let log = Log::new();
    sender.try_send(0).unwrap();
    let mut waits = sender.send(1);
    assert!(poll(&mut waits, OnWake).is_pending());
    then({
        let log = log.clone();
        move || {
            log.push(Counter::new().ready(&mut waits).is_ok());
            log.push(sender.try_send(2).is_err());
        }
    });
    assert_eq!(receiver.borrow_mut().try_recv(), Ok(0));
    assert_eq!(log.entries(), [true, true]);
    assert_eq!(receiver.borrow_mut().try_recv(), Ok(1));

    assert!(poll(&mut receiver.borrow_mut().recv(), OnWake).is_pending());
    then({
        let (log, receiver) = (log.clone(), receiver.clone());
        move || log.push(receiver.borrow_mut().try_recv() == Ok(3))
    });
    // That `recv` was dropped, so this wakes nobody, and the message stays.
    sender.try_send(3).unwrap();
    run_next();
    assert_eq!(log.entries(), [true, true, true]);
}

#[test]
fn trap_16_a_waker_that_receives_within_the_send() {
    let ((sender, receiver), log) = (mpsc::channel(1), Log::new());
    let mut recv = Box::pin(async move {
        let mut receiver = receiver;
        receiver.recv().await
    });
    assert!(poll(&mut recv, OnWake).is_pending());
    then({
        let log = log.clone();
        move || log.push(Counter::new().ready(&mut recv))
    });
    sender.try_send(7).unwrap();
    assert_eq!(log.entries(), [Some(7)]);
    assert!(sender.is_closed(), "the receiver was dropped within the send");
}

#[test]
fn trap_16_a_waker_that_takes_the_answer_within_the_send() {
    let ((sender, mut receiver), log) = (oneshot::channel(), Log::new());
    assert!(poll(&mut receiver, OnWake).is_pending());
    let in_the_wake = log.clone();
    then(move || in_the_wake.push(receiver.try_recv()));
    sender.send(1).unwrap();

    let (sender, mut receiver) = oneshot::remote();
    assert!(poll(&mut receiver, OnWake).is_pending());
    let in_the_wake = log.clone();
    then(move || in_the_wake.push(receiver.try_recv()));
    sender.send(2).unwrap();
    assert_eq!(log.entries(), [Ok(1), Ok(2)]);
}

#[test]
fn trap_17_a_replaced_waker_whose_destructor_uses_the_primitive() {
    let mutex = leaked(Mutex::new(()));
    let guard = mutex.try_lock();
    let mut waits = mutex.lock();
    assert!(poll(&mut waits, OnDrop).is_pending());
    then(|| assert!(mutex.try_lock().is_none()));
    assert!(Counter::new().is_pending(&mut waits));
    assert!(all_ran());
    drop(waits);
    drop(guard);

    let semaphore = leaked(Semaphore::new(0));
    let mut waits = semaphore.acquire(2);
    assert!(poll(&mut waits, OnDrop).is_pending());
    // What the destructor sets free is seen by the very poll that ran it.
    then(|| semaphore.add_permits(2));
    assert_eq!(Counter::new().ready(&mut waits).map(|permit| permit.count()), Ok(2));

    let (sender, receiver) = mpsc::channel(1);
    let (sender, receiver) = (leaked(sender), leaked(RefCell::new(receiver)));
    sender.try_send(0).unwrap();
    let mut waits = sender.send(1);
    assert!(poll(&mut waits, OnDrop).is_pending());
    then(|| assert_eq!(receiver.borrow_mut().try_recv(), Ok(0)));
    assert_eq!(Counter::new().ready(&mut waits), Ok(()));
    assert!(all_ran());

    let (sender, mut receiver) = oneshot::remote::<u32>();
    assert!(poll(&mut receiver, OnDrop).is_pending());
    then(move || assert!(!sender.is_closed()));
    assert!(Counter::new().is_pending(&mut receiver) && all_ran());
    assert!(receiver.try_recv().is_err());

    let (mut sender, mut receiver) = oneshot::channel();
    assert!(poll(&mut sender.closed(), OnDrop).is_pending());
    assert!(poll(&mut receiver, OnDrop).is_pending());
    // Sent by the destructor, after the look at the value and before the end of the poll.
    then(move || sender.send(1).unwrap());
    assert_eq!(Counter::new().ready(&mut receiver), Ok(1));
    assert!(all_ran());
}

#[test]
fn trap_17_a_dropped_futures_waker_whose_destructor_uses_the_primitive() {
    let event = leaked(Event::new());
    let mut waits = event.wait();
    assert!(poll(&mut waits, OnDrop).is_pending());
    then(|| event.set());
    drop(waits);
    assert!(all_ran() && event.is_set());

    let (_sender, mut receiver) = mpsc::channel::<u32>(1);
    let ran = Rc::new(Cell::new(false));
    let mut recv = receiver.recv();
    assert!(poll(&mut recv, OnDrop).is_pending());
    then({
        let ran = ran.clone();
        move || ran.set(true)
    });
    drop(recv);
    assert!(ran.get());

    let (sender, mut receiver) = oneshot::remote::<u32>();
    assert!(poll(&mut receiver, OnDrop).is_pending());
    then(move || assert_eq!(sender.send(1), Err(1)));
    drop(receiver);
    assert!(all_ran());
}

/// A message whose destructor uses the channel it was sent through.
struct Nosy(mpsc::Sender<Nosy>, Log<(usize, bool)>);

impl Drop for Nosy {
    fn drop(&mut self) {
        self.1.push((self.0.len(), self.0.is_closed()));
    }
}

#[test]
fn trap_18_messages_whose_destructors_use_the_channel() {
    let ((sender, receiver), log, counter) = (mpsc::channel(2), Log::new(), Counter::new());
    for _ in 0..2 {
        assert!(sender.try_send(Nosy(sender.clone(), log.clone())).is_ok());
    }
    let mut waits = sender.send(Nosy(sender.clone(), log.clone()));
    assert!(counter.is_pending(&mut waits));
    drop(receiver);
    assert_eq!(log.entries(), [(0, true); 2]);
    drop(waits);
    assert_eq!(log.entries().len(), 3);
}

#[test]
fn trap_18_a_message_whose_destructor_panics_leaves_the_channel_whole() {
    struct Panics;
    impl Drop for Panics {
        fn drop(&mut self) {
            panic!("in the destructor of a message");
        }
    }
    let ((sender, receiver), counter) = (mpsc::channel(1), Counter::new());
    assert!(sender.try_send(Some(Panics)).is_ok());
    let mut waits = sender.send(None);
    assert!(counter.is_pending(&mut waits));
    assert_eq!(panic_of(|| drop(receiver)), "in the destructor of a message");
    assert_eq!(counter.wakes(), 1);
    assert!(counter.ready(&mut waits).is_err());
    assert!(sender.is_closed() && sender.is_empty());
}

#[test]
fn a_waker_that_panics_keeps_nobody_else_from_being_woken() {
    struct Panics;
    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            panic!("in a waker");
        }
    }
    let (event, counter) = (Event::new(), Counter::new());
    let [mut a, mut b] = [event.wait(), event.wait()];
    assert!(poll(&mut a, Panics).is_pending() && counter.is_pending(&mut b));
    event.set();
    assert_eq!(counter.wakes(), 1);
    counter.ready(&mut a);

    let mutex = Mutex::new(());
    let guard = mutex.try_lock();
    let mut waits = mutex.lock();
    assert!(poll(&mut waits, Panics).is_pending());
    drop(guard);
    drop(counter.ready(&mut waits));
    assert!(!mutex.is_locked());
}

#[test]
fn tasks_that_are_dropped_at_the_end_with_what_they_hold_wake_each_other_to_no_harm() {
    let (mutex, semaphore) = (Rc::new(Mutex::new(0)), Rc::new(Semaphore::new(1)));
    runtime::block_on(async {
        for _ in 0..5 {
            let (mutex, semaphore) = (mutex.clone(), semaphore.clone());
            runtime::spawn(async move {
                let _permit = semaphore.acquire(1).await;
                let _guard = mutex.lock().await;
                std::future::pending::<()>().await;
            });
        }
        runtime::yield_now().await;
        runtime::yield_now().await;
    });
    assert_eq!(semaphore.available(), 1);
    assert!(!mutex.is_locked());
    assert_eq!((Rc::strong_count(&mutex), Rc::strong_count(&semaphore)), (1, 1));
}
