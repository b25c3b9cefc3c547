//! Whatever is done, in whatever order: the runtime's parts against models that are too simple to be wrong.

mod channel;
mod engine;
mod timers;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use proptest::test_runner::{Config, RngSeed};

use crate::support::more;

/// So many cases, the same in every run; with `SIM_MORE`, more.
fn cases(usual: u32) -> Config {
    let cases = usual.saturating_mul(more());
    Config { cases, rng_seed: RngSeed::Fixed(8), failure_persistence: None, ..Config::default() }
}

/// A waker that counts.
#[derive(Default)]
struct Counting(AtomicUsize);

impl Wake for Counting {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Counting {
    fn poll<F: Future + Unpin>(self: &Arc<Self>, future: &mut F) -> Poll<F::Output> {
        let waker = Waker::from(self.clone());
        std::pin::Pin::new(future).poll(&mut Context::from_waker(&waker))
    }

    fn wakes(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}
