//! Datagrams over real sockets on loopback. What is sent there does not get lost while the buffers have room.

use std::future::poll_fn;
use std::io::ErrorKind;
use std::net::UdpSocket as StdSocket;
use std::rc::Rc;
use std::time::Duration;

use runtime::net::UdpSocket;
use runtime::{spawn, timeout};

use crate::support::{run, turns};

fn socket() -> UdpSocket {
    UdpSocket::bind("127.0.0.1:0".parse().unwrap()).unwrap()
}

/// Two that are connected with each other.
fn pair() -> (UdpSocket, UdpSocket) {
    let (a, b) = (socket(), socket());
    a.connect(b.local_addr().unwrap()).unwrap();
    b.connect(a.local_addr().unwrap()).unwrap();
    assert_eq!(a.peer_addr().unwrap(), b.local_addr().unwrap());
    (a, b)
}

#[test]
fn each_datagram_arrives_whole_and_by_itself() {
    run(async || {
        let (a, b) = pair();
        for len in [1, 0, 1400, 3, 0] {
            assert_eq!(a.send(&vec![7; len]).await.unwrap(), len);
        }
        let mut buf = [0; 2000];
        for len in [1, 0, 1400, 3, 0] {
            assert_eq!(b.recv(&mut buf).await.unwrap(), len);
        }
    });
}

#[test]
fn trap_27_a_short_datagram_does_not_hide_the_next_one() {
    run(async || {
        let (a, b) = pair();
        let receiver = spawn(async move {
            let (mut buf, mut lengths) = ([0; 2000], Vec::new());
            for _ in 0..3 {
                lengths.push(b.recv(&mut buf).await.unwrap());
            }
            lengths
        });
        turns(1).await; // it waits: the three are one event
        for len in [1, 2, 3] {
            a.send(&vec![0; len]).await.unwrap();
        }
        assert_eq!(receiver.await.unwrap(), [1, 2, 3]);
    });
}

#[cfg(unix)]
#[test]
fn a_datagram_longer_than_the_buffer_is_cut_and_the_next_is_not() {
    run(async || {
        let (a, b) = pair();
        a.send(b"a long one").await.unwrap();
        a.send(b"short").await.unwrap();
        let mut buf = [0; 6];
        assert_eq!(b.recv(&mut buf).await.unwrap(), 6);
        assert_eq!(&buf, b"a long");
        assert_eq!(b.recv(&mut buf).await.unwrap(), 5);
        assert_eq!(&buf[..5], b"short");
    });
}

#[test]
fn the_sender_is_known_and_can_be_answered() {
    run(async || {
        let (a, b) = (socket(), socket());
        a.send_to(b"who are you?", b.local_addr().unwrap()).await.unwrap();
        let mut buf = [0; 64];
        for _ in 0..2 {
            let (n, from) = b.peek_from(&mut buf).await.unwrap();
            assert_eq!((n, from), (12, a.local_addr().unwrap()));
        }
        let (_, from) = b.recv_from(&mut buf).await.unwrap();
        b.send_to(b"me", from).await.unwrap();
        assert_eq!(a.recv_from(&mut buf).await.unwrap(), (2, b.local_addr().unwrap()));
    });
}

#[test]
fn a_connected_socket_hears_its_peer_alone() {
    run(async || {
        let (a, b) = pair();
        let stranger = socket();
        stranger.send_to(b"me first", b.local_addr().unwrap()).await.unwrap();
        a.send(b"peer").await.unwrap();
        let mut buf = [0; 64];
        assert_eq!(b.recv(&mut buf).await.unwrap(), 4);
        assert_eq!(&buf[..4], b"peer");
    });
}

#[cfg(target_os = "linux")]
#[test]
fn a_connected_socket_hears_that_nobody_is_there() {
    run(async || {
        let a = socket();
        a.connect(StdSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap()).unwrap();
        a.send(b"anybody?").await.unwrap();
        assert_eq!(a.recv(&mut [0; 8]).await.unwrap_err().kind(), ErrorKind::ConnectionRefused);
    });
}

#[test]
fn a_receive_that_is_dropped_takes_no_datagram() {
    run(async || {
        let (a, b) = pair();
        let mut buf = [0; 16];
        for n in 0..3u8 {
            assert!(timeout(Duration::from_millis(1), b.recv(&mut buf)).await.is_err());
            a.send(&[n]).await.unwrap();
            assert_eq!(b.recv(&mut buf).await.unwrap(), 1);
            assert_eq!(buf[0], n);
        }
    });
}

#[test]
fn several_tasks_receive_from_one_socket_and_each_datagram_goes_to_one() {
    run(async || {
        let (a, b) = pair();
        let b = Rc::new(b);
        let receivers: Vec<_> = (0..5)
            .map(|_| {
                let b = b.clone();
                spawn(async move {
                    let mut buf = [0; 1];
                    b.recv(&mut buf).await.unwrap();
                    buf[0]
                })
            })
            .collect();
        turns(1).await;
        for n in 0..5 {
            a.send(&[n]).await.unwrap();
        }
        let mut heard = Vec::new();
        for receiver in receivers {
            heard.push(receiver.await.unwrap());
        }
        heard.sort_unstable();
        assert_eq!(heard, [0, 1, 2, 3, 4]);
    });
}

#[test]
fn the_poll_forms_do_the_same() {
    run(async || {
        let (a, b) = pair();
        let to = b.local_addr().unwrap();
        a.writable().await;
        assert_eq!(poll_fn(|cx| a.poll_send(cx, b"one")).await.unwrap(), 3);
        assert_eq!(poll_fn(|cx| a.poll_send(cx, b"four")).await.unwrap(), 4);
        let mut buf = [0; 16];
        b.readable().await;
        assert_eq!(poll_fn(|cx| b.poll_recv(cx, &mut buf)).await.unwrap(), 3);
        let (n, from) = poll_fn(|cx| b.poll_recv_from(cx, &mut buf)).await.unwrap();
        assert_eq!((n, from), (4, a.local_addr().unwrap()));
        let c = socket();
        assert_eq!(poll_fn(|cx| c.poll_send_to(cx, b"x", to)).await.unwrap(), 1);
    });
}

#[test]
fn sockets_come_from_the_standard_library_and_go_back() {
    run(async || {
        let a = UdpSocket::from_std(StdSocket::bind("127.0.0.1:0").unwrap()).unwrap();
        a.set_broadcast(true).unwrap();
        a.set_ttl(9).unwrap();
        let a = a.into_std();
        assert!(a.broadcast().unwrap());
        assert_eq!(a.ttl().unwrap(), 9);
        // Still non-blocking, as is said.
        assert_eq!(a.recv(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
    });
}

#[test]
fn a_try_takes_what_is_there_and_says_when_there_is_nothing() {
    run(async || {
        let (a, b) = pair();
        let mut buf = [0; 64];
        assert_eq!(b.try_recv(&mut buf).unwrap_err().kind(), ErrorKind::WouldBlock);
        assert_eq!(a.try_send(b"one").unwrap(), 3);
        assert_eq!(a.try_send_to(b"four", b.local_addr().unwrap()).unwrap(), 4);
        // It did not take the word of the first try for ever: the event is heard, and no loop of the two spins.
        b.readable().await;
        assert_eq!(b.try_recv(&mut buf).unwrap(), 3);
        assert_eq!(b.try_recv_from(&mut buf).unwrap(), (4, a.local_addr().unwrap()));
        assert_eq!(b.try_recv(&mut buf).unwrap_err().kind(), ErrorKind::WouldBlock);
        assert!(timeout(Duration::from_millis(1), b.readable()).await.is_err());
    });
}
