//! Points at which a scripted server and the test wait for each other, so that no test sleeps to be safe.
//!
//! A [`Gate`] is closed until the test opens it. A [`Tally`] counts the exchanges going on at once: how many
//! there are, how many there were at most, and it can wait until there are enough of them.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::PATIENCE;

/// A door that opens once. Clones are the same door.
///
/// ```
/// let gate = tests::gate::Gate::new();
/// let other = gate.clone();
/// let waits = std::thread::spawn(move || other.wait());
/// gate.open();
/// waits.join().unwrap();
/// ```
#[derive(Clone, Default)]
pub struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    /// A closed gate.
    pub fn new() -> Gate {
        Gate::default()
    }

    /// Lets through all who wait and all who come later.
    pub fn open(&self) {
        *lock(&self.0.0) = true;
        self.0.1.notify_all();
    }

    /// Waits until it is open; panics after [`PATIENCE`].
    pub fn wait(&self) {
        assert!(self.opens_within(PATIENCE), "the gate was never opened");
    }

    /// Waits until it is open, or for `limit`; says which it was.
    pub fn opens_within(&self, limit: Duration) -> bool {
        let (open, bell) = &*self.0;
        let (open, _) =
            bell.wait_timeout_while(lock(open), limit, |open| !*open).unwrap_or_else(PoisonError::into_inner);
        *open
    }
}

/// Counts what goes on at the same time. Clones count together.
#[derive(Clone, Default)]
pub struct Tally(Arc<(Mutex<Counts>, Condvar)>);

/// What a [`Tally`] has counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// How many are inside now.
    pub now: usize,
    /// How many were inside at once at most.
    pub most: usize,
    /// How many ever entered.
    pub total: usize,
}

/// One who is inside a [`Tally`]; leaves when dropped.
pub struct Inside(Tally);

impl Tally {
    /// A tally with nobody inside.
    pub fn new() -> Tally {
        Tally::default()
    }

    /// Counts one more until the returned guard is dropped.
    pub fn enter(&self) -> Inside {
        let mut counts = lock(&self.0.0);
        counts.now += 1;
        counts.total += 1;
        counts.most = counts.most.max(counts.now);
        self.0.1.notify_all();
        Inside(self.clone())
    }

    /// What was counted so far.
    pub fn counts(&self) -> Counts {
        *lock(&self.0.0)
    }

    /// Waits until `total` have entered, whether or not they left again; panics after [`PATIENCE`].
    pub fn wait_for_total(&self, total: usize) {
        let counts = self.wait_while(PATIENCE, |counts| counts.total < total);
        assert!(counts.total >= total, "waited for {total} to come, but saw {counts:?}");
    }

    /// Waits for `limit`, or until more than `total` have entered; returns what was counted by then.
    ///
    /// For checking that nobody comes who must not: a fault is seen at once, only the good case takes `limit`.
    pub fn watch_beyond(&self, total: usize, limit: Duration) -> Counts {
        self.wait_while(limit, |counts| counts.total <= total)
    }

    fn wait_while(&self, limit: Duration, mut condition: impl FnMut(&Counts) -> bool) -> Counts {
        let (counts, bell) = &*self.0;
        let waited = bell.wait_timeout_while(lock(counts), limit, |counts| condition(counts));
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        lock(&self.0.0.0).now -= 1;
        self.0.0.1.notify_all();
    }
}

/// Asks `ready` again and again until it says yes; panics with `what` after [`PATIENCE`].
///
/// For what has no bell to wait on, such as a file that another process writes.
pub fn eventually(what: &str, mut ready: impl FnMut() -> bool) {
    let start = Instant::now();
    while !ready() {
        assert!(start.elapsed() < PATIENCE, "waited {PATIENCE:?} in vain: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

// A test thread that panicked with the lock held has failed already: the others may go on with what is there.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
