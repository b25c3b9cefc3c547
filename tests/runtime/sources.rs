//! `Async` over pipes and pairs of sockets: try first, wait only on `WouldBlock` (traps 27, 28, 30 and 32).
#![cfg(unix)]

use std::cell::Cell;
use std::future::poll_fn;
use std::io::{self, ErrorKind, Read, Write};
use std::rc::Rc;
use std::task::Poll;
use std::thread;
use std::time::Duration;

use mio::net::UnixStream;
use mio::unix::pipe;
use runtime::io::AsyncReadExt;
use runtime::{Async, join_all, spawn, timeout};

use crate::support::streams::pattern;
use crate::support::wakers::Counting;
use crate::support::{run, run_in_turn, turns, until};

fn async_pipe() -> (Async<pipe::Sender>, Async<pipe::Receiver>) {
    let (sender, receiver) = pipe::new().unwrap();
    (Async::new(sender).unwrap(), Async::new(receiver).unwrap())
}

async fn read(receiver: &Async<pipe::Receiver>, buffer: &mut [u8]) -> io::Result<usize> {
    receiver.read_with(|mut pipe| pipe.read(buffer)).await
}

#[test]
fn trap_27_what_was_not_read_at_once_is_still_readable() {
    run(async || {
        let (sender, receiver) = async_pipe();
        assert_eq!(sender.write_with(|mut pipe| pipe.write(&pattern(1000))).await.unwrap(), 1000);
        // One edge for all; a byte at a time, each after asking whether there is something to read.
        let mut all = Vec::new();
        while all.len() < 1000 {
            receiver.readable().await;
            let mut byte = [0];
            assert_eq!(read(&receiver, &mut byte).await.unwrap(), 1);
            all.push(byte[0]);
        }
        assert_eq!(all, pattern(1000));
    });
}

#[test]
fn trap_27_a_megabyte_goes_through_a_pipe_whatever_the_pieces() {
    run(async || {
        let data = Rc::new(pattern(1_000_000));
        for (wrote, took) in [(1 << 20, 1 << 20), (4096, 65_536), (100_000, 777), (9_999, 10_000)] {
            let (sender, receiver) = async_pipe();
            let source = data.clone();
            let writer = spawn(async move {
                let mut left = &source[..];
                while !left.is_empty() {
                    let piece = &left[..left.len().min(wrote)];
                    let n = sender.write_with(|mut pipe| pipe.write(piece)).await.unwrap();
                    left = &left[n..];
                }
            });
            let mut all = Vec::new();
            let mut buffer = vec![0; took];
            loop {
                match read(&receiver, &mut buffer).await.unwrap() {
                    0 => break,
                    n => all.extend_from_slice(&buffer[..n]),
                }
            }
            writer.await.unwrap();
            assert!(all == *data, "pieces of {wrote} and {took}");
        }
    });
}

#[test]
fn trap_28_readiness_is_a_hint_and_the_operation_decides() {
    run(async || {
        let (sender, receiver) = async_pipe();
        // A new source is worth a try, and there is nothing in it.
        receiver.readable().await;
        let tries = Rc::new(Cell::new(0));
        let counted = tries.clone();
        let reader = spawn(async move {
            let mut buffer = [0; 9];
            let n = receiver.read_with(|mut pipe| {
                counted.set(counted.get() + 1);
                pipe.read(&mut buffer)
            });
            (n.await.unwrap(), receiver)
        });
        turns(300).await;
        assert!(!reader.is_finished());
        assert_eq!(tries.get(), 1, "tried once, and then waited for an event");
        sender.write_with(|mut pipe| pipe.write(b"x")).await.unwrap();
        let (n, _receiver) = reader.await.unwrap();
        assert_eq!((n, tries.get()), (1, 2));
    });
}

#[test]
fn trap_28_who_finds_that_another_was_faster_waits_on() {
    run(async || {
        let (sender, receiver) = async_pipe();
        let receiver = Rc::new(receiver);
        let mut readers: Vec<_> = (0..5)
            .map(|_| {
                let receiver = receiver.clone();
                spawn(async move {
                    let mut byte = [0];
                    assert_eq!(read(&receiver, &mut byte).await.unwrap(), 1);
                    byte[0]
                })
            })
            .collect();
        turns(3).await;
        let mut got = Vec::new();
        // All five are woken by each byte, and one of them gets it.
        for byte in *b"abcde" {
            sender.write_with(|mut pipe| pipe.write(&[byte])).await.unwrap();
            until("a reader", || readers.iter().any(runtime::JoinHandle::is_finished)).await;
            turns(5).await;
            let done: Vec<_> = readers.extract_if(.., |reader| reader.is_finished()).collect();
            assert_eq!(done.len(), 1);
            for reader in done {
                got.push(reader.await.unwrap());
            }
        }
        assert_eq!(got, b"abcde");
    });
}

