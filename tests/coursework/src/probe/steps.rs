//! A future that is ready at a given poll, and wakes itself until then.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use super::nth;
use crate::check::fault;
use crate::log;

/// A future that gives `Pending` so many times, having called its waker, and then `Ready`.
#[must_use = "a future does nothing until it is polled"]
pub struct Steps {
    name: &'static str,
    left: usize,
    ready: bool,
    polls: Rc<Cell<usize>>,
}

/// `Pending` so many times, then `Ready`; and the count of its polls.
pub fn steps(name: &'static str, pending: usize) -> (Steps, Rc<Cell<usize>>) {
    let polls = Rc::new(Cell::new(0));
    (Steps { name, left: pending, ready: false, polls: polls.clone() }, polls)
}

/// Gives way once. The checks' own, so that they do not lean on what they check.
pub fn pause() -> Steps {
    Steps { name: "", left: 1, ready: false, polls: Rc::default() }
}

impl Future for Steps {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let polls = self.polls.get() + 1;
        self.polls.set(polls);
        if self.ready {
            self.event(&format!("polled for the {} time, after it was ready", nth(polls)));
            fault(
                4,
                format!(
                    "The future {:?} had given Ready at poll {}, and was polled again.",
                    self.name,
                    polls - 1
                ),
            );
        }
        if self.left == 0 {
            self.event(&format!("polled for the {} time: Ready", nth(polls)));
            self.ready = true;
            return Poll::Ready(());
        }
        self.left -= 1;
        self.event(&format!("polled for the {} time: wakes itself, Pending", nth(polls)));
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Steps {
    fn event(&self, what: &str) {
        if !self.name.is_empty() {
            log::event(format_args!("{}: {what}", self.name));
        }
    }
}
