//! How a work is timed: in batches, until enough time has passed.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// How long a work is repeated.
#[derive(Clone, Copy, Debug)]
pub enum Repeat {
    /// Until this much time has been spent on it.
    For(Duration),
    /// So many batches, for tools that count something else than time.
    Batches(u32),
}

/// What one operation costs.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// By the clock on the wall: in nanoseconds; or in bytes or a count where that was measured.
    pub wall: f64,
    /// User and system CPU time of all threads of the process, in nanoseconds.
    pub cpu: f64,
}

impl Cost {
    /// What is no time.
    pub(crate) fn of(amount: f64) -> Cost {
        Cost { wall: amount, cpu: amount }
    }
}

impl Repeat {
    /// Times `batch`, which does `operations` at a time. The first batch is for warming up and does not count.
    pub(crate) async fn time(self, operations: usize, mut batch: impl AsyncFnMut()) -> Cost {
        batch().await;
        let (start, cpu) = (Instant::now(), cpu_time());
        let mut batches = 0;
        loop {
            batch().await;
            batches += 1;
            let enough = match self {
                Repeat::For(least) => start.elapsed() >= least,
                Repeat::Batches(n) => batches >= n,
            };
            if enough {
                break;
            }
        }
        let each = |time: Duration| time.as_nanos() as f64 / (f64::from(batches) * operations as f64);
        Cost { wall: each(start.elapsed()), cpu: each(cpu_time() - cpu) }
    }
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}
