//! `TcpStream` and `TcpListener` on loopback: how connections begin and end.

use std::cell::Cell;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener as StdListener, TcpStream as StdStream};
use std::rc::Rc;
use std::time::Duration;

use runtime::io::{AsyncReadExt, AsyncWriteExt};
use runtime::net::{TcpListener, TcpStream};
use runtime::{join_all, sleep, spawn, timeout, yield_now};

use crate::support::streams::{Nobody, known_empty, local, pair, pattern};
use crate::support::wakers::Counting;
use crate::support::{run, turns};

#[test]
fn several_tasks_accept_from_one_listener_and_each_connection_goes_to_one_of_them() {
    run(async || {
        let listener = Rc::new(TcpListener::bind(local()).unwrap());
        let addr = listener.local_addr().unwrap();
        let counts: Vec<Rc<Cell<usize>>> = (0..4).map(|_| Rc::default()).collect();
        let total = Rc::new(Cell::new(0));
        for count in &counts {
            let (listener, count, total) = (listener.clone(), count.clone(), total.clone());
            spawn(async move {
                loop {
                    let (mut stream, _) = listener.accept().await.unwrap();
                    stream.write_all(b"x").await.unwrap();
                    count.set(count.get() + 1);
                    total.set(total.get() + 1);
                    yield_now().await;
                }
            });
        }
        let clients = join_all((0..40).map(|_| async {
            let mut stream = TcpStream::connect(addr).await.unwrap();
            let mut all = Vec::new();
            stream.read_to_end(&mut all).await.unwrap();
            all.len()
        }));
        assert_eq!(clients.await, [1; 40]);
        assert_eq!(total.get(), 40);
        // None of them is left out while the others work.
        assert!(counts.iter().all(|count| count.get() > 0), "{counts:?}");
    });
}

#[test]
fn data_and_fin_that_come_as_one_edge_are_both_seen() {
    run(async || {
        for length in [1, 99, 100, 101, 5000] {
            let (mut stream, mut far) = pair().await;
            known_empty(&stream);
            // Both before the loop looks: it hears of them once.
            far.write_all(&pattern(length)).unwrap();
            drop(far);
            let mut all = Vec::new();
            let mut buffer = [0; 100];
            loop {
                match stream.read(&mut buffer).await.unwrap() {
                    0 => break,
                    n => all.extend_from_slice(&buffer[..n]),
                }
            }
            assert!(all == pattern(length));
            assert_eq!(stream.read(&mut buffer).await.unwrap(), 0, "and it stays the end");
        }
    });
}

#[test]
fn an_end_that_comes_after_a_short_read_is_seen() {
    run(async || {
        let (mut stream, mut far) = pair().await;
        let mut buffer = [0; 100];
        for _ in 0..50 {
            far.write_all(b"abc").unwrap();
            assert_eq!(stream.read(&mut buffer).await.unwrap(), 3);
        }
        far.write_all(b"abc").unwrap();
        far.shutdown(Shutdown::Write).unwrap();
        let mut all = Vec::new();
        stream.read_to_end(&mut all).await.unwrap();
        assert_eq!(all, b"abc");
        // The other direction goes on.
        stream.write_all(b"still here").await.unwrap();
        drop(stream);
        let mut rest = Vec::new();
        far.read_to_end(&mut rest).unwrap();
        assert_eq!(rest, b"still here");
    });
}

#[test]
fn a_refused_connection_is_an_error_and_no_stream() {
    run(async || {
        let nobody = Nobody::new();
        for _ in 0..20 {
            let refused = TcpStream::connect(nobody.addr()).await;
            assert_eq!(refused.unwrap_err().kind(), ErrorKind::ConnectionRefused);
        }
        let many = join_all((0..20).map(|_| TcpStream::connect(nobody.addr()))).await;
        assert!(many.into_iter().all(|refused| refused.is_err()));
    });
}

#[test]
fn trap_34_a_stream_that_connect_gives_is_connected() {
    run(async || {
        let listener = TcpListener::bind(local()).unwrap();
        let addr = listener.local_addr().unwrap();
        let streams = join_all((0..10).map(|_| TcpStream::connect(addr))).await;
        for stream in streams {
            let stream = stream.unwrap();
            assert_eq!(stream.peer_addr().unwrap(), addr);
            stream.set_nodelay(true).unwrap();
            (&stream).write_all(b"at once").await.unwrap();
            let (far, peer) = listener.accept().await.unwrap();
            assert_eq!((peer, far.local_addr().unwrap()), (stream.local_addr().unwrap(), addr));
        }
    });
}

