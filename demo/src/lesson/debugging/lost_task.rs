//! Bug 3, a lost task: a future that returned `Pending` and kept no waker, so that nobody can ever wake its task.
//!
//! It is the bug of futures written by hand. The loop counts who holds a task's waker (it is an `Arc`): if nobody does
//! and the task is not queued either, it is lost for certain.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use runtime::{Builder, Task, TaskState, waiting_on, yield_now};

use crate::lesson::{Outcome, Stage};

/// What came of waiting for a letter.
#[derive(Debug)]
pub struct Wait {
    /// What `dump` said of the tasks that were lost meanwhile, a line each.
    pub lost: Vec<String>,
    /// Whether the letter was read after it had come.
    pub read: bool,
}

#[derive(Default)]
struct Letterbox {
    full: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

/// Waits for a letter.
async fn letter(letterbox: Rc<Letterbox>, forgetful: bool) {
    poll_fn(|cx| {
        if letterbox.full.get() {
            return Poll::Ready(());
        }
        if !forgetful {
            letterbox.waker.replace(Some(cx.waker().clone()));
        }
        waiting_on("a letter"); // for `dump`
        Poll::Pending
    })
    .await;
}

/// Brings a letter to somebody who waits for it.
fn bring(letterbox: &Letterbox) {
    letterbox.full.set(true);
    let waker = letterbox.waker.take(); // the borrow ends here: what a waker does is anybody's code
    if let Some(waker) = waker {
        waker.wake();
    }
}

/// Somebody waits for a letter, and one comes.
pub(super) fn wait(stage: &Stage, forgetful: bool) -> Outcome<Wait> {
    let title = if forgetful { "a waker forgotten" } else { "a waker kept" };
    stage.runtime(title, Builder::new())?.block_on(async {
        let letterbox = Rc::new(Letterbox::default());
        let reader = Task::new().name("reader").spawn(letter(letterbox.clone(), forgetful));
        yield_now().await;
        let tasks = runtime::dump().tasks.into_iter();
        let lost = tasks.filter(|info| matches!(info.state, TaskState::Lost(_))).map(|info| info.to_string());
        let lost = lost.collect();
        bring(&letterbox);
        yield_now().await;
        Ok(Wait { lost, read: reader.is_finished() })
    })
}
