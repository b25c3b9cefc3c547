//! TCP beside what `tcp.rs` looks at: half-closed streams, names, options, conversions, labels.

use std::cell::Cell;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener as StdListener, TcpStream as StdStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use runtime::io::{AsyncReadExt, AsyncWriteExt};
use runtime::net::{TcpListener, TcpStream};
use runtime::{Builder, JoinError, OnStall, Task, TaskState, join_all, spawn, yield_now};

use crate::support::{run, turns};

/// Bytes that repeat with no period that a buffer could have.
pub(crate) fn noise(len: usize) -> Vec<u8> {
    let mut state = 1u32;
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..len).map(next).collect()
}

fn here() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

async fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind(here()).unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (server, peer) = listener.accept().await.unwrap();
    assert_eq!(peer, client.local_addr().unwrap());
    assert_eq!(client.peer_addr().unwrap(), server.local_addr().unwrap());
    (client, server)
}

/// A connection whose other end is a plain one of the standard library, blocking.
async fn with_std() -> (TcpStream, StdStream) {
    let listener = StdListener::bind("127.0.0.1:0").unwrap();
    let ours = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    (ours, listener.accept().unwrap().0)
}

/// Both to their ends.
pub(crate) async fn both<'a>(a: impl Future<Output = ()> + 'a, b: impl Future<Output = ()> + 'a) {
    type Half<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;
    let halves: [Half<'a>; 2] = [Box::pin(a), Box::pin(b)];
    join_all(halves).await;
}

#[test]
fn closing_one_direction_leaves_the_other_open() {
    run(async || {
        let (mut client, mut server) = pair().await;
        client.write_all(b"question").await.unwrap();
        client.close().await.unwrap();
        client.close().await.unwrap(); // twice is once
        let mut question = String::new();
        server.read_to_string(&mut question).await.unwrap();
        assert_eq!(question, "question");
        assert_eq!(client.write_all(b"more").await.unwrap_err().kind(), ErrorKind::BrokenPipe);

        server.write_all(b"answer").await.unwrap();
        drop(server);
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert_eq!(answer, "answer");
    });
}

#[test]
fn a_stream_that_was_shut_down_gives_the_end_to_both_sides() {
    run(async || {
        let (mut client, mut server) = pair().await;
        client.shutdown(Shutdown::Both).unwrap();
        assert_eq!(client.read(&mut [0]).await.unwrap(), 0);
        assert_eq!(server.read(&mut [0]).await.unwrap(), 0);
    });
}

#[test]
fn trap_27_data_and_the_end_that_come_as_one_edge_are_both_read() {
    run(async || {
        for _ in 0..20 {
            let (mut ours, mut theirs) = with_std().await;
            let reader = spawn(async move {
                // Waits first, so that what comes is one event; then the short read takes the readiness back.
                let mut buf = [0; 1024];
                let first = ours.read(&mut buf).await.unwrap();
                (first, ours.read(&mut buf).await.unwrap())
            });
            turns(1).await;
            theirs.write_all(b"hello").unwrap();
            drop(theirs);
            assert_eq!(reader.await.unwrap(), (5, 0));
        }
    });
}

#[test]
fn an_acceptor_that_is_dropped_after_it_was_woken_leaves_the_connection_to_the_next() {
    run(async || {
        let listener = Rc::new(TcpListener::bind(here()).unwrap());
        let accept = |name: &str| {
            let listener = listener.clone();
            Task::new().name(name).spawn(async move { listener.accept().await.map(drop) })
        };
        let (first, second) = (accept("first"), accept("second"));
        turns(1).await;
        let _client = StdStream::connect(listener.local_addr().unwrap()).unwrap();
        let woken = || {
            runtime::dump()
                .tasks
                .iter()
                .any(|task| task.name.as_deref() == Some("first") && matches!(task.state, TaskState::Queued))
        };
        // In a random order either may have its turn, and the connection, before we see that it was woken.
        while !woken() && !first.is_finished() && !second.is_finished() {
            yield_now().await;
        }
        if !first.is_finished() {
            first.abort(); // before its turn
            assert!(matches!(first.await, Err(JoinError::Cancelled)));
            second.await.unwrap().unwrap();
        }
    });
}

#[test]
fn accept_has_a_poll_form() {
    run(async || {
        let listener = TcpListener::bind(here()).unwrap();
        let addr = listener.local_addr().unwrap();
        let client = spawn(TcpStream::connect(addr));
        let (_, peer) = std::future::poll_fn(|cx| listener.poll_accept(cx)).await.unwrap();
        assert_eq!(peer, client.await.unwrap().unwrap().local_addr().unwrap());
    });
}

#[test]
fn writing_to_a_peer_that_is_gone_ends_in_an_error() {
    run(async || {
        let (mut ours, theirs) = with_std().await;
        drop(theirs);
        let error = loop {
            if let Err(e) = ours.write_all(&[0; 1024]).await {
                break e;
            }
        };
        assert!(matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset), "{error}");
    });
}

