//! 01, wrong: it polls once more after Ready.
//! says: had given Ready at poll 1, and was polled again

use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

pub fn poll_once<F: Future>(future: Pin<&mut F>) -> Option<F::Output> {
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

pub fn poll_to_end<F: Future>(future: F) -> (F::Output, usize) {
    let mut future = pin!(future);
    let mut polls = 0;
    loop {
        polls += 1;
        if let Some(output) = poll_once(future.as_mut()) {
            poll_once(future.as_mut());
            return (output, polls);
        }
    }
}

pub struct Countdown {
    left: u32,
}

impl Countdown {
    pub fn new(from: u32) -> Countdown {
        Countdown { left: from }
    }
}

impl Future for Countdown {
    type Output = &'static str;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<&'static str> {
        if self.left == 0 {
            return Poll::Ready("lift-off");
        }
        self.left -= 1;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
