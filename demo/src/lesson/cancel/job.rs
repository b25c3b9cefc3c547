//! A job on a thread of the pool, which nobody waits for any more.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc;
use std::time::Duration;

use runtime::sync::oneshot;
use runtime::{spawn_blocking, timeout};

const LIMIT: Duration = Duration::from_millis(20);

/// Whoever awaits a job may give up; the job runs on, and `block_on` does not return before it has ended. Gives whether it was
/// given up.
pub(super) async fn given_up(done: Arc<AtomicBool>) -> bool {
    let (begun, has_begun) = oneshot::remote();
    let (go_on, may_go_on) = mpsc::channel();
    let job = spawn_blocking(move || {
        let _ = begun.send(());
        let _ = may_go_on.recv(); // it has no await: nothing but its own look at something ends it early
        done.store(true, Relaxed);
    });
    let _ = has_begun.await; // one that is still queued would be dropped
    let given_up = timeout(LIMIT, job).await.is_err();
    let _ = go_on.send(());
    given_up
}
