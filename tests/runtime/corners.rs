//! Where two rooms meet: jobs and sleep, the inbox and the end of `block_on`, policies and the end, a read that was given
//! up and a stall. Each of these was wrong once.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::{pending, poll_fn};
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use runtime::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use runtime::net::{TcpListener, TcpStream, UdpSocket};
use runtime::{
    Builder, Clock, Handle, OnStall, Runtime, Scheduler, TaskId, TaskMeta, block_on, join_all, now, sleep,
    spawn, spawn_blocking, timeout, trace, try_join_all, yield_now,
};

use crate::support::{bounded, panics};

const MS: Duration = Duration::from_millis(1);

#[test]
fn trap_36_a_job_that_nobody_awaits_yet_moves_virtual_time_on_when_it_ends() {
    bounded(|| {
        Builder::new().clock(Clock::Virtual).build().unwrap().block_on(async {
            let job = spawn_blocking(|| thread::sleep(20 * MS));
            sleep(Duration::from_secs(3600)).await;
            job.await.unwrap();
        });
    });
}

#[test]
fn trap_36_a_stall_is_seen_when_a_detached_job_ends() {
    bounded(|| {
        let runtime = Builder::new().on_stall(OnStall::Panic).build().unwrap();
        let text = panics(|| {
            runtime.block_on(async {
                drop(spawn_blocking(|| thread::sleep(20 * MS)));
                pending::<()>().await;
            });
        });
        assert!(text.contains("stalled"), "{text}");
    });
}

#[test]
fn rule_8_a_job_that_waits_for_an_answer_of_the_loop_does_not_hold_up_its_end() {
    bounded(|| {
        let (left, leaving) = mpsc::channel::<()>();
        let answer = Arc::new(AtomicU32::new(0));
        let heard = answer.clone();
        block_on(async move {
            let handle = Handle::current();
            let (began, begun) = mpsc::channel();
            drop(spawn_blocking(move || {
                began.send(()).unwrap();
                let _ = leaving.recv(); // until the root has returned
                let (sender, receiver) = mpsc::channel::<u32>();
                // Refused, or dropped: in either case the sender goes, and the wait below ends.
                let _ = handle.spawn(move || async move { sender.send(1).unwrap() });
                heard.store(receiver.recv().map_or(7, |n| n), Ordering::SeqCst);
            }));
            begun.recv().unwrap(); // it runs, so leaving waits for it
            drop(left);
        });
        assert_eq!(answer.load(Ordering::SeqCst), 7);
    });
}

#[test]
fn rule_8_what_a_closure_in_the_inbox_leaves_to_the_pool_is_not_run_after_the_end() {
    struct Leaves(Arc<AtomicU32>);
    impl Drop for Leaves {
        fn drop(&mut self) {
            let ran = self.0.clone();
            drop(spawn_blocking(move || ran.fetch_add(1, Ordering::SeqCst)));
        }
    }
    bounded(|| {
        let ran = Arc::new(AtomicU32::new(0));
        let leaves = Leaves(ran.clone());
        let runtime = Runtime::new().unwrap();
        runtime.block_on(async move {
            let make = move || {
                let _leaves = leaves;
                async {}
            };
            Handle::current().spawn(make).unwrap();
        });
        // A thread that was fast has begun it before the end, and was waited for. Else the pool would get to it now.
        let before_the_end = ran.load(Ordering::SeqCst);
        runtime.block_on(async { spawn_blocking(|| ()).await.unwrap() });
        assert_eq!(ran.load(Ordering::SeqCst), before_the_end);
    });
}

#[test]
fn trap_14_a_wait_for_readiness_spends_the_budget_too() {
    bounded(|| {
        block_on(async {
            let socket = UdpSocket::bind("127.0.0.1:0".parse().unwrap()).unwrap();
            socket.connect(socket.local_addr().unwrap()).unwrap();
            socket.try_send(b"x").unwrap();
            let others = Rc::new(Cell::new(0));
            let ran = others.clone();
            spawn(async move {
                loop {
                    ran.set(ran.get() + 1);
                    yield_now().await;
                }
            });
            for _ in 0..10_000 {
                socket.readable().await;
                socket.try_recv(&mut [0; 8]).unwrap();
                socket.try_send(b"x").unwrap();
            }
            assert!(others.get() >= 10, "the other task ran {} times", others.get());
            others.set(0);
            for _ in 0..10_000 {
                sleep(Duration::ZERO).await;
            }
            assert!(others.get() >= 10, "and beside sleeps of no time {} times", others.get());
        });
    });
}

