//! The event loop at work: three tasks, one of which waits for a socket, told event by event.
//!
//! What the lecture says of an event loop can be looked up in what the loop itself tells: it registers tasks, plans them,
//! switches to another while one waits for I/O, and resumes that one when its operation is done.

mod step;

use std::time::Duration;

use runtime::io::{AsyncReadExt, AsyncWriteExt};
use runtime::net::UnixStream;
use runtime::{Builder, Clock, Task, join_all, sleep, yield_now};

use super::{Lesson, Measured, Outcome, Stage, Verdict};
use crate::text;
use crate::trace::event::{By, Event, Resource, What};
use crate::trace::{Log, Recorder};

/// Waits for what comes through a socket.
async fn reader(mut socket: UnixStream) {
    let _ = socket.read(&mut [0; 16]).await;
}

/// Sleeps for a moment, and then writes into the other end.
async fn writer(mut socket: UnixStream) {
    sleep(Duration::from_millis(2)).await;
    let _ = socket.write_all(b"hello").await;
}

/// Waits for nothing, and gives way twice.
async fn counter() {
    for _ in 0..2 {
        yield_now().await;
    }
}

/// Runs the three, and keeps all that the loop says meanwhile.
///
/// # Errors
/// If the OS does not give what a loop and a pair of sockets need.
pub fn measure(stage: &Stage) -> Outcome<EventLoop> {
    let recorder = Recorder::new("three tasks");
    let runtime = match stage.step {
        // On the virtual clock, so that no timer comes due while somebody reads.
        true => {
            let settings = Builder::new().clock(Clock::Virtual);
            stage.watched("three tasks", settings, step::stepper(stage, recorder.clone()))?
        }
        false => stage.watched("three tasks", Builder::new(), recorder.clone())?,
    };
    runtime.block_on(async {
        let (near, far) = UnixStream::pair()?;
        join_all([
            Task::new().name("reader").spawn(reader(near)),
            Task::new().name("writer").spawn(writer(far)),
            Task::new().name("counter").spawn(counter()),
        ])
        .await;
        Outcome::Ok(())
    })?;
    Ok(EventLoop::of(recorder.take()))
}

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
    /// When the OS said that the source is ready, and how many nanoseconds after that the task was polled again.
    pub resumed: Option<(u32, u64)>,
}

impl EventLoop {
    /// Reads it out of the log.
    fn of(log: Log) -> EventLoop {
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
        let since = |woken: &Event, polled: &Event| (woken.n, polled.t - woken.t);
        let resumed = woken.zip(polled).map(|(woken, polled)| since(woken, polled));
        EventLoop { registered, planned, waits, polls_of_others, resumed, log }
    }
}

fn is_io(on: &Resource) -> bool {
    matches!(on, Resource::Readable { .. } | Resource::Writable { .. })
}

impl Measured for EventLoop {
    fn show(&self, stage: &Stage) {
        match stage.step {
            true => stage.prose(&format!(
                "{} events in all, on a virtual clock: it stands still while you read, and jumps to the next \
                 deadline when all tasks wait.",
                self.log.events.len()
            )),
            false => stage.story(&self.log),
        }
    }

    fn verdict(&self) -> Verdict {
        let Some(((start, _), (woken, after))) = self.waits.zip(self.resumed) else {
            return Verdict::Missed("no task waited for a socket and was resumed".to_owned());
        };
        let (polls, after) = (self.polls_of_others, text::duration(Duration::from_nanos(after)));
        Verdict::seen(format!(
            "the reader waited from #{start} on, others were polled {polls} times meanwhile, at #{woken} the OS had \
             news of its socket, and it was resumed {after} later"
        ))
        .needs(self.registered == self.planned, "the tasks were not run in the order of their registration")
        .needs(polls > 0, "nobody else ran while the reader waited")
    }
}

/// The lesson.
pub const LESSON: Lesson = Lesson {
    name: "event-loop",
    about: "registers, plans, switches, resumes: told event by event",
    claim: "An event loop registers tasks and plans when they run. While one waits for input or output it switches to \
            another, and it resumes the first when its operation is done.",
    runs: "Three tasks on one thread: a reader waits for a socket, a writer sleeps 2 ms and then writes into its other \
           end, and a counter gives way twice. An observer hears of all that the loop does.",
    look: "Who runs between the moment in which the reader has to wait for its socket and that in which it is polled \
           again; and that nobody looks at the socket meanwhile: the OS says when it is ready.",
    read: &[
        ("runtime/src/executor.rs", "Rooms::run: the loop itself, in four steps"),
        ("runtime/src/reactor.rs", "how the OS is asked, and whose waker belongs to which socket"),
        ("runtime/src/waker.rs", "how a task gets back into the run queue"),
        ("runtime/src/trace/what.rs", "What: all the events there are"),
    ],
    try_this: "`demo lesson event-loop --step` stops the loop at each event and shows what it has in its hands. Guess who \
               runs next before you press Enter.",
    measure: |stage| Ok(Box::new(measure(stage)?)),
};
