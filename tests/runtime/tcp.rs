//! `TcpStream` on loopback: bytes in both directions, against each other and against the standard library's.

use std::io::{Read, Write};
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use runtime::io::{AsyncReadExt, AsyncWriteExt};
use runtime::net::{TcpListener, TcpStream};
use runtime::{join_all, sleep, spawn, timeout};

use crate::support::streams::{known_empty, local, own_pair, pair, pattern};
use crate::support::wakers::Counting;
use crate::support::{run, run_in_turn, turns, until};

#[test]
fn an_echo_gives_back_every_byte_whatever_the_sizes_of_reads_and_writes() {
    run_in_turn(async || {
        let listener = TcpListener::bind(local()).unwrap();
        let addr = listener.local_addr().unwrap();
        spawn(async move {
            // The echo: with a buffer of another size for each connection.
            for size in [1, 7, 100, 4096, 65_536, 1_000_000].into_iter().cycle() {
                let (stream, _) = listener.accept().await.unwrap();
                spawn(async move {
                    let (mut reader, mut writer) = (&stream, &stream);
                    let mut buffer = vec![0; size];
                    loop {
                        match reader.read(&mut buffer).await.unwrap() {
                            0 => return writer.close().await.unwrap(),
                            n => writer.write_all(&buffer[..n]).await.unwrap(),
                        }
                    }
                });
            }
        });
        for (written, total) in [(1, 300), (3, 2000), (100, 20_000), (8192, 100_000), (300_000, 600_000)] {
            for _ in 0..6 {
                let stream = TcpStream::connect(addr).await.unwrap();
                let data = pattern(total);
                let (mut reader, mut writer) = (&stream, &stream);
                let write = async {
                    for piece in data.chunks(written) {
                        writer.write_all(piece).await.unwrap();
                    }
                    writer.close().await.unwrap();
                    0
                };
                let mut all = Vec::new();
                let read = async { reader.read_to_end(&mut all).await.unwrap() };
                let both: [std::pin::Pin<Box<dyn Future<Output = usize>>>; 2] =
                    [Box::pin(write), Box::pin(read)];
                assert_eq!(join_all(both).await, [0, total]);
                assert!(all == data, "written in pieces of {written}");
            }
        }
    });
}

#[test]
fn trap_30_one_task_reads_a_stream_while_another_writes_it() {
    run_in_turn(async || {
        let (stream, far) = pair().await;
        let stream = Rc::new(stream);
        let reader = stream.clone();
        let reader = spawn(async move {
            let mut all = Vec::new();
            (&*reader).read_to_end(&mut all).await.unwrap();
            all
        });
        // More than the buffers of both ends take.
        let data = pattern(20_000_000);
        let (sent, writer) = (data.clone(), stream.clone());
        let writer = spawn(async move {
            (&*writer).write_all(&sent).await.unwrap();
            (&*writer).close().await.unwrap();
        });
        turns(300).await;
        assert!(!reader.is_finished() && !writer.is_finished(), "both have to wait for the other side");
        let echo = thread::spawn(move || {
            let mut far = far;
            let mut all = Vec::new();
            far.read_to_end(&mut all).unwrap();
            far.write_all(&all).unwrap();
        });
        writer.await.unwrap();
        assert!(reader.await.unwrap() == data);
        echo.join().unwrap();
    });
}