#[test]
fn trap_30_one_task_reads_while_another_writes_the_same_source() {
    run(async || {
        let (near, far) = UnixStream::pair().unwrap();
        let (near, far) = (Rc::new(Async::new(near).unwrap()), Async::new(far).unwrap());
        // Both wait: nothing to read, and no room to write.
        let reader = near.clone();
        let reader = spawn(async move {
            let mut byte = [0];
            reader.read_with(|mut socket| socket.read(&mut byte)).await.unwrap();
            byte[0]
        });
        let (filling, filled) = (near.clone(), Rc::new(Cell::new(0)));
        let total = filled.clone();
        let writer = spawn(async move {
            for _ in 0..100 {
                let n = filling.write_with(|mut socket| socket.write(&[7; 16_384])).await.unwrap();
                total.set(total.get() + n);
            }
        });
        turns(500).await;
        assert!(!reader.is_finished() && !writer.is_finished());
        // The reader first, with the writer still waiting.
        far.write_with(|mut socket| socket.write(b"r")).await.unwrap();
        assert_eq!(reader.await.unwrap(), b'r');
        assert!(!writer.is_finished());
        let mut drained = 0;
        let mut buffer = vec![0; 65_536];
        while !writer.is_finished() || drained < filled.get() {
            let n = far.read_with(|mut socket| socket.read(&mut buffer));
            drained += timeout(Duration::from_secs(5), n).await.unwrap().unwrap();
        }
        writer.await.unwrap();
        assert_eq!(drained, filled.get());
    });
}

#[test]
fn data_and_the_end_that_come_at_once_are_both_seen() {
    run(async || {
        for known_empty in [false, true] {
            let (mut sender, receiver) = pipe::new().unwrap();
            let receiver = Async::new(receiver).unwrap();
            let mut buffer = [0; 100];
            if known_empty {
                let early = timeout(Duration::from_millis(1), read(&receiver, &mut buffer)).await;
                assert!(early.is_err());
            }
            sender.write_all(b"last words").unwrap();
            drop(sender);
            assert_eq!(read(&receiver, &mut buffer).await.unwrap(), 10);
            assert_eq!(read(&receiver, &mut buffer).await.unwrap(), 0);
            assert_eq!(read(&receiver, &mut buffer).await.unwrap(), 0);
        }
    });
}

#[test]
fn a_writer_hears_that_its_reader_is_gone() {
    run(async || {
        let (sender, receiver) = async_pipe();
        let writer = spawn(async move {
            loop {
                if let Err(error) = sender.write_with(|mut pipe| pipe.write(&[0; 4096])).await {
                    return error.kind();
                }
            }
        });
        turns(300).await;
        assert!(!writer.is_finished());
        drop(receiver);
        assert_eq!(writer.await.unwrap(), ErrorKind::BrokenPipe);
    });
}

#[test]
fn an_operation_that_was_interrupted_is_tried_again_and_other_errors_are_given() {
    run(async || {
        let (sender, receiver) = async_pipe();
        let mut answers = vec![Ok(3), Err(ErrorKind::Interrupted.into()), Err(ErrorKind::Interrupted.into())];
        let answer = sender.write_with(move |_| answers.pop().unwrap()).await;
        assert_eq!(answer.unwrap(), 3);
        let refused = receiver.read_with(|_| Err::<(), _>(ErrorKind::PermissionDenied.into())).await;
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::PermissionDenied);
    });
}

#[test]
fn a_source_that_is_taken_out_may_be_registered_again() {
    run(async || {
        let (mut sender, mut receiver) = pipe::new().unwrap();
        for byte in *b"abc" {
            let watched = Async::new(receiver).unwrap();
            let mut buffer = [0];
            let mut reading = Box::pin(read(&watched, &mut buffer));
            assert!(Counting::new().poll(&mut reading).is_pending());
            sender.write_all(&[byte]).unwrap();
            assert_eq!(reading.await.unwrap(), 1);
            assert_eq!(buffer, [byte]);
            receiver = watched.into_inner();
        }
    });
}

#[test]
fn the_tries_and_the_poll_forms_do_what_the_futures_do() {
    run(async || {
        let (sender, receiver) = async_pipe();
        let would_block = |tried: io::Result<usize>| tried.unwrap_err().kind() == ErrorKind::WouldBlock;
        assert!(would_block(receiver.try_read_with(|mut pipe| pipe.read(&mut [0]))));
        assert_eq!(sender.try_write_with(|mut pipe| pipe.write(b"abc")).unwrap(), 3);
        // The failed try was believed: the data is found when the loop has told of it.
        receiver.readable().await;
        assert_eq!(receiver.try_read_with(|mut pipe| pipe.read(&mut [0; 9])).unwrap(), 3);
        let mut filled = 0;
        let full = loop {
            match sender.try_write_with(|mut pipe| pipe.write(&[7; 65_536])) {
                Ok(n) => filled += n,
                Err(error) => break error,
            }
        };
        assert_eq!(full.kind(), ErrorKind::WouldBlock);
        let counting = Counting::new();
        let mut writing = poll_fn(|cx| sender.poll_write_with(cx, |mut pipe| pipe.write(b"x")));
        assert!(counting.poll(&mut writing).is_pending());
        let mut drained = vec![0; filled];
        let mut read = 0;
        while read < filled {
            read += receiver.read_with(|mut pipe| pipe.read(&mut drained[read..])).await.unwrap();
        }
        until("room", || counting.wakes() == 1).await;
        assert!(matches!(counting.poll(&mut writing), Poll::Ready(Ok(1))));
    });
}

