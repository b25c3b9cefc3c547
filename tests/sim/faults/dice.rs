//! Chance from a seed, for the tests.

use std::cell::Cell;
use std::ops::Range;
use std::time::Duration;

/// SplitMix64, shared by all that belong to one run.
pub(super) struct Dice(Cell<u64>);

impl Dice {
    pub(super) fn new(seed: u64) -> Dice {
        Dice(Cell::new(seed))
    }

    pub(super) fn number(&self) -> u64 {
        let state = self.0.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.0.set(state);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number of the range; its start if it is empty.
    pub(super) fn below(&self, range: Range<usize>) -> usize {
        range.start + (self.number() % (range.len().max(1) as u64)) as usize
    }

    /// True in so many of a hundred cases.
    pub(super) fn percent(&self, n: u64) -> bool {
        self.number() % 100 < n
    }

    pub(super) fn one_of<T: Copy>(&self, all: &[T]) -> T {
        all[self.below(0..all.len())]
    }

    /// A time of up to so many milliseconds.
    pub(super) fn millis(&self, most: u64) -> Duration {
        Duration::from_micros(self.number() % (most * 1000 + 1))
    }

    /// From 0 to 1.
    pub(super) fn share(&self) -> f64 {
        (self.number() >> 11) as f64 / (1_u64 << 53) as f64
    }
}