#[test]
fn a_read_that_stops_before_urgent_data_is_not_the_last() {
    use std::os::fd::AsFd;
    bounded(|| {
        block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
            let sender = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let (mut stream, _) = listener.accept().await.unwrap();
            let send = |bytes: &[u8], flags| rustix::net::send(sender.as_fd(), bytes, flags).unwrap();
            send(b"abc", rustix::net::SendFlags::empty());
            send(b"!", rustix::net::SendFlags::OOB);
            send(b"def", rustix::net::SendFlags::empty());
            let mut all = Vec::new();
            while !all.ends_with(b"def") {
                let mut piece = [0; 64];
                let n =
                    timeout(Duration::from_secs(5), stream.read(&mut piece)).await.expect("a byte").unwrap();
                all.extend_from_slice(&piece[..n]);
            }
            assert!(all.starts_with(b"abc"));
        });
    });
}

/// A policy that forgets to take out whom it gives.
#[derive(Default)]
struct Peek(VecDeque<TaskId>);

impl Scheduler for Peek {
    fn push(&mut self, id: TaskId, _: &TaskMeta) {
        self.0.push_back(id);
    }

    fn pop(&mut self) -> Option<TaskId> {
        self.0.front().copied()
    }
}

/// A policy that panics when it is asked though nobody is ready.
#[derive(Default)]
struct First(Vec<TaskId>);

impl Scheduler for First {
    fn push(&mut self, id: TaskId, _: &TaskMeta) {
        self.0.push(id);
    }

    fn pop(&mut self) -> Option<TaskId> {
        Some(self.0.remove(0))
    }
}

#[test]
fn a_policy_with_a_fault_spoils_nothing_at_the_end_of_block_on() {
    bounded(|| {
        Builder::new().scheduler(Peek::default()).build().unwrap().block_on(async {});
        let runtime = Builder::new().scheduler(First::default()).build().unwrap();
        runtime.block_on(async {
            spawn(pending::<()>());
            yield_now().await;
        });
        let text = panics(|| runtime.block_on(async { panic!("the root's own") }));
        assert_eq!(text, "the root's own");
        block_on(async {}); // the thread is free
    });
}

#[test]
fn a_policy_that_panics_when_the_root_comes_leaves_the_thread_free() {
    struct Refuses;
    impl Scheduler for Refuses {
        fn push(&mut self, _: TaskId, _: &TaskMeta) {
            panic!("nobody comes in");
        }
        fn pop(&mut self) -> Option<TaskId> {
            None
        }
    }
    let runtime = Builder::new().scheduler(Refuses).build().unwrap();
    assert_eq!(panics(|| runtime.block_on(async {})), "nobody comes in");
    block_on(async {});
}

#[test]
fn what_an_observer_asserts_comes_out_of_block_on() {
    let observer = |event: &trace::Event<'_>| assert!(event.number < 5, "event {}", event.number);
    let runtime = Builder::new().observer(observer).build().unwrap();
    let ended = Rc::new(Cell::new(false));
    let end = ended.clone();
    let text = panics(|| {
        runtime.block_on(async {
            yield_now().await;
            end.set(true);
        });
    });
    assert_eq!(text, "event 5");
    assert!(ended.get(), "the loop went on");
}

#[test]
fn trap_36_a_read_that_was_given_up_hides_no_stall() {
    bounded(|| {
        let runtime = Builder::new().on_stall(OnStall::Panic).build().unwrap();
        let stalls = |wait: bool| {
            let body = async {
                let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
                let mut stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
                if wait {
                    let mut line = String::new();
                    let mut lines = BufReader::new(&mut stream);
                    assert!(timeout(5 * MS, lines.read_line(&mut line)).await.is_err());
                    let mut rest = Vec::new();
                    assert!(timeout(5 * MS, stream.read_to_end(&mut rest)).await.is_err());
                    while timeout(5 * MS, stream.write_all(&[0; 65536])).await.is_ok() {}
                }
                // The same with a future that has a place of its own among those who wait.
                let socket = UdpSocket::bind("127.0.0.1:0".parse().unwrap()).unwrap();
                if wait {
                    assert!(timeout(5 * MS, socket.recv(&mut [0])).await.is_err());
                }
                pending::<()>().await;
            };
            catch_unwind(AssertUnwindSafe(|| runtime.block_on(body))).is_err()
        };
        assert!(stalls(false));
        assert!(stalls(true));
    });
}

