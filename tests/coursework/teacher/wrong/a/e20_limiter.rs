//! 20, wrong: a lock of the standard library is held while it sleeps: the second task stops the thread (trap 16).
//! says: stops the whole thread

use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use runtime::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

pub const PIECE: usize = 1000;

/// A token is so many units: `rate` units flow in a nanosecond, so nothing is ever rounded.
const TOKEN: u128 = 1_000_000_000;

#[derive(Clone)]
pub struct Limiter(Rc<Bucket>);

struct Bucket {
    rate: u64,
    burst: u64,
    /// What was there at `at`, in units.
    level: Cell<u128>,
    at: Cell<Instant>,
    /// Whoever holds it is first in line. It is held while one sleeps: that is the line.
    turn: Mutex<()>,
}

impl Bucket {
    /// What there is now, of which `most` tokens are kept.
    fn level(&self, most: u64) -> u128 {
        let now = runtime::now();
        let flowed = now.saturating_duration_since(self.at.replace(now)).as_nanos();
        let level = self.level.get().saturating_add(flowed.saturating_mul(self.rate.into()));
        self.level.set(level.min(u128::from(most) * TOKEN));
        self.level.get()
    }
}

impl Limiter {
    pub fn new(rate: u64, burst: u64) -> Limiter {
        let (level, at) = (Cell::new(u128::from(burst) * TOKEN), Cell::new(runtime::now()));
        Limiter(Rc::new(Bucket { rate, burst, level, at, turn: Mutex::new(()) }))
    }

    pub async fn take(&self, n: u64) {
        let bucket = &*self.0;
        let _turn = bucket.turn.lock().unwrap();
        // What came while nobody was first is no more than the burst.
        bucket.level(bucket.burst);
        let wanted = u128::from(n) * TOKEN;
        loop {
            let level = bucket.level(bucket.burst.max(n));
            let Some(missing) = wanted.checked_sub(level).filter(|missing| *missing > 0) else {
                bucket.level.set(level - wanted);
                return;
            };
            let nanos = missing.div_ceil(bucket.rate.into());
            let wait = u64::try_from(nanos).map_or(Duration::MAX, Duration::from_nanos);
            runtime::sleep(wait).await;
        }
    }

    pub fn try_take(&self, n: u64) -> bool {
        let bucket = &*self.0;
        let Ok(_turn) = bucket.turn.try_lock() else { return false };
        let left = bucket.level(bucket.burst).checked_sub(u128::from(n) * TOKEN);
        if let Some(left) = left {
            bucket.level.set(left);
        }
        left.is_some()
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
