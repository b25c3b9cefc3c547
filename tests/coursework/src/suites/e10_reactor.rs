//! 10: a source of readiness, and the reactor.

use std::cell::{Cell, RefCell};
use std::io::{self, Write};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;

use mio::unix::pipe::{self, Receiver, Sender};

use crate::check::{Check, fault, require};
use crate::log;
use crate::probe::{Helper, count_waker, cpu_time, gate, helper, pause};

/// What the exercise asks for.
pub trait Pipes: 'static {
    /// The end of a pipe that is read.
    type Reader: 'static;
    /// As in exercise 06, with a reactor.
    fn block_on<F: Future>(main: F) -> F::Output;
    /// As in exercise 06.
    fn spawn(task: impl Future<Output = ()> + 'static);
    /// Makes a pipe's end awaitable.
    ///
    /// # Errors
    /// The OS's.
    fn reader(pipe: Receiver) -> io::Result<Self::Reader>;
    /// Waits until there is something, and reads it; 0 at the end.
    fn read(reader: &mut Self::Reader, buffer: &mut [u8]) -> impl Future<Output = io::Result<usize>>;
    /// How many sources are registered.
    fn sources() -> usize;
}

const MS: Duration = Duration::from_millis(1);

/// The checks of exercise 10.
pub fn checks<T: Pipes>() -> Vec<Check> {
    const DEAF: &str = "There was something to read, and the task that waits for it was not woken.";
    vec![
        Check::new("what is there already is read", there_already::<T>)
            .hang(27, "There is something to read, and the task waits for it to come. Try first, wait only when the pipe says WouldBlock."),
        Check::new("what comes later is waited for", comes_later::<T>).hang(27, DEAF),
        Check::new("what came at once is read in small pieces", small_pieces::<T>).hang(
            27,
            "10 bytes came at once, 4 were read, and the task waits for more to come: the OS tells of new bytes only (edge-triggered). Read \
             until WouldBlock before you wait.",
        ),
        Check::new("the end of the pipe is 0 bytes", end::<T>).hang(
            0,
            "The other end was closed while the reader waited, and it still waits. The end has a bit of its own in the event: \
             `is_read_closed` is true, and `is_readable` may be false. Wake for any event of the token.",
        ),
        Check::new("a poll without news is Pending, not an error", no_news::<T>).hang(28, DEAF),
        Check::new("while one waits for a pipe, others run", others_run::<T>)
            .hang(0, "The loop waits in the OS, though a task is ready: `turn(false)` must not wait (a time-out of zero)."),
        Check::new("two pipes wake their own readers", two_pipes::<T>).hang(30, DEAF),
        Check::new("while all wait, the thread sleeps", idle::<T>).hang(27, DEAF),
        Check::new("a wake from another thread ends the sleep", from_thread::<T>)
            .hang(8, "Another thread woke a task, and the loop slept on in the OS: only a `mio::Waker` of the same `Poll` gets it up."),
        Check::new("a reader that is dropped is deregistered", dropped::<T>).hang(32, DEAF),
        Check::new("the next reader with the same place is its own", next_reader::<T>).hang(33, DEAF),
        Check::new("a read that is polled by another task wakes that one", moved::<T>)
            .hang(6, "A read was polled by one task, then awaited by another, and the second was not woken. The waker of the latest poll counts."),
        Check::new("a megabyte comes through whole", megabyte::<T>).hang(27, DEAF),
    ]
}

fn new_pipe() -> (Sender, Receiver) {
    let both = pipe::new().and_then(|(sender, receiver)| {
        // The checks' own end is written from threads, which may wait.
        sender.set_nonblocking(false).map(|()| (sender, receiver))
    });
    match both {
        Ok(both) => both,
        Err(why) => fault(0, format!("The OS gave no pipe: {why}.")),
    }
}

fn reader<T: Pipes>(pipe: Receiver) -> T::Reader {
    match T::reader(pipe) {
        Ok(reader) => reader,
        Err(why) => fault(0, format!("The pipe could not be registered: {why}.")),
    }
}

async fn read<T: Pipes>(reader: &mut T::Reader, buffer: &mut [u8]) -> usize {
    let result = T::read(reader, buffer).await;
    log::event(format_args!("read: {result:?}"));
    number(result)
}

fn number(result: io::Result<usize>) -> usize {
    match result {
        Ok(n) => n,
        Err(why) if why.kind() == io::ErrorKind::WouldBlock => fault(
            28,
            "`read` gave the error WouldBlock. That is no error here: it means that there is nothing yet, so wait.",
        ),
        Err(why) => fault(0, format!("`read` gave an error: {why}.")),
    }
}

fn write(pipe: &mut Sender, bytes: &[u8]) {
    log::event(format_args!("{} bytes are written", bytes.len()));
    if let Err(why) = pipe.write_all(bytes) {
        fault(0, format!("The check could not write into its pipe: {why}. Was the reader dropped?"));
    }
}