#[test]
fn peeking_takes_nothing() {
    run(async || {
        let (mut client, mut server) = pair().await;
        client.write_all(b"hello").await.unwrap();
        let mut buf = [0; 16];
        for _ in 0..3 {
            assert_eq!(server.peek(&mut buf).await.unwrap(), 5);
        }
        assert_eq!(server.read(&mut buf).await.unwrap(), 5);
        assert_eq!(&buf[..5], b"hello");
    });
}

#[test]
fn options_are_kept() {
    run(async || {
        let (client, _server) = pair().await;
        client.set_nodelay(true).unwrap();
        client.set_ttl(7).unwrap();
        assert!(client.nodelay().unwrap());
        assert_eq!(client.ttl().unwrap(), 7);
    });
}

#[test]
fn streams_and_listeners_come_from_the_standard_library_and_go_back() {
    run(async || {
        let listener = TcpListener::from_std(StdListener::bind("127.0.0.1:0").unwrap()).unwrap();
        let addr = listener.local_addr().unwrap();
        let client = TcpStream::from_std(StdStream::connect(addr).unwrap()).unwrap();
        let (server, _) = listener.accept().await.unwrap();
        (&client).write_all(b"over the loop").await.unwrap();

        let mut server = server.into_std();
        server.set_nonblocking(false).unwrap();
        let mut heard = [0; 13];
        server.read_exact(&mut heard).unwrap();
        assert_eq!(&heard, b"over the loop");

        let mut client = client.into_std();
        client.set_nonblocking(false).unwrap();
        client.write_all(b"past it").unwrap();
        let mut server = TcpStream::from_std(server).unwrap();
        let mut heard = [0; 7];
        server.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"past it");

        let listener = TcpListener::from_std(listener.into_std()).unwrap();
        let _third = TcpStream::connect(addr).await.unwrap();
        listener.accept().await.unwrap();
    });
}

#[test]
fn connecting_to_a_name_reaches_a_server_of_either_family() {
    run(async || {
        for family in ["127.0.0.1:0", "[::1]:0"] {
            // Some machines have no IPv6.
            let Ok(listener) = TcpListener::bind(family.parse().unwrap()) else { continue };
            let addr = listener.local_addr().unwrap();
            let stream = TcpStream::connect_to(&addr.ip().to_string(), addr.port()).await.unwrap();
            assert_eq!(stream.peer_addr().unwrap(), addr);
        }
        // `localhost` is both, or one; the one that is refused is no hindrance.
        let listener = TcpListener::bind(here()).unwrap();
        let port = listener.local_addr().unwrap().port();
        let stream = TcpStream::connect_to("localhost", port).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), listener.local_addr().unwrap());
    });
}

#[test]
fn an_error_of_connecting_to_a_name_tells_the_name_or_the_address() {
    run(async || {
        // Refused before anybody is asked, so no name server has a say.
        let unknown = TcpStream::connect_to("no\0name", 80).await.unwrap_err();
        assert!(unknown.to_string().starts_with("could not find an address of no\0name: "), "{unknown}");

        let addr = StdListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let refused = TcpStream::connect_to("127.0.0.1", addr.port()).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        assert!(refused.to_string().starts_with(&format!("could not connect to {addr}: ")), "{refused}");
    });
}

#[test]
fn the_dump_tells_where_a_task_waits_for_a_socket() {
    run(async || {
        let (client, server) = pair().await;
        let listener = TcpListener::bind(here()).unwrap();
        let line = Rc::new(Cell::new(0));
        let read = {
            let line = line.clone();
            spawn(async move {
                line.set(line!() + 1);
                (&server).read(&mut [0]).await.map(drop)
            })
        };
        let accept = spawn(async move { listener.accept().await.map(drop) });
        turns(1).await;
        let dump = runtime::dump().to_string();
        let place = format!("to become readable, at {}:{}:", file!(), line.get());
        assert!(dump.contains(&place), "{place} is not in\n{dump}");
        assert_eq!(dump.matches("to become readable, at ").count(), 2, "{dump}");
        read.abort();
        accept.abort();
        drop(client);
    });
}

#[test]
fn a_background_listener_does_not_hide_a_stall() {
    let stalls = |background| {
        let runtime = Builder::new().on_stall(OnStall::Panic).build().unwrap();
        let ran = catch_unwind(AssertUnwindSafe(|| {
            runtime.block_on(async {
                let listener = TcpListener::bind(here()).unwrap();
                listener.set_background(background);
                let addr = listener.local_addr().unwrap();
                let accepting = spawn(async move { listener.accept().await.map(drop) });
                // A connection comes from outside, while the loop has nothing but the listener.
                let _late = std::thread::spawn(move || {
                    std::thread::sleep(Duration::from_millis(20));
                    StdStream::connect(addr)
                });
                accepting.await.unwrap().unwrap();
            });
        }));
        ran.is_err()
    };
    assert!(stalls(true));
    assert!(!stalls(false));
}
