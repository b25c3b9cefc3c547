//! `yield_now`: the smallest useful future, and cooperative multitasking in one line.

use std::pin::Pin;
use std::task::{Context, Poll};

use crate::label;
use crate::resource::Resource;

/// Gives way: the task goes to the end of the run queue, and goes on when all that were ready have had their turn.
/// asyncio's `sleep(0)`, tokio's `yield_now`.
///
/// Cancel safety: dropping it leaves nothing behind. If it has been polled, the task may be polled once in vain.
///
/// ```
/// use std::{cell::RefCell, rc::Rc};
/// let log = Rc::new(RefCell::new(Vec::new()));
/// runtime::block_on(async {
///     let tasks = ["a", "b"].map(|name| {
///         let log = log.clone();
///         runtime::spawn(async move {
///             for _ in 0..2 {
///                 log.borrow_mut().push(name);
///                 runtime::yield_now().await;
///             }
///         })
///     });
///     runtime::join_all(tasks).await;
/// });
/// assert_eq!(*log.borrow(), ["a", "b", "a", "b"]);
/// ```
pub fn yield_now() -> YieldNow {
    YieldNow { yielded: false }
}

/// The future of [`yield_now`].
///
/// By hand, one sees what it does: it wakes its own task and says `Pending`, once.
///
/// ```
/// use std::pin::pin;
/// use std::task::{Context, Poll, Waker};
/// let mut turn = pin!(runtime::yield_now());
/// let mut cx = Context::from_waker(Waker::noop());
/// assert_eq!(turn.as_mut().poll(&mut cx), Poll::Pending);
/// assert_eq!(turn.as_mut().poll(&mut cx), Poll::Ready(()));
/// ```
#[must_use = "a future does nothing until it is awaited"]
#[derive(Debug)]
pub struct YieldNow {
    yielded: bool,
}

impl Future for YieldNow {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.yielded {
            return Poll::Ready(());
        }
        self.yielded = true;
        label::set_own(Resource::Turn, None);
        // Nothing outside will wake this task, so it does so itself, and then lets go of the thread.
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
