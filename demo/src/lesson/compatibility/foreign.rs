//! Futures and executors that have never heard of each other: `Future` and `Waker` are all they need.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use futures_channel::oneshot as foreign;
use runtime::sync::{Closed, oneshot};
use runtime::{Builder, OnStall, Stats};

use crate::lesson::{Outcome, Stage};

/// A future of a foreign crate on a loop of ours; another thread makes it ready. What it gave, and what the loop did for it.
pub(super) fn theirs_on_ours(stage: &Stage) -> Outcome<(&'static str, Stats)> {
    // Nothing that the loop knows of can wake this task. It would say so: it cannot know that a thread has the waker.
    let ours = stage.runtime("a foreign future", Builder::new().on_stall(OnStall::Wait))?;
    let heard = ours.block_on(async {
        let (sender, receiver) = foreign::channel();
        thread::spawn(move || {
            thread::sleep(Duration::from_millis(20));
            sender.send("from abroad")
        });
        receiver.await
    });
    Ok((heard?, ours.stats()))
}

/// A future of ours under a foreign executor.
pub(super) fn ours_on_theirs() -> Result<&'static str, Closed> {
    let (sender, receiver) = oneshot::remote();
    thread::spawn(move || sender.send("from here"));
    foreign_executor(receiver)
}

/// A foreign executor, as small as they get: it polls one future, and parks the thread until that is woken.
fn foreign_executor<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}
