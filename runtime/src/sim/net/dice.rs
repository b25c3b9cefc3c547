//! Chance from a seed: every number that the network draws.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::policies::next_random;

/// A sequence of numbers, the same for the same seed.
///
/// Each connection has one of its own ([`fork`](Self::fork)), so that one byte more on one of them does not change what
/// happens to all others.
#[derive(Debug)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Dice(seed)
    }

    /// A sequence of its own.
    pub(super) fn fork(&mut self) -> Dice {
        Dice(next_random(&mut self.0))
    }

    /// True in a share of `p` of all cases.
    pub(super) fn chance(&mut self, p: f64) -> bool {
        // Nothing is drawn for what cannot happen: a network that is told to be calm costs nothing.
        p > 0.0 && ((next_random(&mut self.0) >> 11) as f64) < p * (1_u64 << 53) as f64
    }

    /// A time between the two.
    pub(super) fn time(&mut self, range: &RangeInclusive<Duration>) -> Duration {
        let (least, most) = (*range.start(), *range.end());
        let span = u64::try_from(most.saturating_sub(least).as_nanos()).unwrap_or(u64::MAX);
        least + Duration::from_nanos(if span == 0 { 0 } else { next_random(&mut self.0) % span })
    }

    /// How many of `len` bytes move at once: all, or a number from 1 to `most`.
    pub(super) fn piece(&mut self, most: Option<usize>, len: usize) -> usize {
        match most {
            Some(most) if len > 1 => {
                let most = most.clamp(1, len) as u64;
                (next_random(&mut self.0) % most) as usize + 1
            }
            _ => len,
        }
    }
}
