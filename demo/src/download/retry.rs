//! Whether to try again, and when (`--retry`).
//!
//! What fails once may work a moment later, if it was the network or a busy server. The waits double, so that a server
//! in trouble is asked less and less, and a part of each is left to chance: of a hundred files that failed in one moment
//! not all come back in one moment. Everything here is pure; the waiting is [`fetch`](super::fetch)'s.
//!
//! Only requests that may be made twice are tried again. A downloader makes no others: all are GET.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use http_client::{Error, Kind};

/// No wait of our own choice is longer.
pub const LONGEST: Duration = Duration::from_secs(60);

/// A server that asks (with `Retry-After`) to be left alone for longer is not asked again: to come earlier would be
/// rude, and to hang for hours is nobody's wish.
pub const PATIENCE: Duration = Duration::from_secs(600);

/// How often, and from which wait on.
#[derive(Clone, Copy, Debug)]
pub struct Retry {
    /// How many times more, after the first.
    pub times: u32,
    /// The first wait, at most; each further one is twice as long.
    pub first: Duration,
}

impl Retry {
    /// How long to wait before retry number `n` (from 0), or `None` to give up. `asked` is what the server asked for
    /// (see [`retry_after`](super::retry_after)), `dice` a number from 0 to 1.
    ///
    /// The wait lies between half and the whole of what is due. A server's wish comes on top of it, or a crowd that was
    /// sent away together would come back together.
    ///
    /// ```
    /// use std::time::Duration;
    /// use demo::download::retry::Retry;
    ///
    /// let retry = Retry { times: 3, first: Duration::from_secs(1) };
    /// assert_eq!(retry.wait(0, None, 1.0), Some(Duration::from_secs(1)));
    /// assert_eq!(retry.wait(2, None, 0.0), Some(Duration::from_secs(2)));
    /// assert_eq!(retry.wait(3, None, 0.0), None);
    /// ```
    pub fn wait(&self, n: u32, asked: Option<Duration>, dice: f64) -> Option<Duration> {
        if n >= self.times || asked.is_some_and(|asked| self.is_beyond(n, asked)) {
            return None;
        }
        // What the server knows it knows better: then only the crowd is to be spread.
        let doublings = if asked.is_some() { 0 } else { n.min(31) };
        let due = self.first.saturating_mul(1 << doublings).min(LONGEST);
        let spread = due.mul_f64(0.5 + dice.clamp(0.0, 1.0) / 2.0);
        Some(asked.unwrap_or_default() + spread)
    }

    /// Whether retry number `n` (from 0) is not made for the only reason that the server asked for too long a wait.
    pub fn is_beyond(&self, n: u32, asked: Duration) -> bool {
        n < self.times && asked > PATIENCE
    }
}

/// Whether a reply with this status may be another one a moment later. The list is curl's.
pub fn is_transient_status(code: u16) -> bool {
    matches!(code, 408 | 429 | 500 | 502 | 503 | 504)
}

/// Whether a request that failed so may work a moment later: the network's troubles and a busy server, not those of the
/// request, the certificate or the protocol.
pub fn is_transient(error: &Error) -> bool {
    match error.kind() {
        Kind::Status(status) => is_transient_status(status.as_u16()),
        Kind::Timeout(_) | Kind::Resolve | Kind::Connect => true,
        _ => error.is_lost(),
    }
}

/// A number from 0 to 1, another one each time. The standard library seeds its hash tables from the OS: that is chance
/// enough to spread a crowd.
pub fn dice() -> f64 {
    (RandomState::new().hash_one(0) >> 11) as f64 / (1_u64 << 53) as f64
}
