//! `sync/remote.rs`: one value from another thread.
//!
//! What must hold: the value arrives, or comes back to who sent it, and not both; who waits for it is woken in any case.
//!
//! These wrong versions of the file fail here: a poll that looks for the value under the lock, lets go of it, and leaves its
//! waker under it a second time; a sender that wakes nobody when it is dropped.

use std::pin::pin;
use std::task::Poll;

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;

use crate::sleeper::Sleeper;
use error::{Closed, TryRecvError};
use file::{RemoteReceiver, remote};

#[path = "../../runtime/src/sync/error.rs"]
#[allow(dead_code, unreachable_pub, reason = "the file is the runtime's; not all of it is wanted here")]
mod error;
#[path = "../../runtime/src/sync/remote.rs"]
#[allow(dead_code, unreachable_pub, reason = "the file is the runtime's; not all of it is wanted here")]
mod file;

/// Waits for the value as a task would.
fn receive<T>(receiver: RemoteReceiver<T>) -> Result<T, Closed> {
    let mut receiver = pin!(receiver);
    let poll = |cx: &mut std::task::Context<'_>| match receiver.as_mut().poll(cx) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    };
    let (output, wakes) = Sleeper::new().run(poll);
    assert!(wakes <= 1);
    output
}

#[test]
fn trap_08_a_value_that_is_sent_while_the_receiver_looks_arrives() {
    loom::model(|| {
        let (sender, receiver) = remote();
        let data = Arc::new(AtomicUsize::new(0));
        let written = data.clone();
        let thread = thread::spawn(move || {
            written.store(7, Ordering::Relaxed);
            sender.send(1)
        });
        assert_eq!((receive(receiver), data.load(Ordering::Relaxed)), (Ok(1), 7));
        assert_eq!(thread.join().unwrap(), Ok(()));
    });
}

#[test]
fn trap_08_a_sender_that_is_dropped_while_the_receiver_looks_ends_its_wait() {
    loom::model(|| {
        let (sender, receiver) = remote::<u32>();
        let thread = thread::spawn(move || drop(sender));
        assert_eq!(receive(receiver), Err(Closed));
        thread.join().unwrap();
    });
}

#[test]
fn trap_10_a_value_that_is_sent_as_the_receiver_goes_comes_back_or_goes_with_it() {
    loom::model(|| {
        let (sender, receiver) = remote();
        // Of the standard library's: it only tells where the value is.
        let value = std::sync::Arc::new(());
        let sent = value.clone();
        let thread = thread::spawn(move || sender.send(sent));
        drop(receiver);
        let back = thread.join().unwrap();
        assert_eq!(std::sync::Arc::strong_count(&value), if back.is_err() { 2 } else { 1 });
    });
}

#[test]
fn a_value_that_is_sent_as_the_receiver_closes_comes_back_or_is_received() {
    loom::model(|| {
        let (sender, mut receiver) = remote();
        let thread = thread::spawn(move || sender.send(1));
        receiver.close();
        let expected = if thread.join().unwrap().is_ok() { Ok(1) } else { Err(TryRecvError::Closed) };
        assert_eq!(receiver.try_recv(), expected);
    });
}
