//! The simulated network by itself: that it behaves as a real one would, and the same for the same seed.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use demo::trace::check::check;
use demo::trace::{Recorder, jsonl};
use runtime::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use runtime::sim::net::{Conditions, Fault, Net, Side, Stream};
use runtime::{Builder, Clock, OnStall, join, join_all, now, race, sleep, spawn, timeout, yield_now};

const SECOND: Duration = Duration::from_secs(1);

fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = Builder::new().clock(Clock::Virtual).on_stall(OnStall::Panic).build().unwrap();
    runtime.block_on(test)
}

/// Everything at once.
fn rough() -> Conditions {
    Conditions {
        latency: Duration::from_micros(50)..=Duration::from_millis(50),
        bandwidth: Some(1_000_000),
        pieces: Some(700),
        buffer: 4096,
        lateness: Duration::from_millis(20),
        false_wakes: 0.3,
    }
}

fn slow() -> Conditions {
    Conditions { latency: SECOND..=SECOND, ..Conditions::default() }
}

async fn pair(net: &Net) -> (Stream, Stream) {
    let listener = net.listen("server", 80).unwrap();
    let (client, server) = join(net.connect("server", 80), listener.accept()).await;
    (client.unwrap(), server.unwrap())
}

fn pattern(n: usize, of: u8) -> Vec<u8> {
    (0..n).map(|at| (at as u8).wrapping_mul(31).wrapping_add(of)).collect()
}

#[test]
fn bytes_arrive_whole_and_in_order_on_a_hundred_bad_networks() {
    for seed in 0..100 {
        run(async {
            let (mut client, mut server) = pair(&Net::new(seed, rough())).await;
            let (up, down) = (pattern(20_000, 1), pattern(30_000, 2));
            let (sent_up, sent_down) = (up.clone(), down.clone());
            let client = spawn(async move {
                let mut heard = Vec::new();
                let (mut reader, mut writer) = (&client, &client);
                let write = async {
                    writer.write_all(&sent_up).await?;
                    writer.close().await
                };
                let (written, read) = join(write, reader.read_to_end(&mut heard)).await;
                written.and(read.map(drop)).unwrap();
                client.close().await.unwrap();
                heard
            });
            let mut heard = vec![0; up.len()];
            server.read_exact(&mut heard).await.unwrap();
            server.write_all(&sent_down).await.unwrap();
            assert_eq!(server.read(&mut [0; 8]).await.unwrap(), 0, "seed {seed}");
            drop(server);
            assert!(heard == up, "seed {seed}: other bytes went up");
            assert!(client.await.unwrap() == down, "seed {seed}: other bytes came down");
        });
    }
}

#[test]
fn a_packet_takes_its_latency_and_a_long_one_its_length_over_the_bandwidth() {
    run(async {
        let conditions = Conditions { bandwidth: Some(1000), ..slow() };
        let start = now();
        let (mut client, mut server) = pair(&Net::new(1, conditions)).await;
        assert_eq!(now() - start, 3 * SECOND); // there, back, and there again for who accepts
        let start = now();
        client.write_all(&[0; 500]).await.unwrap();
        client.write_all(&[0; 1500]).await.unwrap();
        assert_eq!(now(), start); // it fits into the buffer
        server.read_exact(&mut [0; 500]).await.unwrap();
        assert_eq!(now() - start, SECOND + SECOND / 2);
        server.read_exact(&mut [0; 1500]).await.unwrap();
        assert_eq!(now() - start, 3 * SECOND);
    });
}

#[test]
fn a_writer_waits_for_room_until_it_hears_that_the_reader_has_read() {
    run(async {
        let conditions = Conditions { buffer: 10, ..slow() };
        let (mut client, mut server) = pair(&Net::new(1, conditions)).await;
        client.write_all(&[0; 10]).await.unwrap();
        let start = now();
        let writing = spawn(async move {
            client.write_all(&[0; 1]).await.unwrap();
            now()
        });
        sleep(5 * SECOND).await;
        assert!(!writing.is_finished());
        assert_eq!(server.read(&mut [0; 100]).await.unwrap(), 10);
        assert_eq!(writing.await.unwrap() - start, 6 * SECOND);
    });
}