#[test]
fn big_transfers_in_both_directions_at_once_do_not_block_each_other() {
    run_in_turn(async || {
        let (near, far) = own_pair().await;
        let data = Rc::new(pattern(4_000_000));
        let mut tasks = Vec::new();
        for stream in [Rc::new(near), Rc::new(far)] {
            let (writer, reader, data) = (stream.clone(), stream, data.clone());
            let sent = data.clone();
            tasks.push(spawn(async move {
                (&*writer).write_all(&sent).await.unwrap();
                (&*writer).close().await.unwrap();
            }));
            tasks.push(spawn(async move {
                let mut all = Vec::new();
                (&*reader).read_to_end(&mut all).await.unwrap();
                assert!(all == *data);
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
    });
}

#[test]
fn a_read_that_was_cancelled_loses_no_data() {
    run(async || {
        let (mut stream, mut far) = pair().await;
        for round in 1..=3 {
            let mut buffer = [0; 9];
            assert!(timeout(Duration::from_micros(100), stream.read(&mut buffer)).await.is_err());
            far.write_all(&[round; 3]).unwrap();
            // Woken, and dropped before it is polled again.
            let counting = Counting::new();
            let mut reading = stream.read(&mut buffer);
            assert!(counting.poll(&mut reading).is_pending(), "the loop has not heard of it yet");
            until("the data", || counting.wakes() > 0).await;
            drop(reading);
            assert_eq!(stream.read(&mut buffer).await.unwrap(), 3);
            assert_eq!(buffer[..4], [round, round, round, 0]);
        }
    });
}

#[test]
fn read_to_end_appends_and_counts_what_it_read() {
    run(async || {
        let (mut stream, mut far) = pair().await;
        let data = pattern(300_000);
        let sent = data.clone();
        let writer = thread::spawn(move || far.write_all(&sent).unwrap());
        let mut all = b"before".to_vec();
        assert_eq!(stream.read_to_end(&mut all).await.unwrap(), data.len());
        assert!(all.starts_with(b"before") && all[6..] == data);
        writer.join().unwrap();
        // At the end there is nothing more, and nothing is changed.
        assert_eq!(stream.read_to_end(&mut all).await.unwrap(), 0);
        assert_eq!(all.len(), 6 + data.len());
    });
}

#[test]
fn after_a_short_read_the_os_is_not_asked_again_before_it_tells_of_more() {
    run(async || {
        let (mut stream, mut far) = pair().await;
        far.write_all(b"abc").unwrap();
        assert_eq!(stream.read(&mut [0; 9]).await.unwrap(), 3);
        // There is more, but the loop has not turned: a call of the OS would find it.
        far.write_all(b"d").unwrap();
        assert!(Counting::new().poll(&mut stream.read(&mut [0; 9])).is_pending());
        assert_eq!(stream.read(&mut [0; 9]).await.unwrap(), 1);
        // One that fills the buffer says nothing about what is left.
        far.write_all(b"ef").unwrap();
        assert_eq!(stream.read(&mut [0]).await.unwrap(), 1);
        assert!(Counting::new().poll(&mut stream.read(&mut [0])).is_ready());
    });
}

#[test]
fn what_has_come_since_the_last_turn_is_found_by_who_asks_the_os() {
    run(async || {
        let (stream, mut far) = pair().await;
        known_empty(&stream);
        far.write_all(b"x").unwrap();
        // The loop has not turned, and so has heard of nothing.
        let mut reader = &stream;
        assert!(Counting::new().poll(&mut reader.read(&mut [0])).is_pending());
        stream.assume_readable();
        assert!(Counting::new().poll(&mut reader.read(&mut [0])).is_ready());
        // Assumed for nothing, it waits on.
        stream.assume_readable();
        known_empty(&stream);
        far.write_all(b"y").unwrap();
        let mut byte = [0];
        reader.read_exact(&mut byte).await.unwrap();
        assert_eq!(&byte, b"y");
    });
}

#[test]
fn idle_connections_cost_no_turns_of_the_loop() {
    let turns = run_in_turn(async || {
        // Each could be written to the whole time.
        let mut idle = Vec::new();
        for _ in 0..50 {
            idle.push(own_pair().await);
        }
        for (near, _) in &idle {
            known_empty(near);
        }
        until("the events of their birth", || runtime::stats().sleeps > 3).await;
        let before = runtime::stats().turns;
        sleep(Duration::from_millis(100)).await;
        runtime::stats().turns - before
    });
    assert!(turns <= 5, "{turns} turns in 100 ms");
}

#[test]
fn a_thousand_connections_at_once_each_get_their_own_answer() {
    run_in_turn(async || {
        let listener = TcpListener::bind(local()).unwrap();
        let addr = listener.local_addr().unwrap();
        spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                spawn(async move {
                    let mut number = [0; 4];
                    stream.read_exact(&mut number).await.unwrap();
                    let doubled = (u32::from_le_bytes(number) * 2).to_le_bytes();
                    stream.write_all(&doubled).await.unwrap();
                });
            }
        });
        let mut open = Vec::new();
        for hundred in 0..10 {
            // So many at a time: no more than a listener's queue holds, else the system makes them come again.
            let clients = (0..100).map(|n| async move {
                let (mut stream, number) = (TcpStream::connect(addr).await.unwrap(), hundred * 100 + n);
                stream.write_all(&u32::to_le_bytes(number)).await.unwrap();
                let mut answer = [0; 4];
                stream.read_exact(&mut answer).await.unwrap();
                assert_eq!(u32::from_le_bytes(answer), number * 2);
                stream
            });
            open.extend(join_all(clients).await);
        }
        assert_eq!(open.len(), 1000);
    });
}
