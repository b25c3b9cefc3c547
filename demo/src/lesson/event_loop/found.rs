//! What the lesson looks for in the log of its run.

use std::time::Duration;

use crate::trace::Log;
use crate::trace::event::{By, Resource, What};

/// What the lesson measures. Tasks are named by their numbers, and moments by the number of their event.
#[derive(Debug)]
pub struct EventLoop {
    /// All that happened.
    pub log: Log,
    /// The tasks, in the order in which they were registered.
    pub registered: Vec<u32>,
    /// The tasks, in the order in which they were first polled.
    pub planned: Vec<u32>,
    /// When the first task began to wait for a source, and which it is.
    pub waits: Option<(u32, u32)>,
    /// Polls of others while that one waited.
    pub polls_of_others: u64,
    /// How that one went on.
    pub resumed: Option<Resumed>,
}

/// How a task that waits is gone on with.
#[derive(Clone, Copy, Debug)]
pub struct Resumed {
    /// When the OS said that its source is ready.
    pub woken: u32,
    /// When it was polled again.
    pub polled: u32,
    /// What lay between the two.
    pub after: Duration,
}

impl EventLoop {
    /// Reads it out of the log.
    pub(super) fn of(log: Log) -> EventLoop {
        let (mut registered, mut planned) = (Vec::new(), Vec::new());
        for event in &log.events {
            match event.what {
                What::Spawned { task, .. } => registered.push(task),
                What::Polled { task } if !planned.contains(&task) => planned.push(task),
                _ => {}
            }
        }
        let waits = log.events.iter().find_map(|event| match &event.what {
            What::Pending { task, on: Some(on), .. } if is_io(&on.on) => Some((event.n, *task)),
            _ => None,
        });
        let (start, waiter) = waits.unwrap_or((u32::MAX, 0));
        let mut later = log.events.iter().skip_while(|event| event.n <= start);
        let mut polls_of_others = 0;
        let woken = later.find(|event| {
            polls_of_others += u64::from(matches!(event.what, What::Polled { .. }));
            matches!((event.by, &event.what), (By::Source(_), What::Queued { task, .. }) if *task == waiter)
        });
        let polled = later.find(|event| matches!(event.what, What::Polled { task } if task == waiter));
        let resumed = woken.zip(polled).map(|(woken, polled)| Resumed {
            woken: woken.n,
            polled: polled.n,
            after: Duration::from_nanos(polled.t.saturating_sub(woken.t)),
        });
        EventLoop { registered, planned, waits, polls_of_others, resumed, log }
    }
}

fn is_io(on: &Resource) -> bool {
    matches!(on, Resource::Readable { .. } | Resource::Writable { .. })
}
