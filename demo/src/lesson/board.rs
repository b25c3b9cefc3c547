//! What the workers of `mutex`, `semaphore` and `barrier` do is kept here: plain values, which threads put into a lock of
//! the standard library's, tasks into a `RefCell`, and the coordinator keeps for processes.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A room that remembers how full it was.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Room {
    inside: usize,
    /// The most who were in it at once.
    pub(super) most: usize,
}

impl Room {
    pub(super) fn enter(&mut self) {
        self.inside += 1;
        self.most = self.most.max(self.inside);
    }

    pub(super) fn leave(&mut self) {
        // A child process may say that it leaves, and never have come.
        self.inside = self.inside.saturating_sub(1);
    }
}

/// A track, and who is how far on it.
#[derive(Debug)]
pub(super) struct Track {
    /// How many laps each runner has ended.
    ended: Vec<u64>,
    pub(super) race: Race,
}

/// What was seen on the track.
#[derive(Clone, Copy, Debug, Default)]
pub struct Race {
    /// How many laps a runner who began one was ahead of the last, at most.
    pub ahead: u64,
    /// How often somebody led a round.
    pub led: u64,
}

impl Track {
    pub(super) fn new(runners: usize) -> Track {
        Track { ended: vec![0; runners], race: Race::default() }
    }

    /// Runner `n` begins a lap.
    pub(super) fn begin(&mut self, n: usize) {
        let last = self.ended.iter().min().copied().unwrap_or_default();
        self.race.ahead = self.race.ahead.max(self.ended[n] - last);
    }

    /// Runner `n` ends a lap.
    pub(super) fn end(&mut self, n: usize) {
        self.ended[n] += 1;
    }

    /// Somebody is the leader of the round.
    pub(super) fn lead(&mut self) {
        self.race.led += 1;
    }
}

/// Locks, also what a thread that panicked has left: these values are always whole.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