/// Writes after a while, when the loop is probably asleep.
fn write_later(mut pipe: Sender, bytes: &'static [u8]) -> Helper<Sender> {
    helper(move || {
        thread::sleep(10 * MS);
        write(&mut pipe, bytes);
        pipe
    })
}

fn there_already<T: Pipes>() {
    let (mut sender, receiver) = new_pipe();
    write(&mut sender, b"hello");
    T::block_on(async {
        let mut buffer = [0; 16];
        let n = read::<T>(&mut reader::<T>(receiver), &mut buffer).await;
        require(&buffer[..n] == b"hello", 0, || {
            format!("\"hello\" was written, and {:?} was read.", &buffer[..n])
        });
    });
}

fn comes_later<T: Pipes>() {
    let (sender, receiver) = new_pipe();
    let writes = write_later(sender, b"hello");
    T::block_on(async {
        let mut buffer = [0; 16];
        let n = read::<T>(&mut reader::<T>(receiver), &mut buffer).await;
        require(&buffer[..n] == b"hello", 28, || {
            format!(
                "\"hello\" was written after 10 ms, and {:?} was read.",
                String::from_utf8_lossy(&buffer[..n])
            )
        });
    });
    writes.join();
}

fn small_pieces<T: Pipes>() {
    let (sender, receiver) = new_pipe();
    let writes = write_later(sender, b"0123456789");
    T::block_on(async {
        let mut reader = reader::<T>(receiver);
        let (mut buffer, mut all) = ([0; 4], Vec::new());
        while all.len() < 10 {
            let n = read::<T>(&mut reader, &mut buffer).await;
            require(n > 0, 0, || {
                format!("After {} of 10 bytes `read` said that the pipe is at its end.", all.len())
            });
            all.extend_from_slice(&buffer[..n]);
        }
        require(all == b"0123456789", 0, || {
            format!("0123456789 was read as {:?}.", String::from_utf8_lossy(&all))
        });
    });
    writes.join();
}

fn end<T: Pipes>() {
    let (sender, receiver) = new_pipe();
    let closes = helper(move || {
        thread::sleep(10 * MS);
        log::event(format_args!("the other end is closed"));
        drop(sender);
    });
    T::block_on(async {
        let mut reader = reader::<T>(receiver);
        for _ in 0..2 {
            let n = read::<T>(&mut reader, &mut [0; 4]).await;
            require(n == 0, 0, || format!("The pipe is empty and closed, and `read` gave {n}."));
        }
    });
    closes.join();
}

fn no_news<T: Pipes>() {
    let (mut sender, receiver) = new_pipe();
    T::block_on(async {
        let mut reader = reader::<T>(receiver);
        let mut buffer = [0; 4];
        {
            let mut reading = pin!(T::read(&mut reader, &mut buffer));
            for n in 1..=3 {
                let answer = std::future::poll_fn(|cx| Poll::Ready(reading.as_mut().poll(cx))).await;
                log::event(format_args!("the read is polled: {answer:?}"));
                if let Poll::Ready(result) = answer {
                    fault(
                        28,
                        format!(
                            "There is nothing to read, and at its poll {n} the read gave {:?}.",
                            number(result)
                        ),
                    );
                }
                pause().await;
            }
            write(&mut sender, b"late");
            number(reading.await);
        }
        require(&buffer == b"late", 0, || {
            format!("\"late\" was read as {:?}.", String::from_utf8_lossy(&buffer))
        });
    });
}

fn others_run<T: Pipes>() {
    let (mut sender, receiver) = new_pipe();
    T::block_on(async move {
        T::spawn(async move {
            for _ in 0..200 {
                pause().await;
            }
            write(&mut sender, b"!");
        });
        read::<T>(&mut reader::<T>(receiver), &mut [0; 4]).await;
    });
}

fn two_pipes<T: Pipes>() {
    let ((mut one, first), (mut two, second)) = (new_pipe(), new_pipe());
    let order = Rc::new(RefCell::new(Vec::new()));
    let seen = order.clone();
    T::block_on(async move {
        let (gate, passage) = gate("main");
        for (name, pipe) in [("one", first), ("two", second)] {
            let (order, gate) = (order.clone(), gate.clone());
            T::spawn(async move {
                read::<T>(&mut reader::<T>(pipe), &mut [0; 4]).await;
                order.borrow_mut().push(name);
                if order.borrow().len() == 2 {
                    gate.open();
                }
            });
        }
        for _ in 0..5 {
            pause().await;
        }
        write(&mut two, b"!");
        while order.borrow().is_empty() {
            pause().await;
        }
        write(&mut one, b"!");
        passage.await;
    });
    let seen = seen.take();
    require(seen == ["two", "one"], 30, || {
        format!("Pipe two was written, then pipe one, and the readers went on in the order {seen:?}.")
    });
}

