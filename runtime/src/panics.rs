//! Code whose panic has nowhere to go: a destructor of something that is over, a waker of another executor. The loop and
//! the tasks that have done nothing wrong go on.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `f`; if it panics, the panic ends here. The panic hook has printed its message.
pub(crate) fn quietly(f: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(f)) {
        // The payload's own destructor may panic as well, and so on without end: it is not run.
        mem::forget(payload);
    }
}