/// What a busy program does, recorded, as text.
fn recorded(seed: u64) -> String {
    // On a thread of its own: numbers of spans and locks go on within one.
    let run = move || {
        let recorder = Recorder::new("network");
        let settings = Builder::new().clock(Clock::Virtual).observer(recorder.clone());
        settings.build().unwrap().block_on(async {
            let net = Net::new(seed, rough());
            let listener = net.listen("server", 80).unwrap();
            spawn(async move {
                while let Ok(mut stream) = listener.accept().await {
                    spawn(async move {
                        let mut bytes = [0; 3000];
                        stream.read_exact(&mut bytes).await?;
                        stream.write_all(&bytes).await
                    });
                }
            });
            join_all((0..5).map(|_| async {
                let mut stream = net.connect("server", 80).await.unwrap();
                stream.write_all(&[1; 3000]).await.unwrap();
                stream.read_to_end(&mut Vec::new()).await.unwrap();
            }))
            .await;
        });
        let log = recorder.take();
        check(&log).unwrap_or_else(|untrue| panic!("seed {seed}: {untrue}"));
        let mut text = Vec::new();
        jsonl::write(&log, &mut text).unwrap();
        // Without its head, which has the day and the process.
        let text = String::from_utf8(text).unwrap();
        text.split_once('\n').unwrap().1.to_owned()
    };
    thread::spawn(run).join().unwrap()
}

#[test]
fn the_same_seed_gives_the_same_trace_to_the_letter_and_another_another() {
    let first = recorded(1);
    assert!(first.lines().count() > 500, "it is a short one: {}", first.lines().count());
    assert!(first == recorded(1), "the second run went otherwise");
    assert!(first != recorded(2), "another seed made no difference");
}

#[test]
fn a_connect_is_refused_finds_no_way_no_host_or_no_answer() {
    run(async {
        let net = Net::new(1, slow());
        let listener = net.listen("server", 80).unwrap();
        assert_eq!(net.listen("server", 80).unwrap_err().kind(), ErrorKind::AddrInUse);
        let connect = async |fault| {
            net.set_faults(move |_, _| fault);
            let start = now();
            let error = net.connect("server", 80).await.unwrap_err();
            (error.kind(), (now() - start).as_secs())
        };
        assert_eq!(connect(Fault::Refused).await, (ErrorKind::ConnectionRefused, 2));
        assert_eq!(connect(Fault::Unreachable).await, (ErrorKind::HostUnreachable, 2));
        assert_eq!(connect(Fault::Unanswered).await, (ErrorKind::TimedOut, 127));
        net.set_faults(|_, _| Fault::None);
        assert_eq!(net.connect("server", 81).await.unwrap_err().kind(), ErrorKind::ConnectionRefused);
        assert_eq!(net.connect("nobody", 80).await.unwrap_err().kind(), ErrorKind::NotFound);
        drop(listener);
        assert_eq!(net.connect("server", 80).await.unwrap_err().kind(), ErrorKind::ConnectionRefused);
        net.listen("server", 80).unwrap();
    });
}

#[test]
fn each_connect_has_its_own_fault_and_the_fault_may_look_at_the_network() {
    run(async {
        let net = Net::new(1, Conditions::default());
        let _listener = net.listen("server", 80).unwrap();
        let (mut n, within) = (0, net.clone());
        net.set_faults(move |host, port| {
            assert_eq!((host, port), ("server", 80));
            assert!(within.listen("server", 80).is_err());
            n += 1;
            if n == 2 { Fault::Refused } else { Fault::None }
        });
        let mut made = Vec::new();
        for _ in 0..3 {
            made.push(net.connect("server", 80).await.is_ok());
        }
        assert_eq!(made, [true, false, true]);
    });
}

