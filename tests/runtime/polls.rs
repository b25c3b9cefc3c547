//! Leaf futures polled by hand, with a waker that counts: the protocol between a future and whoever polls it.
//!
//! For each leaf: the first `Pending` keeps one waker, not two; polled again by another task it lets go of the first
//! one (trap 6); what it waits for wakes once, and no earlier; then it is ready, and keeps nothing; dropped, it
//! leaves nothing behind.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream as StdStream};
use std::pin::Pin;
use std::sync::mpsc::channel;
use std::task::Poll;
use std::time::Duration;

use runtime::io::AsyncReadExt;
use runtime::net::{TcpListener, TcpStream};
use runtime::{
    Async, Either, join_all, now, race, sleep, sleep_until, spawn, spawn_blocking, timeout, yield_now,
};

use crate::everywhere::everywhere;
use crate::support::leaves::{Event, Place, waits_in};
use crate::support::streams::{local, pipe};
use crate::support::wakers::Counting;
use crate::support::{bounded, panics, run, turns, until};

const HOUR: Duration = Duration::from_secs(3600);

/// In virtual time, so it has not come before all wait for it.
const SOON: Duration = Duration::from_millis(1);

/// Two tasks poll the future of `make` in turn; then what it waits for happens.
async fn wakes_the_last_who_polled<F: Future + Unpin>(
    mut future: F,
    trigger: impl AsyncFnOnce(),
) -> F::Output {
    let (first, second) = (Counting::new(), Counting::new());
    for _ in 0..3 {
        assert!(first.poll(&mut future).is_pending());
        assert_eq!((first.kept(), first.wakes()), (1, 0), "after a poll by the first task");
    }
    for _ in 0..3 {
        assert!(second.poll(&mut future).is_pending());
        assert_eq!((first.kept(), second.kept()), (0, 1), "after a poll by the second task");
    }
    trigger().await;
    until("a wake", || second.wakes() > 0).await;
    let Poll::Ready(output) = second.poll(&mut future) else { panic!("woken, and not ready") };
    assert_eq!((first.wakes(), second.wakes()), (0, 1));
    assert_eq!((first.kept(), second.kept()), (0, 0), "after it was ready");
    output
}

/// Polled and dropped, it keeps no waker.
fn leaves_nothing<F: Future + Unpin>(mut future: F) {
    let counting = Counting::new();
    assert!(counting.poll(&mut future).is_pending());
    assert!(counting.kept() > 0);
    drop(future);
    assert_eq!((counting.kept(), counting.wakes()), (0, 0));
}

#[test]
fn trap_06_a_sleep_wakes_the_last_who_polled_it() {
    everywhere(|| async {
        wakes_the_last_who_polled(sleep(SOON), async || {}).await;
        wakes_the_last_who_polled(sleep_until(now() + SOON), async || {}).await;
        leaves_nothing(sleep(HOUR));
    });
}

#[test]
fn trap_06_a_join_handle_wakes_the_last_who_polled_it() {
    run(async || {
        let event = Event::new();
        let waiting = event.clone();
        let handle = spawn(async move {
            waiting.wait().await;
            7
        });
        let joined = wakes_the_last_who_polled(handle, async || event.set()).await;
        assert_eq!(joined.unwrap(), 7);
    });
}

#[test]
fn a_join_handle_of_a_task_that_is_done_is_ready_at_once() {
    run(async || {
        let mut handle = spawn(async { 7 });
        turns(1).await;
        let counting = Counting::new();
        assert!(matches!(counting.poll(&mut handle), Poll::Ready(Ok(7))));
        assert_eq!((counting.kept(), counting.wakes()), (0, 0));
        let text = panics(|| counting.poll(&mut handle));
        assert!(text.contains("polled again after it gave its result"), "{text}");
    });
}

#[test]
fn trap_06_a_blocking_job_wakes_the_last_who_polled_it() {
    run(async || {
        let (sender, receiver) = channel();
        let job = spawn_blocking(move || receiver.recv().unwrap());
        let done = wakes_the_last_who_polled(job, async || sender.send(7).unwrap()).await;
        assert_eq!(done.unwrap(), 7);
    });
}

#[test]
fn trap_06_an_accept_wakes_the_last_who_polled_it() {
    run(async || {
        let listener = TcpListener::bind(local()).unwrap();
        let addr = listener.local_addr().unwrap();
        let mut client = None;
        let accept = listener.accept();
        let (_, peer) =
            wakes_the_last_who_polled(accept, async || client = Some(StdStream::connect(addr).unwrap()))
                .await
                .unwrap();
        assert_eq!(peer, client.unwrap().local_addr().unwrap());
        leaves_nothing(listener.accept());
    });
}

