//! 03, wrong: a Condvar without a flag: a wake before the sleep is lost (trap 8).
//! says: and it slept all the same

use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

struct Signal {
    lock: Mutex<()>,
    bell: Condvar,
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.bell.notify_one();
    }
}

pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let signal = Arc::new(Signal { lock: Mutex::new(()), bell: Condvar::new() });
    let waker = Waker::from(signal.clone());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        let guard = signal.lock.lock().unwrap();
        drop(signal.bell.wait(guard).unwrap());
    }
}
