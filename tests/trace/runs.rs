//! Runs to look at: small programs that make the loop do all it can, recorded.

use std::future::poll_fn;

use std::panic::{self, AssertUnwindSafe};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::thread;
use std::time::Duration;

use demo::trace::{Log, Recorder};
use runtime::io::{AsyncReadExt, AsyncWriteExt};
use runtime::net::{TcpListener, TcpStream};
use runtime::sync::{Barrier, Condvar, Event, Mutex, Semaphore, mpsc, oneshot};
use runtime::{Builder, Clock, OnStall, Task, sleep, spawn, spawn_blocking, task_group, yield_now};

/// Records what `run` does on a loop with these settings.
pub(crate) fn recorded<T>(title: &str, settings: Builder, run: impl AsyncFnOnce() -> T) -> Log {
    let recorder = Recorder::new(title);
    let runtime = settings.observer(recorder.clone()).build().unwrap();
    runtime.block_on(run());
    drop(runtime);
    recorder.take()
}

fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

thread_local! {
    static ALL: Vec<Log> =
        vec![echo(), meeting(), children(), ends(), threads(), times(), twice(), other_orders(), said()];
}

/// All of them: each is run once a test.
pub(crate) fn all() -> Vec<Log> {
    ALL.with(Vec::clone)
}

/// Two ends of a socket in one thread.
pub(crate) fn echo() -> Log {
    recorded("echo", Builder::new(), async || {
        let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let addr = listener.local_addr().unwrap();
        let server = Task::new().name("server").group("server").spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut bytes = [0; 5];
            stream.read_exact(&mut bytes).await.unwrap();
            stream.write_all(&bytes).await.unwrap();
        });
        let mut stream = TcpStream::connect(addr).await.unwrap();
        stream.write_all(b"hello").await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        server.await.unwrap();
        assert_eq!(text, "hello");
    })
}

/// Everything that tasks wait for each other with.
pub(crate) fn meeting() -> Log {
    recorded("meeting", Builder::new(), async || {
        let lock = Rc::new(Mutex::new(0));
        let permits = Rc::new(Semaphore::new(2));
        let barrier = Rc::new(Barrier::new(3));
        let event = Rc::new(Event::new());
        let condvar = Rc::new(Condvar::new());
        let (sender, mut receiver) = mpsc::channel(1);
        let (done, is_done) = oneshot::channel();
        let mut workers = Vec::new();
        for n in 0..3 {
            let (lock, permits, barrier) = (lock.clone(), permits.clone(), barrier.clone());
            let (event, condvar, sender) = (event.clone(), condvar.clone(), sender.clone());
            workers.push(Task::new().name(format!("worker {n}")).spawn(async move {
                let _permit = permits.acquire(1).await;
                {
                    let mut guard = lock.lock().await;
                    yield_now().await;
                    *guard += 1;
                    condvar.notify_all();
                }
                drop(_permit);
                barrier.wait().await.unwrap();
                event.wait().await;
                for message in 0..2 {
                    sender.send(message).await.unwrap();
                }
            }));
        }
        drop(sender);
        let mut guard = lock.lock().await;
        while *guard < 3 {
            guard = condvar.wait(guard).await;
        }
        drop(guard);
        spawn(async move {
            sleep(millis(1)).await;
            event.set();
            done.send(()).unwrap();
        });
        is_done.await.unwrap();
        let mut received = 0;
        while receiver.recv().await.is_some() {
            received += 1;
        }
        assert_eq!(received, 6);
        for worker in workers {
            worker.await.unwrap();
        }
    })
}

/// A group whose children end in every way.
pub(crate) fn children() -> Log {
    recorded("children", Builder::new(), async || {
        let all: Result<(), &str> = task_group(async |group| {
            group.spawn(async {
                sleep(millis(1)).await;
                Ok::<(), &str>(())
            });
            group.spawn(async {
                yield_now().await;
                yield_now().await;
                Err::<(), _>("enough")
            });
            group.spawn(async {
                sleep(Duration::from_secs(3600)).await;
                Ok::<(), &str>(())
            });
            sleep(millis(500)).await;
            Ok(())
        })
        .await;
        assert_eq!(all, Err("enough"));
        let broken = Task::new().name("broken").spawn(task_group(async |group| {
            group.spawn_named("breaks", async { if true { panic!("on purpose") } else { Ok::<(), ()>(()) } });
            sleep(millis(500)).await;
            Ok::<(), ()>(())
        }));
        assert!(broken.await.is_err());
    })
}

