//! The event loop at work: three tasks, one of which waits for a socket, told event by event.
//!
//! What the lecture says of an event loop can be looked up in what the loop itself tells: it registers tasks, plans them,
//! switches to another while one waits for I/O, and resumes that one when its operation is done.

mod found;
mod step;

use std::io;
use std::os::unix::net as std_unix;
use std::time::Duration;

use runtime::io::{AsyncReadExt, AsyncWriteExt};
use runtime::net::UnixStream;
use runtime::{Builder, Clock, Task, join_all, sleep, yield_now};

pub use self::found::{EventLoop, Resumed};
use super::{Lesson, Measured, Outcome, Stage, Verdict};
use crate::text;
use crate::trace::{self, Recorder};

/// Waits for what comes through a socket.
async fn reader(socket: std_unix::UnixStream) -> io::Result<()> {
    let mut socket = UnixStream::from_std(socket)?; // now the OS watches it, under a number: its token
    socket.read(&mut [0; 16]).await?;
    Ok(())
}

/// Sleeps for a moment, and then writes into the other end.
async fn writer(socket: std_unix::UnixStream) -> io::Result<()> {
    let mut socket = UnixStream::from_std(socket)?;
    sleep(Duration::from_millis(2)).await;
    socket.write_all(b"hello").await
}

/// Waits for nothing, and gives way twice.
async fn counter() -> io::Result<()> {
    for _ in 0..2 {
        yield_now().await;
    }
    Ok(())
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
        let (near, far) = std_unix::UnixStream::pair()?;
        let tasks = [
            Task::new().name("reader").spawn(reader(near)),
            Task::new().name("writer").spawn(writer(far)),
            Task::new().name("counter").spawn(counter()),
        ];
        join_all(tasks).await.into_iter().try_for_each(|ended| Outcome::Ok(ended??))
    })?;
    Ok(EventLoop::of(recorder.take()))
}

impl Measured for EventLoop {
    fn show(&self, stage: &Stage) {
        match stage.step {
            true => stage.prose(&format!("{} events in all.", self.log.events.len())),
            false => stage.story(&self.log),
        }
    }

    fn verdict(&self) -> Verdict {
        let Some(((start, _), Resumed { woken, polled, after })) = self.waits.zip(self.resumed) else {
            return Verdict::Missed("no task waited for a socket and was resumed".to_owned());
        };
        let polls = text::counted(self.polls_of_others, "time");
        let later = match self.log.header.clock {
            trace::Clock::Real => format!(", {} later", text::duration(after)),
            trace::Clock::Virtual => String::new(), // it stood still
        };
        Verdict::seen(format!(
            "the reader waited from #{start} on, others were polled {polls} meanwhile; at #{woken} its socket woke \
             it, and at #{polled} it was resumed{later}"
        ))
        .needs(self.registered == self.planned, "the tasks were not run in the order of their registration")
        .needs(self.polls_of_others > 0, "nobody else ran while the reader waited")
    }
}

/// The lesson.
pub const LESSON: Lesson = Lesson {
    name: "event-loop",
    about: "registers, plans, switches, resumes: told event by event",
    claim: "An event loop registers tasks and plans when they run. While one waits for input or output it switches to \
            another, and it resumes the first when its operation is done.",
    runs: "Three tasks on one thread: a reader waits for a socket, a writer sleeps 2 ms and then writes into its other \
           end, and a counter gives way twice. An observer hears of all that the loop does. (A token is the number \
           under which the OS names a socket to the loop.)",
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