#[test]
fn a_line_that_is_no_text_is_in_the_error_and_the_next_one_follows() {
    block_on(async {
        let mut lines = BufReader::new(&b"\xff\xfe\nnext\n"[..]);
        let mut line = String::new();
        let error = lines.read_line(&mut line).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidData);
        let no_text = error.into_inner().unwrap().downcast::<std::string::FromUtf8Error>().unwrap();
        assert_eq!(no_text.into_bytes(), b"\xff\xfe\n");
        lines.read_line(&mut line).await.unwrap();
        assert_eq!(line, "next\n");
    });
}

#[test]
fn trap_26_a_sleep_that_is_reset_after_it_was_polled_wakes_at_its_new_time() {
    let runtime = Builder::new().clock(Clock::Virtual).on_stall(OnStall::Panic).build().unwrap();
    runtime.block_on(async {
        let start = now();
        let mut nap = sleep(Duration::from_secs(3600));
        let mut polled = false;
        // Reset inside the poll, and `Pending` though the sleep was not polled since.
        poll_fn(|cx| {
            let nap = &mut nap;
            if !polled {
                polled = true;
                assert!(Pin::new(&mut *nap).poll(cx).is_pending());
                nap.reset(start + 10 * MS);
                return Poll::Pending;
            }
            Pin::new(nap).poll(cx)
        })
        .await;
        assert_eq!(now() - start, 10 * MS);
    });
}

#[test]
fn rule_5_what_is_polled_again_after_its_end_panics_and_makes_nothing_up() {
    let mut cx = Context::from_waker(Waker::noop());
    let mut tried = try_join_all([async { Err::<u8, _>("failed") }]);
    assert_eq!(Pin::new(&mut tried).poll(&mut cx), Poll::Ready(Err("failed")));
    assert!(panics(|| Pin::new(&mut tried).poll(&mut cx)).contains("polled again"));
    let mut joined = join_all([async { 1 }]);
    assert_eq!(Pin::new(&mut joined).poll(&mut cx), Poll::Ready(vec![1]));
    assert!(panics(|| Pin::new(&mut joined).poll(&mut cx)).contains("polled again"));
}

#[test]
fn virtual_time_goes_on_in_the_next_block_on() {
    let runtime = Builder::new().clock(Clock::Virtual).build().unwrap();
    let end = runtime.block_on(async {
        sleep(Duration::from_secs(3600)).await;
        now()
    });
    assert_eq!(runtime.block_on(async { now() }), end);
}

#[test]
fn that_a_waker_is_replaced_is_told_of_the_wait_it_belongs_to() {
    let told = Rc::new(RefCell::new(Vec::new()));
    let log = told.clone();
    let observer = move |event: &trace::Event<'_>| {
        if let trace::What::Waits { replaced, .. } = event.what {
            log.borrow_mut().push(replaced);
        }
    };
    // Unobserved, a waker is replaced.
    block_on(async {
        let mut nap = Box::pin(sleep(MS));
        poll_fn(|cx| {
            let _ = nap.as_mut().poll(cx);
            Poll::Ready(())
        })
        .await;
        spawn(nap).await.unwrap();
    });
    // Then, observed, none is.
    Builder::new().observer(observer).build().unwrap().block_on(sleep(MS));
    assert_eq!(*told.borrow(), [false]);
}

#[test]
fn a_body_that_yields_once_after_a_spawn_finds_the_child_under_way() {
    block_on(runtime::task_group(async |group: runtime::TaskGroup<'_, ()>| {
        for _ in 0..3 {
            yield_now().await; // also when the body itself was just woken
            let began = Rc::new(Cell::new(false));
            let begins = began.clone();
            group.spawn(async move {
                begins.set(true);
                Ok(())
            });
            yield_now().await;
            assert!(began.get());
        }
        Ok(())
    }))
    .unwrap();
}

#[test]
fn children_that_are_always_ready_keep_none_of_the_others_waiting() {
    // More than are polled in one go, each of which wakes itself at every poll; the last must have its turns all the same.
    let polls = Rc::new(Cell::new(0));
    let counted = polls.clone();
    let busy = (0..500).map(|_| Box::pin(pending_but_busy()) as Pin<Box<dyn Future<Output = ()>>>);
    let last = Box::pin(async move {
        for _ in 0..10 {
            counted.set(counted.get() + 1);
            yield_now().await;
        }
    });
    block_on(runtime::race_all(busy.chain([last as Pin<Box<dyn Future<Output = ()>>>])));
    assert_eq!(polls.get(), 10);
}

async fn pending_but_busy() {
    loop {
        yield_now().await;
    }
}
