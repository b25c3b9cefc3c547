//! 09: a solution.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use crate::given::executor;
pub use crate::given::executor::spawn;

/// trap 21: the number tells equal deadlines apart, and keeps their order.
type Key = (Instant, u64);

#[derive(Default)]
pub struct Timers {
    waiting: BTreeMap<Key, Waker>,
    last: u64,
}

thread_local! {
    static TIMERS: RefCell<Timers> = RefCell::default();
}

impl Timers {
    pub fn len() -> usize {
        TIMERS.with_borrow(|timers| timers.waiting.len())
    }
}

/// The loop, which sleeps until the next deadline.
pub fn block_on<F: Future>(main: F) -> F::Output {
    let thread = thread::current();
    executor::run(main, move || thread.unpark(), turn)
}

fn turn(is_idle: bool) {
    if is_idle {
        let next = TIMERS.with_borrow(|timers| timers.waiting.keys().next().map(|(deadline, _)| *deadline));
        match next {
            Some(deadline) => thread::park_timeout(deadline.saturating_duration_since(Instant::now())),
            None => thread::park(),
        }
    }
    while let Some(waker) = due(Instant::now()) {
        waker.wake(); // trap 16: the table is not borrowed now
    }
}

fn due(now: Instant) -> Option<Waker> {
    TIMERS.with_borrow_mut(|timers| {
        let first = timers.waiting.first_entry().filter(|first| first.key().0 <= now)?;
        Some(first.remove())
    })
}

/// Waits so long.
pub fn sleep(duration: Duration) -> Sleep {
    Sleep { deadline: Instant::now().checked_add(duration), key: None } // trap 24
}

/// Waits until then.
pub fn sleep_until(deadline: Instant) -> Sleep {
    Sleep { deadline: Some(deadline), key: None }
}

/// The future of [`sleep`].
pub struct Sleep {
    /// `None`: later than an `Instant` can tell, which is never.
    deadline: Option<Instant>,
    /// Where it stands in the table.
    key: Option<Key>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(deadline) = self.deadline else { return Poll::Pending };
        if deadline <= Instant::now() {
            return Poll::Ready(());
        }
        let waker = cx.waker().clone();
        let replaced = TIMERS.with_borrow_mut(|timers| {
            let key = *self.key.get_or_insert_with(|| {
                timers.last += 1;
                (deadline, timers.last)
            });
            timers.waiting.insert(key, waker)
        });
        drop(replaced); // trap 17
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(key) = self.key.take() {
            // The thread may be at its end, and the table gone.
            let removed = TIMERS.try_with(|timers| timers.borrow_mut().waiting.remove(&key));
            drop(removed);
        }
    }
}