#[test]
fn what_the_os_cannot_watch_is_an_error() {
    run(async || {
        use std::os::fd::AsRawFd;
        // A regular file, and a source that is registered already.
        let file = std::fs::File::open(std::env::current_exe().unwrap()).unwrap();
        assert!(Async::new(mio::unix::SourceFd(&file.as_raw_fd())).is_err());
        let (_sender, receiver) = pipe::new().unwrap();
        let fd = receiver.as_raw_fd();
        let _watched = Async::new(receiver).unwrap();
        let again = Async::new(mio::unix::SourceFd(&fd));
        assert_eq!(again.map(|_| ()).unwrap_err().kind(), ErrorKind::AlreadyExists);
        // Neither has left something behind.
        let (mut sender, receiver) = pipe::new().unwrap();
        let receiver = Async::new(receiver).unwrap();
        sender.write_all(b"x").unwrap();
        assert_eq!(read(&receiver, &mut [0; 9]).await.unwrap(), 1);
    });
}

#[test]
fn trap_32_a_task_that_is_aborted_in_the_middle_of_a_wait_lets_go_of_its_source() {
    run(async || {
        for _ in 0..100 {
            let (mut sender, receiver) = pipe::new().unwrap();
            let receiver = Async::new(receiver).unwrap();
            let reader = spawn(async move { read(&receiver, &mut [0]).await });
            turns(2).await;
            reader.abort();
            assert!(reader.await.is_err());
            // The reading end is closed.
            assert_eq!(sender.write(b"x").unwrap_err().kind(), ErrorKind::BrokenPipe);
        }
    });
}

#[test]
fn trap_32_a_source_dropped_while_its_waker_is_kept_lets_go_of_the_waker() {
    run(async || {
        let (_sender, receiver) = async_pipe();
        let counting = Counting::new();
        let mut reading = poll_fn(|cx| receiver.poll_read_with(cx, |mut pipe| pipe.read(&mut [0])));
        assert!(counting.poll(&mut reading).is_pending());
        assert_eq!(counting.kept(), 1);
        drop(receiver);
        assert_eq!((counting.kept(), counting.wakes()), (0, 0));
    });
}

#[test]
fn every_source_of_mio_that_reads_is_read_as_a_stream_of_bytes() {
    run(async || {
        let (near, far) = UnixStream::pair().unwrap();
        let (near, mut far) = (Async::new(near).unwrap(), Async::new(far).unwrap());
        let data = pattern(300_000);
        let sent = data.clone();
        let writer = spawn(async move {
            let mut left = &sent[..];
            while !left.is_empty() {
                let n = near.write_with(|mut socket| socket.write(left)).await.unwrap();
                left = &left[n..];
            }
        });
        let mut head = [0; 10];
        far.read_exact(&mut head).await.unwrap();
        let mut rest = head.to_vec();
        far.read_to_end(&mut rest).await.unwrap();
        writer.await.unwrap();
        assert!(rest == data);
    });
}

#[test]
fn a_thousand_pipes_at_once_each_deliver_to_their_reader() {
    run_in_turn(async || {
        // More at once than one call to the OS gives out.
        let pipes: Vec<_> = (0..1100_u32).map(|_| pipe::new().unwrap()).collect();
        let (senders, receivers): (Vec<_>, Vec<_>) = pipes.into_iter().unzip();
        let readers = receivers.into_iter().map(|receiver| {
            let receiver = Async::new(receiver).unwrap();
            spawn(async move {
                let mut bytes = [0; 4];
                assert_eq!(read(&receiver, &mut bytes).await.unwrap(), 4);
                u32::from_le_bytes(bytes)
            })
        });
        let readers: Vec<_> = readers.collect();
        turns(20).await;
        // All in one go, while the loop does not look.
        thread::spawn(move || {
            for (n, mut sender) in (0_u32..).zip(senders) {
                sender.write_all(&n.to_le_bytes()).unwrap();
            }
        })
        .join()
        .unwrap();
        let numbers: Vec<u32> = join_all(readers).await.into_iter().map(Result::unwrap).collect();
        assert!(numbers.into_iter().eq(0..1100));
    });
}
