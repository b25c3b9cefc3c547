//! 15 · An observer that draws
//!
//! # The idea
//! What a loop did is hard to see: by the time it is printed, it is over. So the runtime tells
//! an [`Observer`] of each thing that happens, when it happens: `Builder::new().observer(…)`.
//! The player of the demo, its lessons, and `--trace` of this course are made of nothing else.
//! You make one more: it draws a line for each task, and a column for each poll.
//!
//! ```text
//! root    █····✓
//! sleeper ▒█··✓
//! other   ▒▒█✓
//! ```
//!
//! The main future spawned two tasks in its first poll, and waited. In the second column
//! `sleeper` was polled, and `other` still stood in the queue; in the third, `other` was
//! polled. Then `other` was polled again, and was ready.
//!
//! A task's life in events: `Spawned`, `Queued`, then `Polled` and `Pending`, and so on, and at
//! last one of `Ready`, `Panicked` and `Cancelled`. `runtime::trace::What` lists them, with
//! what each carries. Two things to know:
//! - A task that wakes itself, or is woken by what it does, is `Queued` *in* its poll: between
//!   `Polled` and `Pending`.
//! - A late wake queues a task that is over, too: `Queued`, and then `Late`.
//!
//! An observer runs in the middle of what the loop does. It must be quick, and must not spawn,
//! wake or await. And it is called by shared reference, `&self`, so what it keeps is in a
//! `RefCell` (it is never called from another thread).
//!
//! # What to write
//! [`Lanes`], which is a handle: its clones are of one drawing, as one is given away to the
//! loop.
//!
//! - A **lane** for each task, in the order of their `Spawned`: its name (`root` is that of the
//!   main future), or its id as text (`#3`) if it has none; blanks up to the width of the
//!   longest name; one blank; its columns; a newline.
//! - A **column** for each `Pending`, `Ready`, `Panicked` and `Cancelled`, of whatever task. In
//!   it, that task has the sign [`RAN`], [`READY`], [`PANICKED`] or [`CANCELLED`]. Each other
//!   task that exists has [`QUEUED`] if it stands in the queue, or else [`WAITS`]. One that is
//!   not spawned yet, or is over, is [`ABSENT`].
//! - After each new column `show` is called, with the drawing: so somebody can look at it live.
//!
//! # What is checked
//! - Pictures, to the letter, of small programs on the real loop: tasks that wait for a time,
//!   give way, panic, are aborted, are left over at the end, are woken too late, or get the
//!   slot of an earlier one. Blanks at the end of a line do not matter.
//! - Events that are none of these (marks, spans, permits, groups, timers, and what is yet to
//!   be invented) change nothing.
//! - `show` is called once for each column, and may itself call `draw`. So may a task, at any
//!   time. Before anything has happened, the picture is empty.
//!
//! # In the real thing
//! `runtime/src/trace/`: `what.rs` (all events), `mod.rs` (`tell`, which calls you). The same,
//! grown up: `demo/src/trace/timeline.rs`. The observer behind `--trace` is
//! `tests/coursework/src/probe/observe.rs`.
//!
//! # Traps (TRAPS.md)
//! - 1: forgetting that a task was woken in its own poll, as its `Pending` comes after it.
//! - 4: a late wake that brings a task back. 5: a slot that is used again: the whole `TaskId`
//!   names a task, not its `key()`.
//! - 16: calling `show`, which is somebody's code, while the `RefCell` is borrowed.

use std::cell::RefCell;
use std::rc::Rc;

use runtime::TaskId;
use runtime::trace::{Event, Observer, What};

/// It was polled, and waits now, or will be polled again.
pub const RAN: char = '█';
/// It stands in the queue.
pub const QUEUED: char = '▒';
/// It waits.
pub const WAITS: char = '·';
/// It was polled, and is done.
pub const READY: char = '✓';
/// It was polled, and panicked.
pub const PANICKED: char = '!';
/// It was dropped before its end.
pub const CANCELLED: char = '✗';
/// It does not exist yet, or any more.
pub const ABSENT: char = ' ';

/// A drawing. Clones are of the same one.
#[derive(Clone)]
pub struct Lanes {
    // An Rc of what they share: the lanes, and `show`, which can be kept as a Box<dyn Fn(&Lanes)>.
}

impl Lanes {
    /// A drawing, empty. After each new column it calls `show`.
    pub fn new(show: impl Fn(&Lanes) + 'static) -> Lanes {
        todo!("Lanes::new")
    }

    /// The picture as it is now, a line for each task.
    pub fn draw(&self) -> String {
        todo!("Lanes::draw")
    }
}

impl Observer for Lanes {
    fn event(&self, event: &Event<'_>) {
        todo!("Lanes::event")
    }
}
