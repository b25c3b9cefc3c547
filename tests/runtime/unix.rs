//! Unix sockets.

use std::io::ErrorKind;
use std::os::unix::net::{UnixListener as StdListener, UnixStream as StdStream};
use std::rc::Rc;
use std::time::Duration;

use runtime::io::{AsyncReadExt, AsyncWriteExt, copy};
use runtime::net::{UnixListener, UnixStream};
use runtime::{join_all, mio, spawn, timeout};

use crate::net::{both, noise};
use crate::support::{run, run_in_turn, turns};

#[test]
fn a_pair_carries_much_in_both_directions_at_once() {
    run_in_turn(async || {
        const LEN: usize = 4 * 1024 * 1024;
        let (a, b) = UnixStream::pair().unwrap();
        let sent = noise(LEN);
        let echo = spawn(async move {
            let copied = copy(&mut &b, &mut &b).await.unwrap();
            drop(b);
            copied
        });
        let mut heard = Vec::new();
        let (mut reader, mut writer) = (&a, &a);
        let read = async { assert!(reader.read_to_end(&mut heard).await.unwrap() > 0) };
        let write = async {
            writer.write_all(&sent).await.unwrap();
            writer.close().await.unwrap();
        };
        both(read, write).await;
        assert!(heard == sent);
        assert_eq!(echo.await.unwrap(), LEN as u64);
    });
}

#[test]
fn trap_27_data_and_the_end_that_come_as_one_edge_are_both_read() {
    run(async || {
        let (ours, theirs) = StdStream::pair().unwrap();
        let mut ours = UnixStream::from_std(ours).unwrap();
        let reader = spawn(async move {
            let mut buf = [0; 1024];
            (ours.read(&mut buf).await.unwrap(), ours.read(&mut buf).await.unwrap())
        });
        turns(1).await;
        std::io::Write::write_all(&mut &theirs, b"hello").unwrap();
        drop(theirs);
        assert_eq!(reader.await.unwrap(), (5, 0));
    });
}

#[test]
fn connections_are_made_under_a_path() {
    run(async || {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("socket");
        let listener = Rc::new(UnixListener::bind(&path).unwrap());
        assert_eq!(listener.local_addr().unwrap().as_pathname(), Some(&*path));
        let server = {
            let listener = listener.clone();
            spawn(async move {
                for _ in 0..10 {
                    let (stream, _) = listener.accept().await.unwrap();
                    spawn(async move { copy(&mut &stream, &mut &stream).await });
                }
            })
        };
        join_all((0..10u8).map(|n| {
            let path = &path;
            async move {
                let mut client = UnixStream::connect(path).await.unwrap();
                assert_eq!(client.peer_addr().unwrap().as_pathname(), Some(&**path));
                client.write_all(&[n]).await.unwrap();
                client.close().await.unwrap();
                let mut echo = Vec::new();
                client.read_to_end(&mut echo).await.unwrap();
                assert_eq!(echo, [n]);
            }
        }))
        .await;
        server.await.unwrap();
    });
}

#[test]
fn where_nobody_listens_the_error_says_so() {
    run(async || {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("socket");
        assert_eq!(UnixStream::connect(&path).await.unwrap_err().kind(), ErrorKind::NotFound);
        let listener = UnixListener::bind(&path).unwrap();
        assert_eq!(UnixListener::bind(&path).unwrap_err().kind(), ErrorKind::AddrInUse);
        drop(listener);
        assert_eq!(UnixStream::connect(&path).await.unwrap_err().kind(), ErrorKind::ConnectionRefused);
        let long = dir.path().join("x".repeat(200));
        assert_eq!(UnixListener::bind(long).unwrap_err().kind(), ErrorKind::InvalidInput);
    });
}

#[cfg(target_os = "linux")]
#[test]
fn a_connect_to_a_full_queue_waits_for_room() {
    run_in_turn(async || {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("socket");
        let listener = UnixListener::bind(&path).unwrap();
        // They stay in the queue, also when they are closed; so few descriptors are enough to fill it.
        let full = (0..100_000).any(|_| {
            let connected = mio::net::UnixStream::connect(&path);
            connected.is_err_and(|e| e.kind() == ErrorKind::WouldBlock)
        });
        assert!(full, "the queue takes more than this test has");

        assert!(timeout(Duration::from_millis(2), UnixStream::connect(&path)).await.is_err());
        let late = {
            let path = path.clone();
            spawn(async move { UnixStream::connect(&path).await.unwrap().write_all(b"late").await })
        };
        turns(1).await;
        assert!(!late.is_finished());
        assert!(runtime::dump().to_string().contains("waits for room in the queue of a Unix socket, at "));

        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut heard = String::new();
            stream.read_to_string(&mut heard).await.unwrap();
            if heard == "late" {
                break;
            }
        }
        late.await.unwrap().unwrap();
    });
}

#[test]
fn streams_and_listeners_come_from_the_standard_library_and_go_back() {
    run(async || {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("socket");
        let listener = UnixListener::from_std(StdListener::bind(&path).unwrap()).unwrap();
        let client = UnixStream::connect(&path).await.unwrap().into_std();
        let (server, _) = listener.accept().await.unwrap();
        std::io::Write::write_all(&mut &client, b"hi").unwrap();
        let mut heard = [0; 2];
        (&server).read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"hi");
        let listener = listener.into_std();
        assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
    });
}
