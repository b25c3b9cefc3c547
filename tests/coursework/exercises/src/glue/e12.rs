use std::future::poll_fn;
use std::time::Duration;

use coursework::suites::e12_timeout::Limits;

use crate::e12_timeout::{self, Canceller};
use crate::given::time;

pub(crate) struct Mine;

impl Limits for Mine {
    type Canceller = Canceller;

    fn block_on<F: Future>(main: F) -> F::Output {
        time::block_on(main)
    }

    fn spawn(task: impl Future<Output = ()> + 'static) {
        time::spawn(task);
    }

    fn sleep(duration: Duration) -> impl Future<Output = ()> {
        time::sleep(duration)
    }

    fn timers() -> usize {
        time::timers()
    }

    fn timeout<F: Future>(limit: Duration, future: F) -> impl Future<Output = Option<F::Output>> {
        let mut timeout = Box::pin(e12_timeout::timeout(limit, future));
        // Not an async block: that would drop the timeout as soon as it is ready, and hide what is still in it.
        poll_fn(move |cx| timeout.as_mut().poll(cx).map(Result::ok))
    }

    fn cancellable<F: Future>(future: F) -> (Canceller, impl Future<Output = Option<F::Output>>) {
        let (canceller, future) = e12_timeout::cancellable(future);
        let mut future = Box::pin(future);
        (canceller, poll_fn(move |cx| future.as_mut().poll(cx).map(Result::ok)))
    }

    fn cancel(canceller: &Canceller) {
        canceller.cancel();
    }
}