/// Tasks that end in every way: by themselves, in a panic, aborted by others and by themselves, left behind.
pub(crate) fn ends() -> Log {
    recorded("ends", Builder::new(), async || {
        let panics = Task::new().name("panics").spawn(async { panic!("on purpose") });
        assert!(panics.await.is_err());
        let waits = Task::new().name("waits").spawn(sleep(Duration::MAX));
        yield_now().await;
        waits.abort();
        assert!(waits.await.is_err());
        let itself = Rc::new(std::cell::RefCell::new(None::<runtime::JoinHandle<()>>));
        let own = itself.clone();
        let aborts = Task::new().name("aborts itself").spawn(async move {
            if let Some(handle) = own.take() {
                handle.abort();
            }
            yield_now().await;
            unreachable!("it was aborted");
        });
        itself.replace(Some(aborts));
        // A waker that is fired when its task is gone.
        let kept = Rc::new(std::cell::Cell::new(None));
        let keeper = kept.clone();
        let short = Task::new().name("short").spawn(poll_fn(move |cx| {
            keeper.set(Some(cx.waker().clone()));
            Poll::Ready(())
        }));
        short.await.unwrap();
        let waker = kept.take().unwrap();
        waker.wake_by_ref();
        waker.wake();
        yield_now().await;
        // One that wakes itself in its last poll.
        let eager = spawn(poll_fn(|cx| {
            cx.waker().wake_by_ref();
            cx.waker().wake_by_ref();
            Poll::Ready(())
        }));
        eager.await.unwrap();
        yield_now().await;
        Task::new().name("left behind").spawn(sleep(Duration::MAX));
        spawn(async {});
    })
}

/// Blocking jobs, wakes from other threads, futures sent from there.
pub(crate) fn threads() -> Log {
    recorded("threads", Builder::new().blocking_threads(1).on_stall(OnStall::Wait), async || {
        let (first, second) = (spawn_blocking(|| thread::sleep(millis(2))), spawn_blocking(|| 2));
        first.await.unwrap();
        assert_eq!(second.await.unwrap(), 2);
        let (sender, receiver) = oneshot::remote();
        let sending = thread::spawn(move || sender.send(3));
        assert_eq!(receiver.await.unwrap(), 3);
        sending.join().unwrap().unwrap();
        // A waker that is fired there when its task is gone: it is in the inbox when the thread is.
        let kept = Rc::new(std::cell::Cell::new(None));
        let keeper = kept.clone();
        let short = spawn(poll_fn(move |cx| {
            keeper.set(Some(cx.waker().clone()));
            Poll::Ready(())
        }));
        short.await.unwrap();
        let waker = kept.take().unwrap();
        thread::spawn(move || waker.wake()).join().unwrap();
        sleep(millis(1)).await;
    })
}

/// Timers that fire, and some that are dropped, in virtual time.
pub(crate) fn times() -> Log {
    recorded("times", Builder::new().clock(Clock::Virtual), async || {
        let sleeps = (1..=5).map(|n| sleep(millis(n * 10)));
        let late = runtime::timeout(millis(25), sleep(millis(1000))).await;
        assert!(late.is_err());
        runtime::join_all(sleeps).await;
        let short = pin!(sleep(millis(1)));
        let long = sleep(millis(2));
        runtime::race(short, long).await;
    })
}

/// A runtime that runs three futures, the second of which panics.
pub(crate) fn twice() -> Log {
    let recorder = Recorder::new("twice");
    let runtime = Builder::new().observer(recorder.clone()).build().unwrap();
    runtime.block_on(async {
        spawn(sleep(millis(1000)));
        yield_now().await;
        spawn(async {});
    });
    let second = panic::catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(async {
            spawn(async { yield_now().await });
            yield_now().await;
            panic!("on purpose");
        });
    }));
    assert!(second.is_err());
    runtime.block_on(sleep(millis(1)));
    drop(runtime);
    recorder.take()
}

/// Other orders than first in, first out.
pub(crate) fn other_orders() -> Log {
    recorded("other orders", Builder::new().scheduler(runtime::Random::new(7)), async || {
        let tasks: Vec<_> = (0..8)
            .map(|n| {
                spawn(async move {
                    for _ in 0..n {
                        yield_now().await;
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    })
}

/// A program that says something, is slow, and gets stuck.
pub(crate) fn said() -> Log {
    let settings = Builder::new().slow_poll(millis(1)).on_stall(OnStall::Wait);
    recorded("said", settings, async || {
        runtime::trace::mark("begun", "with <tags> & \"quotes\" and a line\nbreak </script>");
        let _work = runtime::trace::span("work", "all of it");
        thread::sleep(millis(2));
        yield_now().await;
        let (sender, receiver) = oneshot::remote();
        let stuck = spawn(receiver);
        Task::new().name("lost").spawn(poll_fn(|_| {
            runtime::waiting_on("nothing");
            Poll::<()>::Pending
        }));
        let sending = thread::spawn(move || {
            thread::sleep(millis(10));
            sender.send(())
        });
        stuck.await.unwrap().unwrap();
        sending.join().unwrap().unwrap();
    })
}