fn idle<T: Pipes>() {
    let (sender, receiver) = new_pipe();
    let writes = helper(move || {
        let mut sender = sender;
        thread::sleep(40 * MS);
        write(&mut sender, b"!");
        sender
    });
    let polls = Cell::new(0);
    let before = cpu_time();
    T::block_on(async {
        let mut reader = reader::<T>(receiver);
        let mut buffer = [0; 4];
        let mut reading = pin!(T::read(&mut reader, &mut buffer));
        let result = std::future::poll_fn(|cx| {
            polls.set(polls.get() + 1);
            reading.as_mut().poll(cx)
        });
        number(result.await);
    });
    let busy = cpu_time().saturating_sub(before);
    writes.join();
    require(polls.get() <= 4 && busy < 5 * MS, 31, || {
        format!(
            "A read that had to wait for 40 ms was polled {} times, and the thread was busy for {busy:.1?}: it spins.",
            polls.get()
        )
    });
}

fn from_thread<T: Pipes>() {
    let (_sender, receiver) = new_pipe();
    let (gate, passage) = gate("main");
    let opens = helper(move || {
        while gate.polls() == 0 {
            thread::sleep(MS / 5);
        }
        thread::sleep(10 * MS);
        gate.open();
    });
    T::block_on(async {
        T::spawn(async move {
            read::<T>(&mut reader::<T>(receiver), &mut [0; 4]).await;
        });
        passage.await;
    });
    opens.join();
}

fn dropped<T: Pipes>() {
    T::block_on(async {
        for _ in 0..10 {
            let (_sender, receiver) = new_pipe();
            let mut reader = reader::<T>(receiver);
            let mut buffer = [0; 4];
            let mut reading = pin!(T::read(&mut reader, &mut buffer));
            let pending =
                std::future::poll_fn(|cx| Poll::Ready(reading.as_mut().poll(cx).is_pending())).await;
            require(pending, 0, || "There was nothing to read, and `read` was ready.".into());
        }
        let left = T::sources();
        require(left == 0, 32, || {
            format!(
                "10 readers were made and dropped while they waited, and {left} sources are still registered."
            )
        });
    });
}

fn next_reader<T: Pipes>() {
    T::block_on(async {
        let (mut old_sender, old) = new_pipe();
        let mut old = reader::<T>(old);
        let mut buffer = [0; 4];
        {
            let mut reading = pin!(T::read(&mut old, &mut buffer));
            std::future::poll_fn(|cx| Poll::Ready(reading.as_mut().poll(cx).is_pending())).await;
        }
        // News for the old one, which goes away before the loop has heard of it.
        write(&mut old_sender, b"old");
        drop(old);
        let (mut sender, receiver) = new_pipe();
        T::spawn(async move {
            for _ in 0..5 {
                pause().await;
            }
            write(&mut sender, b"new");
        });
        let n = read::<T>(&mut reader::<T>(receiver), &mut buffer).await;
        require(&buffer[..n] == b"new", 33, || {
            format!(
                "A reader took the place of one that was dropped, and read {:?}.",
                String::from_utf8_lossy(&buffer[..n])
            )
        });
    });
}

fn moved<T: Pipes>() {
    let (mut sender, receiver) = new_pipe();
    T::block_on(async move {
        let mut reader = reader::<T>(receiver);
        let mut reading: Pin<Box<dyn Future<Output = usize>>> =
            Box::pin(async move { read::<T>(&mut reader, &mut [0; 4]).await });
        let (count, waker) = count_waker("first task");
        let first = reading.as_mut().poll(&mut Context::from_waker(&waker));
        require(first.is_pending(), 0, || "There was nothing to read, and `read` was ready.".into());
        T::spawn(async move {
            for _ in 0..5 {
                pause().await;
            }
            write(&mut sender, b"!");
            for _ in 0..5 {
                pause().await;
            }
            drop(sender);
        });
        reading.await;
        require(count.wakes() == 0, 6, || {
            "The waker of an earlier poll was called, not that of the latest.".into()
        });
    });
}

fn megabyte<T: Pipes>() {
    const ALL: usize = 1 << 20;
    let (mut sender, receiver) = new_pipe();
    let writes = helper(move || {
        let bytes: Vec<u8> = (0..ALL).map(|n| n as u8).collect();
        write(&mut sender, &bytes);
    });
    T::block_on(async {
        let mut reader = reader::<T>(receiver);
        let (mut buffer, mut at) = ([0; 5000], 0);
        loop {
            let n = number(T::read(&mut reader, &mut buffer).await);
            if n == 0 {
                break;
            }
            let right = buffer[..n].iter().enumerate().all(|(i, byte)| *byte == (at + i) as u8);
            require(right, 0, || {
                format!("Near byte {at} of a megabyte other bytes were read than were written.")
            });
            at += n;
        }
        require(at == ALL, 0, || format!("{ALL} bytes were written, and {at} were read."));
    });
    writes.join();
}
