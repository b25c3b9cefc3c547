//! What an event was is now and then known only from what came after it, or from the run as a whole: found in one pass.

use std::collections::{HashMap, VecDeque};

use super::event::{By, What};
use super::log::Log;
use super::replay::is_root;

/// What is known of a log once it is whole.
#[derive(Debug, Default)]
pub(super) struct Hindsight {
    /// The events that would be wakes, but put a task on the queue to be cancelled there. `false`: or they may be wakes,
    /// as there were several, and one of them was the abort.
    pub(super) aborts: HashMap<u32, bool>,
    /// The front of the run queue was polled each time.
    pub(super) is_fifo: bool,
}

impl Hindsight {
    pub(super) fn of(log: &Log) -> Hindsight {
        let mut known = Hindsight { is_fifo: true, ..Hindsight::default() };
        let mut queue = VecDeque::new();
        // What tasks and threads have done to a task since it was polled: wakes, or an abort. And who did it.
        let mut pushed = HashMap::<u32, Vec<(u32, By)>>::new();
        let (mut root, mut running) = (0, None);
        // `block_on` is left: what it drops was not aborted.
        let mut is_left = false;
        for event in &log.events {
            let by_someone = matches!(event.by, By::Task(_) | By::Thread);
            match event.what {
                What::Spawned { task, .. } if is_root(event) => {
                    queue.clear();
                    (root, running, is_left) = (task, None, false);
                }
                What::Queued { task, .. } => {
                    queue.push_back(task);
                    if by_someone {
                        pushed.entry(task).or_default().push((event.n, event.by));
                    }
                }
                What::Coalesced { task } if by_someone => {
                    pushed.entry(task).or_default().push((event.n, event.by));
                }
                What::Late { task } if event.by != By::Thread => known.is_fifo &= take(&mut queue, task),
                What::Polled { task } => {
                    known.is_fifo &= take(&mut queue, task);
                    pushed.remove(&task);
                    running = Some(task);
                }
                What::Cancelled { task } if !is_left => {
                    let own = running == Some(task);
                    let mut by = pushed.remove(&task).unwrap_or_default();
                    by.retain(|(_, by)| !own || *by == By::Task(task));
                    if own || running.is_none() {
                        known.aborts.extend(by.iter().map(|(n, _)| (*n, by.len() == 1)));
                    }
                    match own {
                        true => running = None,
                        // One that was aborted has come to the front; others are taken out of the middle.
                        false => _ = take(&mut queue, task),
                    }
                    is_left = task == root;
                }
                What::Ready { task } | What::Panicked { task } => {
                    running = None;
                    is_left |= task == root;
                }
                What::Pending { .. } => running = None,
                _ => {}
            }
        }
        known
    }
}

/// Takes the task out of the queue: whether it was the front.
fn take(queue: &mut VecDeque<u32>, task: u32) -> bool {
    if queue.front() == Some(&task) {
        queue.pop_front();
        return true;
    }
    if let Some(place) = queue.iter().position(|queued| *queued == task) {
        queue.remove(place);
    }
    false
}
