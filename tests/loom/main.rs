//! Files of `runtime` whose correctness depends on how two threads interleave, under loom: the very files, with loom's
//! primitives in place of the standard library's, run in every order in which their threads can interleave.
//!
//! - [`inbox`]: items from other threads, and the bell;
//! - [`woken`]: the children inside a task that other threads have woken;
//! - [`remote`]: the oneshot whose sender is on another thread.
//!
//! Reference counts are the standard library's, as a `Waker` is made from its `Arc`; loom does not look into them. The
//! blocking pool is not here: its threads live by a time limit, which loom has no notion of.

mod inbox;
mod remote;
mod woken;

/// What the files are built from: see `runtime/src/prim.rs`.
mod prim {
    use std::cell::Cell;
    use std::sync::atomic::AtomicU64;

    pub(crate) use loom::sync::Mutex;
    use loom::sync::MutexGuard;
    pub(crate) use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence};

    pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
        mutex.lock().unwrap()
    }

    /// loom's threads all run on one of the OS.
    pub(crate) fn this_thread() -> u64 {
        static NUMBERS: AtomicU64 = AtomicU64::new(1);
        loom::thread_local! {
            static NUMBER: Cell<u64> = Cell::new(NUMBERS.fetch_add(1, Ordering::Relaxed));
        }
        NUMBER.with(Cell::get)
    }
}

/// Of what there is to wait for, as much as the files use.
mod resource {
    pub(crate) enum Resource {
        Message,
    }
}

/// Of the labels behind `dump`, likewise.
mod label {
    use std::panic::Location;

    use crate::resource::Resource;

    pub(crate) fn new_id() -> u64 {
        0
    }

    pub(crate) fn set(_: Resource, _: u64, _: Option<&'static Location<'static>>) {}
}

/// Of the way in from other threads, likewise: here no loop runs.
mod handle {
    pub(crate) struct Handle;

    impl Handle {
        pub(crate) fn current() -> Handle {
            Handle
        }
    }

    pub(crate) struct WayIn;

    impl WayIn {
        pub(crate) fn with<T>(&self, f: impl FnOnce(&WayIn) -> T) -> T {
            f(self)
        }

        pub(crate) fn try_get(&self) -> Option<()> {
            None
        }
    }

    pub(crate) static WAY_IN: WayIn = WayIn;
}

/// A task that sleeps until its waker is used. A lost wake is a sleep without end, which loom reports as a deadlock.
mod sleeper {
    use std::sync::Arc;
    use std::task::{Context, Wake, Waker};

    use loom::sync::{Condvar, Mutex};

    #[derive(Default)]
    pub(crate) struct Sleeper {
        wakes: Mutex<usize>,
        heard: Condvar,
    }

    impl Sleeper {
        pub(crate) fn new() -> Arc<Sleeper> {
            Arc::new(Sleeper::default())
        }

        /// Polls until `poll` gives something, and sleeps in between. Gives also how often it was woken.
        pub(crate) fn run<T>(
            self: &Arc<Self>,
            mut poll: impl FnMut(&mut Context<'_>) -> Option<T>,
        ) -> (T, usize) {
            let waker = Waker::from(self.clone());
            let mut seen = 0;
            loop {
                if let Some(output) = poll(&mut Context::from_waker(&waker)) {
                    return (output, seen);
                }
                let mut wakes = self.wakes.lock().unwrap();
                while *wakes == seen {
                    wakes = self.heard.wait(wakes).unwrap();
                }
                seen = *wakes;
            }
        }

        pub(crate) fn wakes(&self) -> usize {
            *self.wakes.lock().unwrap()
        }
    }

    impl Wake for Sleeper {
        fn wake(self: Arc<Self>) {
            *self.wakes.lock().unwrap() += 1;
            self.heard.notify_one();
        }
    }
}

/// Tries all orders in which threads are interrupted up to three times: three threads have too many orders for each run of
/// the tests. `LOOM_MAX_PREEMPTIONS` sets another bound.
fn model_of_three_threads(model: impl Fn() + Send + Sync + 'static) {
    let mut orders = loom::model::Builder::new();
    orders.preemption_bound = orders.preemption_bound.or(Some(3));
    orders.check(model);
}