#[test]
fn trap_06_waiting_for_readability_wakes_the_last_who_polled_it() {
    run(async || {
        let (mut sender, receiver) = pipe();
        leaves_nothing(receiver.readable());
        wakes_the_last_who_polled(receiver.readable(), async || sender.write_all(b"x").unwrap()).await;
        let read = receiver.read_with(|mut pipe| pipe.read(&mut [0; 9])).await;
        assert_eq!(read.unwrap(), 1);
    });
}

#[test]
fn trap_06_an_operation_on_a_source_wakes_the_last_who_polled_it() {
    run(async || {
        let (mut sender, receiver) = pipe();
        leaves_nothing(receiver.read_with(|mut pipe| pipe.read(&mut [0])));
        let read = receiver.read_with(|mut pipe| pipe.read(&mut [0; 9]));
        let read = wakes_the_last_who_polled(read, async || sender.write_all(b"abc").unwrap()).await;
        assert_eq!(read.unwrap(), 3);
    });
}

#[test]
fn trap_06_a_read_of_a_socket_wakes_the_last_who_polled_it() {
    run(async || {
        let listener = TcpListener::bind(local()).unwrap();
        let mut client = StdStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut buffer = [0; 9];
        let read = stream.read(&mut buffer);
        let read = wakes_the_last_who_polled(read, async || client.write_all(b"abc").unwrap()).await;
        assert_eq!((read.unwrap(), &buffer[..3]), (3, &b"abc"[..]));
    });
}

#[test]
fn trap_06_a_write_to_a_full_pipe_wakes_the_last_who_polled_it() {
    run(async || {
        let (sender, mut receiver) = mio::unix::pipe::new().unwrap();
        let sender = Async::new(sender).unwrap();
        let mut full = 0;
        let counting = Counting::new();
        while let Poll::Ready(n) = counting.poll(&mut sender.write_with(|mut pipe| pipe.write(&[0; 4096]))) {
            full += n.unwrap();
        }
        leaves_nothing(sender.writable());
        let write = sender.write_with(|mut pipe| pipe.write(b"x"));
        let drain = async || {
            let mut all = vec![0; full];
            receiver.read_exact(&mut all).unwrap();
        };
        assert_eq!(wakes_the_last_who_polled(write, drain).await.unwrap(), 1);
    });
}

#[test]
fn trap_06_a_timeout_wakes_the_last_who_polled_it() {
    everywhere(|| async {
        let limited = Box::pin(timeout(SOON, std::future::pending::<()>()));
        assert!(wakes_the_last_who_polled(limited, async || {}).await.is_err());
        leaves_nothing(Box::pin(timeout(HOUR, std::future::pending::<()>())));
    });
}

#[test]
fn trap_06_join_all_wakes_the_last_who_polled_it() {
    run(async || {
        woken_for_each_child();
        leaves_nothing(join_all([sleep(HOUR), sleep(HOUR)]));
    });
}

/// Two children become ready one after the other: two wakes, both of the last who polled.
fn woken_for_each_child() {
    let events = [Event::new(), Event::new()];
    let mut future = join_all(events.iter().map(|event| {
        let event = event.clone();
        Box::pin(async move { event.wait().await })
    }));
    let (first, second) = (Counting::new(), Counting::new());
    assert!(first.poll(&mut future).is_pending());
    assert!(second.poll(&mut future).is_pending());
    assert_eq!((first.kept(), second.kept()), (0, 1));
    events[1].set();
    assert_eq!(second.wakes(), 1);
    assert!(second.poll(&mut future).is_pending());
    events[0].set();
    assert_eq!(second.wakes(), 2);
    assert!(second.poll(&mut future).is_ready());
    drop(future);
    assert_eq!((first.wakes(), first.kept(), second.kept()), (0, 0, 0));
}

#[test]
fn trap_06_race_wakes_the_last_who_polled_it() {
    everywhere(|| async {
        let first = Box::pin(race(sleep(SOON), std::future::pending::<()>()));
        let won = wakes_the_last_who_polled(first, async || {}).await;
        assert_eq!(won, Either::Left(()));
        leaves_nothing(Box::pin(race(std::future::pending::<()>(), sleep(HOUR))));
    });
}

#[test]
fn yield_now_wakes_once_and_is_ready_at_the_second_poll() {
    bounded(|| {
        let counting = Counting::new();
        let mut future = yield_now();
        assert!(counting.poll(&mut future).is_pending());
        assert_eq!((counting.wakes(), counting.kept()), (1, 0));
        assert!(counting.poll(&mut future).is_ready());
        assert_eq!(counting.wakes(), 1);
    });
}

