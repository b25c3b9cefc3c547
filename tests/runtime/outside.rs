//! Around the edges of `block_on`: nested, outside, before, after, one after the other.

use std::sync::Mutex;
use std::time::Duration;

use runtime::net::{TcpListener, TcpStream, lookup_host};
use runtime::{Async, Runtime, block_on, join_all, sleep, spawn, spawn_blocking, timeout, yield_now};

use crate::support::alone::alone;
use crate::support::wakers::Counting;
use crate::support::{bounded, each_order, panics, run};

#[test]
fn one_runtime_runs_several_roots_one_after_the_other() {
    each_order(|order| {
        let runtime = order.builder().build().unwrap();
        let mut old = Vec::new();
        for round in 1..=5_u64 {
            let handle = runtime.block_on(async {
                sleep(Duration::from_micros(100)).await;
                // Left behind; gone by the next round.
                let left = spawn(std::future::pending::<()>());
                assert_eq!(spawn(async move { round }).await.unwrap(), round);
                left
            });
            assert!(handle.is_finished());
            old.push(handle);
            assert_eq!(runtime.stats().spawned, round * 3);
        }
        runtime.block_on(async {
            for handle in old {
                assert!(matches!(handle.await, Err(runtime::JoinError::Cancelled)));
            }
        });
    });
}

#[test]
fn a_socket_that_outlives_its_root_works_in_the_next_one_of_the_same_runtime() {
    use runtime::io::{AsyncReadExt, AsyncWriteExt};
    bounded(|| {
        let runtime = Runtime::new().unwrap();
        let (mut near, mut far) = runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
            let near = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
            let (mut far, _) = listener.accept().await.unwrap();
            // So that both are known to be empty: a reader that waited, and was cancelled.
            assert!(timeout(Duration::from_millis(1), far.read(&mut [0])).await.is_err());
            (near, far)
        });
        // Comes while no loop runs.
        runtime.block_on(near.write_all(b"x")).unwrap();
        let mut byte = [0];
        runtime.block_on(far.read_exact(&mut byte)).unwrap();
        assert_eq!(&byte, b"x");
    });
}

#[test]
fn a_nested_block_on_panics_with_advice_and_the_outer_one_goes_on() {
    run(async || {
        let runtime = Runtime::new().unwrap();
        let nested: [&dyn Fn(); 2] = [&|| block_on(async {}), &|| runtime.block_on(async {})];
        for nested in nested {
            let text = panics(nested);
            assert!(text.contains("already running a runtime") && text.contains("await"), "{text}");
        }
        // In a task the panic is the task's.
        let task = spawn(async { block_on(async { 1 }) });
        let text = task.await.unwrap_err().to_string();
        assert!(text.contains("already running a runtime"), "{text}");
        // All rooms are still those of the outer one.
        sleep(Duration::from_micros(10)).await;
        assert_eq!(spawn_blocking(|| 1).await.unwrap() + spawn(async { 2 }).await.unwrap(), 3);
        assert!(TcpListener::bind("127.0.0.1:0".parse().unwrap()).is_ok());
    });
}

#[test]
fn a_block_on_after_another_and_one_on_a_blocking_thread_are_fine() {
    each_order(|order| {
        order.block_on(async {});
        let inner = order
            .block_on(async { spawn_blocking(move || order.block_on(async { yield_now().await })).await });
        assert!(inner.is_ok());
    });
}

#[test]
fn outside_a_runtime_what_needs_one_panics_and_says_where_it_works() {
    bounded(|| {
        let source = || mio::net::UdpSocket::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let addr = "127.0.0.1:0".parse().unwrap();
        let counting = Counting::new();
        let long = Duration::from_secs(9);
        let calls: [(&str, &dyn Fn()); 9] = [
            ("spawn", &|| drop(spawn(async {}))),
            ("spawn", &|| drop(runtime::Task::new().name("n").spawn(async {}))),
            ("spawn_blocking", &|| drop(spawn_blocking(|| {}))),
            ("stats", &|| drop(runtime::stats())),
            ("Async::new", &|| drop(Async::new(source()))),
            ("Async::new", &|| drop(TcpListener::bind(addr))),
            ("Async::new", &|| drop(counting.poll(&mut TcpStream::connect(addr)))),
            ("sleep", &|| assert!(counting.poll(&mut sleep(long)).is_pending())),
            ("spawn_blocking", &|| drop(counting.poll(&mut Box::pin(lookup_host("localhost", 1))))),
        ];
        for (name, call) in calls {
            let text = panics(call);
            assert!(text.starts_with(name) && text.contains("outside a runtime"), "{text}");
            assert!(text.contains("runtime::block_on(async { … })"), "{text}");
        }
        // On another thread than the runtime's it is the same.
        block_on(async {
            let text = spawn_blocking(|| panics(|| spawn(async {}))).await.unwrap();
            assert!(text.contains("outside a runtime"), "{text}");
        });
    });
}

#[test]
fn what_does_not_wait_needs_no_runtime() {
    bounded(|| {
        let counting = Counting::new();
        assert!(counting.poll(&mut sleep(Duration::ZERO)).is_ready());
        assert!(counting.poll(&mut sleep(Duration::MAX)).is_pending());
        assert!(counting.poll(&mut yield_now()).is_pending());
        assert!(counting.poll(&mut Box::pin(timeout(Duration::from_secs(9), async {}))).is_ready());
        assert!(counting.poll(&mut Box::pin(lookup_host("::1", 1))).is_ready());
        assert!(counting.poll(&mut join_all([async {}])).is_ready());
    });
}

#[test]
fn what_is_left_of_a_runtime_may_be_dropped_after_it() {
    each_order(|order| {
        let counting = Counting::new();
        let left = order.block_on(async {
            let mut sleeping = sleep(Duration::from_secs(3600));
            assert!(counting.poll(&mut sleeping).is_pending());
            let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
            let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
            let job = spawn_blocking(|| 1);
            let task = spawn(std::future::pending::<()>());
            (sleeping, listener, stream, job, task)
        });
        left.4.abort();
        assert!(left.4.is_finished());
        drop(left);
        assert_eq!((counting.kept(), counting.wakes()), (0, 0));
    });
}

#[test]
fn outside_a_runtime_the_panic_names_the_line_of_the_caller() {
    static FILES: Mutex<Vec<String>> = Mutex::new(Vec::new());
    alone(|| {
        std::panic::set_hook(Box::new(|info| {
            FILES.lock().unwrap().push(info.location().unwrap().file().to_owned());
        }));
        panics(|| spawn(async {}));
        panics(|| spawn_blocking(|| {}));
        panics(|| runtime::stats().polls);
        panics(|| TcpListener::bind("127.0.0.1:0".parse().unwrap()));
        let files = FILES.lock().unwrap().clone();
        assert!(files.iter().all(|file| file.ends_with("outside.rs")), "{files:?}");
    });
}
