//! The runtime's futures under another executor, one that polls inside `wake` (rule 6, traps 16 and 33).

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::io::{Read, Write};
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use runtime::net::{TcpListener, TcpStream};
use runtime::{join_all, sleep, spawn, timeout, yield_now};

use crate::everywhere::everywhere;
use crate::support::foreign;
use crate::support::streams::{Receiver, pipe};
use crate::support::wakers::Counting;
use crate::support::{run, turns, until};

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn trap_16_a_waker_that_polls_the_future_it_wakes_may_wake_it_from_anywhere() {
    // A whole program under an executor that polls inside `wake`, beside the runtime's own tasks.
    run(async || {
        let done = Rc::new(Cell::new(0));
        let listener = Rc::new(TcpListener::bind("127.0.0.1:0".parse().unwrap()).unwrap());
        let addr = listener.local_addr().unwrap();
        for n in 0..20_u8 {
            let (done, listener) = (done.clone(), listener.clone());
            foreign::start(async move {
                use runtime::io::{AsyncReadExt, AsyncWriteExt};
                sleep(Duration::from_micros(50 * u64::from(n))).await;
                let own = spawn(async move { TcpStream::connect(addr).await.unwrap() });
                let (mut server, _) = listener.accept().await.unwrap();
                let mut client = own.await.unwrap();
                drop(spawn(async move {
                    client.write_all(&[n]).await.unwrap();
                    client
                }));
                let mut byte = [0];
                timeout(HOUR, server.read_exact(&mut byte)).await.unwrap().unwrap();
                let more = join_all((0..3).map(|_| sleep(Duration::from_micros(100)))).await;
                assert_eq!(more.len(), 3);
                done.set(done.get() + 1);
            });
        }
        until("all twenty", || done.get() == 20 && foreign::left() == 0).await;
    });
}

#[test]
fn a_waker_may_drop_the_very_futures_that_are_to_be_woken_next() {
    everywhere(|| async {
        // Ten sleeps of one deadline and ten waiters of one source; the first that is woken drops all the others.
        let now = runtime::now();
        let (mut sender, receiver) = pipe();
        let receiver = Rc::new(receiver);
        let woken = Rc::new(Cell::new(0));
        for n in 0..20 {
            let (woken, receiver) = (woken.clone(), receiver.clone());
            foreign::start(async move {
                if n % 2 == 0 {
                    runtime::sleep_until(now + Duration::from_millis(1)).await;
                } else {
                    receiver.readable().await;
                }
                woken.set(woken.get() + 1);
                foreign::clear();
            });
        }
        sender.write_all(b"x").unwrap();
        until("the first", || woken.get() > 0).await;
        runtime::sleep_until(now + Duration::from_millis(2)).await;
        assert_eq!(woken.get(), 1);
    });
}

thread_local!(static TWO: RefCell<Vec<Option<(mio::unix::pipe::Sender, Receiver)>>> = const { RefCell::new(Vec::new()) });

#[test]
fn trap_33_a_late_event_of_a_source_that_is_gone_does_not_reach_the_next_one_in_its_slot() {
    run(async || {
        // Both become ready in one call to the OS. Whichever is told first drops the other, and puts a new source
        // into its slot; the event of the one dropped is still to come.
        let news = Rc::new(RefCell::new(Vec::new()));
        TWO.set(vec![Some(pipe()), Some(pipe())]);
        for me in 0..2 {
            let news = news.clone();
            foreign::start(async move {
                poll_fn(|cx| {
                    TWO.with_borrow(|two| match &two[me] {
                        Some((_, receiver)) => receiver.poll_read_with(cx, |mut pipe| pipe.read(&mut [0])),
                        None => Poll::Pending,
                    })
                })
                .await
                .unwrap();
                let other = TWO.with_borrow_mut(|two| two[1 - me].take());
                drop(other);
                let (sender, receiver) = pipe();
                let counting = Rc::new(Counting::new());
                let waits = receiver
                    .poll_read_with(&Context::from_waker(counting.waker()), |mut pipe| pipe.read(&mut [0]));
                assert!(waits.is_pending());
                news.borrow_mut().push((receiver, sender, counting));
            });
        }
        TWO.with_borrow_mut(|two| {
            for (sender, _) in two.iter_mut().flatten() {
                sender.write_all(b"x").unwrap();
            }
        });
        until("the first", || !news.borrow().is_empty()).await;
        turns(300).await;
        let mut news = news.take();
        assert_eq!(news.len(), 1, "the one that was dropped was told, too");
        let (receiver, mut sender, counting) = news.pop().unwrap();
        assert_eq!(counting.wakes(), 0, "the new one heard what was meant for the old one");
        // It works.
        sender.write_all(b"new").unwrap();
        assert_eq!(receiver.read_with(|mut pipe| pipe.read(&mut [0; 9])).await.unwrap(), 3);
        foreign::clear();
        TWO.take();
    });
}

#[test]
fn a_task_of_the_runtime_may_be_polled_through_a_foreign_executor_and_back() {
    everywhere(|| async {
        // A foreign future awaits a task, which awaits a timer that a foreign future has made.
        let slot: Rc<RefCell<Option<runtime::Sleep>>> = Rc::default();
        let made = slot.clone();
        foreign::start(async move {
            let mut sleeping = sleep(Duration::from_millis(1));
            poll_fn(|cx| {
                assert!(std::pin::Pin::new(&mut sleeping).poll(cx).is_pending());
                Poll::Ready(())
            })
            .await;
            *made.borrow_mut() = Some(sleeping);
        });
        let sleeping = slot.take().unwrap();
        let task = spawn(sleeping);
        let done = Rc::new(Cell::new(false));
        let seen = done.clone();
        foreign::start(async move {
            task.await.unwrap();
            seen.set(true);
        });
        until("the foreign one", || done.get()).await;
        yield_now().await;
        assert_eq!(foreign::left(), 0);
    });
}
