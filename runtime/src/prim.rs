//! What the files are built from whose correctness depends on how two threads interleave: the standard library's lock and
//! flags, named in one place.
//!
//! A model checker has to be able to run such a file: [`inbox`](crate::inbox), `futures/woken.rs`, `sync/remote.rs`. They
//! take their primitives from `crate::prim`; a test crate that includes them by `#[path]` supplies a `prim` of the checker's
//! own types instead. This crate never depends on a checker.

use std::cell::Cell;
use std::sync::atomic::AtomicU64;
use std::sync::{MutexGuard, PoisonError};

pub(crate) use std::sync::Mutex;
pub(crate) use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence};

/// Locks, poisoned or not: no code of the user's runs under a lock of this crate's, so what a panic (out of memory) leaves
/// behind is whole.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The number of this thread. (A checker's threads need not be threads of the OS, so it has numbers of its own.)
pub(crate) fn this_thread() -> u64 {
    static NUMBERS: AtomicU64 = AtomicU64::new(1);
    thread_local! {
        static NUMBER: Cell<u64> = const { Cell::new(0) };
    }
    match NUMBER.get() {
        0 => {
            let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
            NUMBER.set(number);
            number
        }
        number => number,
    }
}