#[test]
fn an_end_that_is_closed_reads_on() {
    run(async {
        let (mut client, mut server) = pair(&Net::new(1, rough())).await;
        client.write_all(b"question").await.unwrap();
        client.close().await.unwrap();
        assert_eq!(client.write(b"more").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
        let mut heard = String::new();
        server.read_to_string(&mut heard).await.unwrap();
        server.write_all(b"answer").await.unwrap();
        drop(server);
        assert_eq!(heard, "question");
        heard.clear();
        client.read_to_string(&mut heard).await.unwrap();
        assert_eq!(heard, "answer");
    });
}

#[test]
fn a_reset_is_told_once_and_then_it_is_the_end() {
    let mut lost = 0;
    for seed in 0..40 {
        run(async {
            let net = Net::new(seed, Conditions::default());
            net.set_faults(|_, _| Fault::Reset { from: Side::Server, after: 10 });
            let (mut client, mut server) = pair(&net).await;
            server.write_all(&[7; 25]).await.unwrap();
            sleep(SECOND).await;
            // What came before may be lost with it; but if not, it is those ten bytes.
            let mut heard = Vec::new();
            assert_eq!(client.read_to_end(&mut heard).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
            assert!(heard.is_empty() || heard == [7; 10], "{} bytes", heard.len());
            lost += u32::from(heard.is_empty());
            assert_eq!(client.read(&mut [0; 8]).await.unwrap(), 0);
            assert_eq!(client.write(b"more").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
            // The sender hears of it as well.
            assert_eq!(server.write(b"more").await.unwrap_err().kind(), ErrorKind::ConnectionReset);
            assert_eq!(server.write(b"more").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
            client.close().await.unwrap();
        });
    }
    assert!((1..40).contains(&lost), "lost {lost} times of 40");
}

#[test]
fn who_waits_is_woken_by_a_reset_to_read_and_to_write() {
    run(async {
        let net = Net::new(1, Conditions { buffer: 10, ..slow() });
        let (mut client, server) = pair(&net).await;
        client.write_all(&[0; 10]).await.unwrap();
        let client = Rc::new(client);
        let (reader, writer) = (client.clone(), client);
        let reading = spawn(async move { (&*reader).read(&mut [0; 8]).await });
        let writing = spawn(async move { (&*writer).write_all(&[0; 1]).await });
        sleep(5 * SECOND).await;
        server.reset();
        // One of them is told, the other finds what is left.
        let (read, written) = (reading.await.unwrap(), writing.await.unwrap());
        let kinds = (read.map_err(|e| e.kind()), written.map_err(|e| e.kind()));
        assert!(
            kinds == (Err(ErrorKind::ConnectionReset), Err(ErrorKind::BrokenPipe))
                || kinds == (Ok(0), Err(ErrorKind::ConnectionReset)),
            "{kinds:?}"
        );
    });
}

#[test]
fn an_end_that_is_dropped_with_something_unread_resets_and_else_ends() {
    for unread in [false, true] {
        run(async {
            let (mut client, mut server) = pair(&Net::new(1, Conditions::default())).await;
            client.write_all(b"question").await.unwrap();
            sleep(SECOND).await;
            if !unread {
                server.read_exact(&mut [0; 8]).await.unwrap();
            }
            drop(server);
            match client.read(&mut [0; 8]).await {
                Ok(n) => assert_eq!((n, unread), (0, false)),
                Err(e) => assert_eq!((e.kind(), unread), (ErrorKind::ConnectionReset, true)),
            }
        });
    }
}

#[test]
fn who_writes_to_an_end_that_is_gone_hears_of_it_a_round_trip_later() {
    run(async {
        let (mut client, server) = pair(&Net::new(1, slow())).await;
        drop(server);
        client.write_all(b"anybody").await.unwrap();
        sleep(3 * SECOND).await;
        // The end came first: then it is a broken pipe, as on Linux.
        assert_eq!(client.write(b"there").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
        assert_eq!(client.read(&mut [0; 8]).await.unwrap(), 0);
    });
}

#[test]
fn what_is_on_its_way_to_an_end_that_leaves_is_answered_with_a_reset() {
    run(async {
        let (mut client, server) = pair(&Net::new(1, slow())).await;
        client.write_all(b"anybody").await.unwrap();
        drop(server);
        assert_eq!(client.read(&mut [0; 8]).await.unwrap(), 0); // first its end
        sleep(2 * SECOND).await;
        assert_eq!(client.write(b"there").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
    });
}

#[test]
fn on_a_way_that_ends_nothing_comes_and_only_a_time_limit_helps() {
    run(async {
        let net = Net::new(1, Conditions::default());
        net.set_faults(|_, _| Fault::Silence { from: Side::Client, after: 3 });
        let (mut client, mut server) = pair(&net).await;
        client.write_all(b"hello").await.unwrap();
        let mut heard = [0; 8];
        assert_eq!(server.read(&mut heard).await.unwrap(), 3);
        drop(client);
        assert!(timeout(1000 * SECOND, server.read(&mut heard)).await.is_err());
    });
}

#[test]
fn where_nothing_can_ever_come_the_stall_is_reported_with_what_is_waited_for() {
    let stalled = catch_unwind(AssertUnwindSafe(|| {
        run(async {
            // Also with false wakes: they come to an end.
            let (mut client, _server) = pair(&Net::new(1, rough())).await;
            client.read(&mut [0; 8]).await
        })
    }));
    let why = *stalled.unwrap_err().downcast::<String>().unwrap();
    assert!(why.contains("bytes on a simulated connection"), "{why}");
    assert!(why.contains(file!()), "{why}");
}

#[test]
fn each_of_several_that_accept_gets_one_and_one_that_gave_up_takes_none_along() {
    run(async {
        let net = Net::new(1, slow());
        let listener = net.listen("server", 80).unwrap();
        race(listener.accept(), sleep(SECOND)).await;
        let clients = join_all((0..3).map(|_| net.connect("server", 80)));
        let servers = join_all((0..3).map(|_| listener.accept()));
        let gave_up = race(listener.accept(), yield_now());
        let ((clients, servers), _) = join(join(clients, servers), gave_up).await;
        assert!(clients.iter().all(Result::is_ok) && servers.iter().all(Result::is_ok));
    });
}

#[test]
fn a_connect_that_is_given_up_is_found_as_a_connection_that_ends_at_once() {
    run(async {
        let net = Net::new(1, slow());
        let listener = net.listen("server", 80).unwrap();
        assert!(timeout(SECOND, net.connect("server", 80)).await.is_err());
        let mut server = listener.accept().await.unwrap();
        assert_eq!(server.read(&mut [0; 8]).await.unwrap(), 0);
    });
}

struct Count(AtomicU32);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Count {
    fn new() -> (Arc<Count>, Waker) {
        let count = Arc::new(Count(AtomicU32::new(0)));
        (count.clone(), count.into())
    }

    fn wakes(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

#[test]
fn trap_6_who_polled_last_is_woken_and_a_kept_waker_goes_when_the_future_does() {
    run(async {
        for is_on_its_way in [false, true] {
            let (mut client, mut server) = pair(&Net::new(1, slow())).await;
            if is_on_its_way {
                client.write_all(b"hello").await.unwrap();
            }
            let ((first, a), (second, b), (given_up, c)) = (Count::new(), Count::new(), Count::new());
            {
                let mut buf = [0; 8];
                let mut read = pin!(server.read(&mut buf));
                assert!(read.as_mut().poll(&mut Context::from_waker(&c)).is_pending());
            } // dropped
            assert_eq!(Arc::strong_count(&given_up), 2); // ours and `c`
            let poll = |server: &mut Stream, waker: &Waker| {
                server.poll_read(&mut Context::from_waker(waker), &mut [0; 8]).is_pending()
            };
            assert!(poll(&mut server, &a) && poll(&mut server, &b));
            assert_eq!(Arc::strong_count(&first), 2);
            if !is_on_its_way {
                client.write_all(b"hello").await.unwrap();
            }
            sleep(2 * SECOND).await;
            assert_eq!((first.wakes(), second.wakes(), given_up.wakes()), (0, 1, 0));
            assert!(matches!(
                server.poll_read(&mut Context::from_waker(&a), &mut [0; 8]),
                Poll::Ready(Ok(5))
            ));
        }
    });
}

#[test]
fn an_accept_that_was_polled_by_two_tasks_wakes_the_later() {
    run(async {
        let net = Net::new(1, slow());
        let listener = net.listen("server", 80).unwrap();
        let ((first, a), (second, b)) = (Count::new(), Count::new());
        let mut accept = listener.accept();
        for waker in [&a, &b] {
            assert!(Pin::new(&mut accept).poll(&mut Context::from_waker(waker)).is_pending());
        }
        net.connect("server", 80).await.unwrap();
        sleep(SECOND).await;
        assert_eq!((first.wakes(), second.wakes()), (0, 1));
    });
}

#[test]
fn what_is_ready_first_is_not_always_woken_first() {
    let order = |lateness| {
        run(async {
            let net = Net::new(3, Conditions { lateness, ..slow() });
            let listener = net.listen("server", 80).unwrap();
            let (log, mut ends) = (Rc::new(RefCell::new(Vec::new())), Vec::new());
            let mut tasks = Vec::new();
            for n in 0..10 {
                let mut client = net.connect("server", 80).await.unwrap();
                ends.push(listener.accept().await.unwrap());
                let log = log.clone();
                tasks.push(spawn(async move {
                    client.read(&mut [0; 8]).await.unwrap();
                    log.borrow_mut().push(n);
                }));
            }
            yield_now().await;
            for end in &mut ends {
                end.write_all(b"x").await.unwrap();
            }
            join_all(tasks).await;
            log.take()
        })
    };
    assert!(order(Duration::ZERO).is_sorted());
    assert!(!order(SECOND).is_sorted());
}

#[test]
fn a_reader_that_always_finds_something_gives_way() {
    run(async {
        let (mut client, mut server) = pair(&Net::new(1, Conditions::default())).await;
        client.write_all(&[0; 10_000]).await.unwrap();
        sleep(SECOND).await;
        let mut turns = 0;
        let mut reading = pin!(async {
            for _ in 0..10_000 {
                server.read(&mut [0]).await.unwrap();
            }
        });
        poll_fn(|cx| {
            turns += 1;
            reading.as_mut().poll(cx)
        })
        .await;
        assert!(turns > 50, "{turns} polls");
    });
}

#[test]
fn ends_that_outlive_their_loop_are_dropped_without_harm() {
    let kept: io::Result<_> = run(async {
        let net = Net::new(1, slow());
        let listener = net.listen("server", 80)?;
        let (mut client, mut server) = join(net.connect("server", 80), listener.accept()).await;
        let mut cx = Context::from_waker(Waker::noop());
        assert!(client.as_mut().unwrap().poll_read(&mut cx, &mut [0]).is_pending());
        server.as_mut().unwrap().write_all(b"hello").await?;
        Ok((net, client?, server?, listener))
    });
    drop(kept.unwrap());
}
