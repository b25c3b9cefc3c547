//! 20, wrong: tokens are taken before they are there; one that is dropped while it sleeps keeps them (trap 37).
//! says: Who waits has taken nothing yet

use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};

use runtime::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

pub const PIECE: usize = 1000;

/// A token is so many units: `rate` units flow in a nanosecond, so nothing is ever rounded.
const TOKEN: i128 = 1_000_000_000;

#[derive(Clone)]
pub struct Limiter(Rc<Bucket>);

struct Bucket {
    rate: u64,
    burst: u64,
    /// What was there at `at`, in units.
    level: Cell<i128>,
    at: Cell<Instant>,
}

impl Bucket {
    /// What there is now, of which `most` tokens are kept.
    fn level(&self, most: u64) -> i128 {
        let now = runtime::now();
        let flowed = now.saturating_duration_since(self.at.replace(now)).as_nanos() as i128;
        let level = self.level.get().saturating_add(flowed.saturating_mul(i128::from(self.rate)));
        self.level.set(level.min(i128::from(most) * TOKEN));
        self.level.get()
    }
}

impl Limiter {
    pub fn new(rate: u64, burst: u64) -> Limiter {
        let (level, at) = (Cell::new(i128::from(burst) * TOKEN), Cell::new(runtime::now()));
        Limiter(Rc::new(Bucket { rate, burst, level, at }))
    }

    pub async fn take(&self, n: u64) {
        let bucket = &*self.0;
        let left = bucket.level(bucket.burst) - i128::from(n) * TOKEN;
        bucket.level.set(left);
        if left < 0 {
            let nanos = left.unsigned_abs().div_ceil(bucket.rate.into());
            let wait = u64::try_from(nanos).map_or(Duration::MAX, Duration::from_nanos);
            runtime::sleep(wait).await;
        }
    }

    pub fn try_take(&self, n: u64) -> bool {
        let bucket = &*self.0;
        let left = bucket.level(bucket.burst) - i128::from(n) * TOKEN;
        if left >= 0 {
            bucket.level.set(left);
        }
        left >= 0
    }

    pub async fn pour<R: AsyncRead, W: AsyncWrite>(&self, from: &mut R, to: &mut W) -> io::Result<u64> {
        let (mut piece, mut all) = ([0; PIECE], 0);
        loop {
            let n = from.read(&mut piece).await?;
            if n == 0 {
                to.flush().await?;
                return Ok(all);
            }
            self.take(n as u64).await;
            to.write_all(&piece[..n]).await?;
            all += n as u64;
        }
    }
}
