use std::pin::Pin;

use coursework::suites::e01_poll::Poll01;

use crate::e01_poll;

pub(crate) struct Mine;

impl Poll01 for Mine {
    fn poll_once<F: Future>(future: Pin<&mut F>) -> Option<F::Output> {
        e01_poll::poll_once(future)
    }

    fn poll_to_end<F: Future>(future: F) -> (F::Output, usize) {
        e01_poll::poll_to_end(future)
    }

    fn countdown(from: u32) -> impl Future<Output = &'static str> {
        e01_poll::Countdown::new(from)
    }
}
