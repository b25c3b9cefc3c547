//! A coroutine: a function that can stop half-way and be gone on with later. In Rust it is a value with a `poll`, and
//! nothing runs until somebody calls that.
//!
//! In [`by_hand`] somebody is this lesson: it polls an `async fn`, and writes down what has run so far. In [`twice`] it is
//! the event loop; there the same download is once an `async fn` and once what the compiler makes of it, by hand.

mod by_hand;
mod twice;

use std::task::Poll;

pub use self::by_hand::{ByHand, Step};
pub use self::twice::Run;
use self::twice::{Download, download, run};
use super::{Lesson, Measured, Outcome, Stage, Table, Verdict};

/// What the lesson measures.
#[derive(Debug)]
pub struct Coroutine {
    /// A coroutine, polled by hand.
    pub by_hand: ByHand,
    /// The download as an `async fn`, on the loop.
    pub compiled: Run,
    /// The download as a state machine written by hand, on the loop.
    pub written: Run,
}

/// Polls one by hand, and runs the other two.
///
/// # Errors
/// If the OS does not give what a loop and a connection need.
pub fn measure(stage: &Stage) -> Outcome<Coroutine> {
    Ok(Coroutine {
        by_hand: by_hand::poll(),
        compiled: run(stage, "as an async fn", download)?,
        written: run(stage, "as a state machine", Download::new)?,
    })
}

impl Measured for Coroutine {
    fn show(&self, stage: &Stage) {
        let ByHand { called, polled, woken, polled_again } = &self.by_hand;
        let mut table = Table::new(["by hand", "it has", "wakes", "its poll gave"]);
        for (name, step) in [
            ("the async fn is called", called),
            ("the future is polled", polled),
            ("what it waits for comes", woken),
            ("the future is polled again", polled_again),
        ] {
            let ran = if step.ran.is_empty() { "not run".to_owned() } else { step.ran.join(", ") };
            let gave = step.result.map_or(String::new(), |result| format!("{result:?}"));
            table.row(name).with(ran).with(step.wakes).with(gave);
        }
        stage.table(&table);
        stage.line("");
        let mut table = Table::new(["on the loop", "async fn", "state machine"]);
        table.row("bytes of the future").with(self.compiled.size as u64).with(self.written.size as u64);
        let (compiled, written) = (&self.compiled.events, &self.written.events);
        for n in 0..compiled.len().max(written.len()) {
            let event = |events: &[String]| events.get(n).cloned().unwrap_or_default();
            table.row(format!("event {}", n + 1)).with(event(compiled)).with(event(written));
        }
        stage.table(&table);
    }

    fn verdict(&self) -> Verdict {
        let ByHand { called, polled, woken, polled_again } = &self.by_hand;
        let Coroutine { compiled, written, .. } = self;
        let events = compiled.events.len();
        Verdict::seen(format!(
            "the call ran nothing, the polls ran one half each; and both downloads had the same {events} events"
        ))
        .needs(called.ran.is_empty(), "the call ran something")
        .needs(polled.ran == ["begun"] && polled.result == Some(Poll::Pending), "it did not stop half-way")
        .needs(woken.ran == polled.ran && woken.wakes == 1, "the wake did something else than to wake")
        .needs(polled_again.result == Some(Poll::Ready(42)), "it was not gone on with where it had stopped")
        .needs(compiled.page == written.page, "the two downloads got different pages")
        .needs(compiled.events == written.events, "the two downloads had different events")
    }
}

/// The lesson.
pub const LESSON: Lesson = Lesson {
    name: "coroutine",
    about: "a function that stops half-way and is gone on with",
    claim: "A coroutine can be suspended and resumed. To call it runs nothing of it: that takes an await, or the event \
            loop.",
    runs: "An async fn that is polled by hand, with a waker that counts. Then one download on the event loop, once as \
           an async fn and once as a state machine written by hand: an enum with a poll.",
    look: "In the first table, what has run after each step: a wake runs nothing, it only says that a poll is \
           worth while. In the second, that the loop cannot tell the two apart: the right column does by hand \
           what the compiler does with the left one. (It is smaller, as its buffer is a local of one poll; in the \
           async fn it lives over the await, and so it is a part of the future.)",
    read: &[
        ("demo/src/lesson/coroutine/twice.rs", "download and Download: the same, side by side"),
        ("demo/src/lesson/coroutine/by_hand.rs", "poll: an event loop for one coroutine"),
        ("runtime/src/time.rs", "Sleep::poll: a future that is no state machine but waits itself"),
        ("runtime/src/executor.rs", "Rooms::poll: who polls, when this lesson does not"),
    ],
    try_this: "Add a second `sleep(…).await` to `download`, and then to `Download`: how many variants and fields does \
               each await cost, and what do they hold?",
    measure: |stage| Ok(Box::new(measure(stage)?)),
};