#[test]
fn a_reset_by_the_peer_reaches_who_waits_to_read_and_who_waits_to_write() {
    run(async || {
        let (stream, mut far) = pair().await;
        // What it was sent and did not read makes its end a reset.
        (&stream).write_all(b"unread").await.unwrap();
        let stream = Rc::new(stream);
        let reader = stream.clone();
        let reader = spawn(async move { (&*reader).read(&mut [0]).await.map_err(|e| e.kind()) });
        let writer = stream.clone();
        let writer = spawn(async move {
            loop {
                if let Err(error) = (&*writer).write(&[0; 65_536]).await {
                    return Err(error.kind());
                }
            }
        });
        turns(300).await;
        assert!(!reader.is_finished() && !writer.is_finished());
        far.read_exact(&mut [0]).unwrap();
        drop(far);
        // The system tells of a reset once, to who asks first; the other finds the stream closed.
        let ends = [reader.await.unwrap(), writer.await.unwrap()];
        let (reset, closed) = (Err(ErrorKind::ConnectionReset), Err(ErrorKind::BrokenPipe));
        assert!(ends.contains(&reset), "{ends:?}");
        assert!(ends.iter().all(|end| [reset, closed, Ok(0)].contains(end)), "{ends:?}");
    });
}

#[test]
fn an_accept_that_was_cancelled_loses_no_connection() {
    run(async || {
        let listener = TcpListener::bind(local()).unwrap();
        let addr = listener.local_addr().unwrap();
        for _ in 0..3 {
            assert!(timeout(Duration::from_micros(100), listener.accept()).await.is_err());
            let mut waiting = listener.accept();
            assert!(Counting::new().poll(&mut waiting).is_pending());
            let client = StdStream::connect(addr).unwrap();
            sleep(Duration::from_micros(100)).await;
            drop(waiting);
            let (_, peer) = listener.accept().await.unwrap();
            assert_eq!(peer, client.local_addr().unwrap());
        }
    });
}

#[test]
fn read_exact_says_how_far_it_came() {
    run(async || {
        let (mut stream, mut far) = pair().await;
        far.write_all(b"seven b").unwrap();
        drop(far);
        let mut buffer = [0; 10];
        let error = stream.read_exact(&mut buffer).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
        assert_eq!(error.to_string(), "the stream ended after 7 of 10 bytes");
        assert_eq!(&buffer[..7], b"seven b");
        stream.read_exact(&mut []).await.unwrap();
    });
}

#[test]
fn a_read_to_end_that_was_cancelled_has_what_it_read_and_nothing_else() {
    run(async || {
        let (mut stream, mut far) = pair().await;
        far.write_all(b"a part").unwrap();
        let mut all = Vec::new();
        assert!(timeout(Duration::from_millis(2), stream.read_to_end(&mut all)).await.is_err());
        assert_eq!(all, b"a part");
    });
}

#[test]
fn readable_after_an_end_or_data_and_not_before() {
    run(async || {
        let (stream, mut far) = pair().await;
        known_empty(&stream);
        assert!(timeout(Duration::from_millis(1), stream.readable()).await.is_err());
        far.write_all(b"x").unwrap();
        stream.readable().await;
        assert_eq!((&stream).read(&mut [0; 9]).await.unwrap(), 1);
        known_empty(&stream);
        drop(far);
        stream.readable().await;
        assert_eq!((&stream).read(&mut [0; 9]).await.unwrap(), 0);
    });
}

#[test]
fn a_write_of_nothing_and_a_second_close_are_fine() {
    run(async || {
        let (mut stream, mut far) = pair().await;
        stream.write_all(b"").await.unwrap();
        stream.flush().await.unwrap();
        stream.close().await.unwrap();
        stream.close().await.unwrap();
        assert_eq!(far.read(&mut [0]).unwrap(), 0);
        let error = stream.write_all(b"x").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
    });
}

#[test]
fn an_address_in_use_and_one_of_another_machine_are_errors() {
    run(async || {
        let taken = StdListener::bind(local()).unwrap();
        let error = TcpListener::bind(taken.local_addr().unwrap()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AddrInUse);
        assert!(TcpListener::bind("192.0.2.1:0".parse().unwrap()).is_err());
    });
}