#[test]
fn a_connect_waits_until_the_other_side_answers_whatever_wakes_it_meanwhile() {
    run(async || {
        let full = FullListener::new();
        let (first, second) = (Counting::new(), Counting::new());
        let mut connect = TcpStream::connect(full.addr());
        // trap 34: polled again and again for nothing, it does not take the socket for connected.
        for _ in 0..3 {
            assert!(first.poll(&mut connect).is_pending());
        }
        assert!(second.poll(&mut connect).is_pending());
        assert_eq!((first.kept(), second.kept()), (0, 1));
        drop(connect);
        assert_eq!((first.kept(), second.kept(), second.wakes()), (0, 0, 0));
        // Under a real task, with a limit.
        let late = timeout(Duration::from_millis(2), TcpStream::connect(full.addr())).await;
        assert!(late.is_err(), "nobody has accepted: {late:?}");
    });
}

/// A listener whose queue of connections is full: the next one that connects waits for an answer.
struct FullListener {
    listener: std::net::TcpListener,
    _queue: Vec<mio::net::TcpStream>,
}

impl FullListener {
    fn new() -> FullListener {
        let listener = std::net::TcpListener::bind(local()).unwrap();
        let addr = listener.local_addr().unwrap();
        let mut queue = Vec::new();
        // The system's limit is not told: until one does not come through.
        loop {
            let stream = mio::net::TcpStream::connect(addr).unwrap();
            let connected = stream.peer_addr().is_ok();
            queue.push(stream);
            if !connected {
                return FullListener { listener, _queue: queue };
            }
            assert!(queue.len() < 100_000, "the queue takes more than any queue should");
        }
    }

    fn addr(&self) -> SocketAddr {
        self.listener.local_addr().unwrap()
    }
}

#[test]
fn a_poll_form_keeps_one_waker_for_reading_and_another_for_writing() {
    run(async || {
        let listener = TcpListener::bind(local()).unwrap();
        let far = StdStream::connect(listener.local_addr().unwrap()).unwrap();
        far.set_nonblocking(true).unwrap();
        let mut far = far;
        let (stream, _) = listener.accept().await.unwrap();
        let (reads, writes) = (Counting::new(), Counting::new());
        let (mut reader, mut writer) = (&stream, &stream);
        use runtime::io::{AsyncRead, AsyncWrite};
        use std::future::poll_fn;
        let mut byte = [0];
        assert!(reads.poll(&mut poll_fn(|cx| reader.poll_read(cx, &mut byte))).is_pending());
        while writes.poll(&mut poll_fn(|cx| writer.poll_write(cx, &[0; 65536]))).is_ready() {}
        assert_eq!((reads.kept(), writes.kept()), (1, 1));
        // trap 30: the room that the other side makes wakes the writer, and leaves the reader where it is.
        let mut read = 0;
        until("the writer", || {
            let mut sink = [0; 65536];
            while let Ok(n @ 1..) = Read::read(&mut far, &mut sink) {
                read += n;
            }
            writes.wakes() > 0
        })
        .await;
        assert!(read > 0);
        assert_eq!((reads.wakes(), reads.kept(), writes.wakes()), (0, 1, 1));
        Write::write_all(&mut far, b"x").unwrap();
        until("the reader", || reads.wakes() > 0).await;
        assert!(matches!(Pin::new(&mut reader.read(&mut byte)).await, Ok(1)));
    });
}

#[test]
fn all_who_wait_for_one_direction_of_a_source_are_woken_each_once() {
    run(async || {
        let (mut sender, receiver) = pipe();
        let mut waiting: Vec<_> = (0..10).map(|_| (Counting::new(), receiver.readable())).collect();
        for (counting, future) in &mut waiting {
            assert!(counting.poll(future).is_pending());
        }
        // Two leave before.
        let left: Vec<_> = waiting.drain(3..5).map(|(counting, _)| counting).collect();
        sender.write_all(b"x").unwrap();
        until("all of them", || waiting.iter().all(|(counting, _)| counting.wakes() == 1)).await;
        assert!(left.iter().all(|counting| (counting.wakes(), counting.kept()) == (0, 0)));
        for (counting, future) in &mut waiting {
            assert!(counting.poll(future).is_ready());
            assert_eq!((counting.wakes(), counting.kept()), (1, 0));
        }
    });
}

#[test]
fn a_blocking_job_polled_again_after_its_result_panics() {
    run(async || {
        let mut job = spawn_blocking(|| 7);
        assert_eq!((&mut job).await.unwrap(), 7);
        let counting = Counting::new();
        let again = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| counting.poll(&mut job)));
        assert!(again.is_err(), "Pending, for ever: nobody will wake it");
    });
}

#[test]
fn a_join_all_that_was_polled_and_dropped_leaves_no_waker_behind_in_its_childrens() {
    run(async || {
        let place = Place::new();
        let child = place.clone();
        let mut all = join_all([Box::pin(async move { waits_in(&child).await })]);
        let counting = Counting::new();
        assert!(counting.poll(&mut all).is_pending());
        drop(all);
        let kept = counting.kept();
        place.wake();
        assert_eq!((kept, counting.wakes()), (0, 0));
    });
}
