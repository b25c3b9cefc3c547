//! A scheduler, driven by hand: pushes and pops without a loop around them.

use std::time::Duration;

use runtime::{Scheduler, TaskId, TaskMeta};

use crate::check::{fault, require};
use crate::log;

/// A scheduler, and tasks `a`, `b`, `c` … to push into it. They are only ids: nothing ever polls them.
pub struct Bench<S> {
    scheduler: S,
    ids: Vec<TaskId>,
    ready: Vec<usize>,
}

/// The name of a task on the bench.
pub fn letter(task: usize) -> String {
    match u8::try_from(task) {
        Ok(n @ 0..26) => char::from(b'a' + n).to_string(),
        _ => format!("t{task}"),
    }
}

/// The names of several: `b c a`. Of many, the first ones.
pub fn letters(tasks: &[usize]) -> String {
    const SHOWN: usize = 12;
    let first = tasks.iter().take(SHOWN).map(|task| letter(*task)).collect::<Vec<_>>().join(" ");
    match tasks.len().checked_sub(SHOWN) {
        None | Some(0) => first,
        Some(more) => format!("{first} and {more} more"),
    }
}

impl<S: Scheduler> Bench<S> {
    /// With so many tasks.
    pub fn new(scheduler: S, tasks: usize) -> Self {
        let ids = runtime::block_on(async { (0..tasks).map(|_| runtime::spawn(async {}).id()).collect() });
        Bench { scheduler, ids, ready: Vec::new() }
    }

    /// The task is ready, and has this priority.
    pub fn push_at(&mut self, task: usize, priority: i32) {
        match priority {
            0 => log::event(format_args!("push {}", letter(task))),
            _ => log::event(format_args!("push {}, priority {priority}", letter(task))),
        }
        let mut meta = TaskMeta::default();
        meta.name = Some(letter(task));
        meta.priority = priority;
        self.ready.push(task);
        self.scheduler.push(self.ids[task], &meta);
    }

    /// The task is ready.
    pub fn push(&mut self, task: usize) {
        self.push_at(task, 0);
    }

    /// Who is next. That there is none, and one that does not wait, are mistakes.
    pub fn pop(&mut self) -> usize {
        let waiting = letters(&self.ready);
        let Some(id) = self.scheduler.pop() else {
            fault(
                0,
                format!(
                    "`pop` gave None while {waiting} had been pushed and not popped: lost, and on the real loop, where they \
                     would never be polled again, a panic."
                ),
            )
        };
        let task = self.ids.iter().position(|known| *known == id);
        let at = self.ready.iter().position(|ready| Some(*ready) == task);
        let (Some(task), Some(at)) = (task, at) else {
            let task = task.map_or_else(|| id.to_string(), letter);
            fault(
                2,
                format!(
                    "`pop` gave {task}, which does not wait. Who waits: {waiting}. Who is popped is to be gone from the queue."
                ),
            )
        };
        self.ready.remove(at);
        log::event(format_args!("pop: {}", letter(task)));
        task
    }

    /// Those who are popped next.
    pub fn pops(&mut self, count: usize) -> Vec<usize> {
        (0..count).map(|_| self.pop()).collect()
    }

    /// Nobody waits any more, and `pop` says so.
    pub fn is_empty(&mut self) {
        let popped = self.scheduler.pop();
        require(popped.is_none(), 2, || {
            format!(
                "All were popped, and another `pop` gave task {}: somebody is in there twice.",
                popped.map_or_else(String::new, |id| {
                    self.ids.iter().position(|known| *known == id).map_or_else(|| id.to_string(), letter)
                })
            )
        });
    }

    /// A poll of the task is over, and took so long.
    pub fn ran(&mut self, task: usize, took: Duration) {
        log::event(format_args!("{} ran for {took:?}", letter(task)));
        self.scheduler.ran(self.ids[task], took);
    }

    /// The task is over.
    pub fn gone(&mut self, task: usize) {
        log::event(format_args!("{} is gone", letter(task)));
        self.scheduler.gone(self.ids[task]);
    }
}
