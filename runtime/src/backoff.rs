//! Looking after something that tells nobody when it is ready: again and again, with a pause in between that doubles.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use crate::time::{Sleep, sleep};

/// The first pause.
const FIRST: Duration = Duration::from_millis(1);
/// The longest, and so how late it is noticed at most.
const LONGEST: Duration = Duration::from_millis(64);

/// When to look.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    /// The next pause, or the one under way. Before the first look there is none.
    length: Duration,
    pause: Option<Sleep>,
}

impl Backoff {
    /// `Ready` when it is time for a look: at once, and then after each pause.
    pub(crate) fn poll_look(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.length.is_zero() {
            let pause = self.pause.get_or_insert_with(|| sleep(self.length));
            ready!(Pin::new(pause).poll(cx));
            self.pause = None;
        }
        self.length = (self.length * 2).clamp(FIRST, LONGEST);
        Poll::Ready(())
    }
}
