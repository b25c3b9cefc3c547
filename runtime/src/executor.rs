//! The loop itself.
//!
//! Everything else in this crate is a list that this loop empties: tasks that are ready, wakes from other threads,
//! timers that are due, events of the OS. It runs on one thread, the one that called `block_on`, and nothing ever
//! interrupts a task: the loop goes on when a poll returns. That is cooperative multitasking.
//!
//! Look for `loop` in [`Rooms::run`]: that is the event loop. The rooms it goes through are brought together in
//! [`rooms`](crate::rooms): a *room* is one such list, with what belongs to it, in a file of its own.

use std::hint;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use mio::Events;

use crate::budget;
use crate::builder::OnStall;
use crate::clock::{self, now};
use crate::dump::TaskState;
use crate::id::{self, TaskId};
use crate::reactor::EVENTS;
use crate::report;
use crate::rooms::{Rooms, add_one};
use crate::task::Begun;
use crate::trace::{self, By, What};
use crate::waker::Mail;

/// After a stall that was none, the next one is told if it lasts so long.
const AGAIN: Duration = Duration::from_secs(1);

impl Rooms {
    /// The event loop.
    pub(crate) fn run<F: Future>(&self, mut root: Pin<&mut F>) -> F::Output {
        self.told_stall.set(false);
        let mut events = Events::with_capacity(EVENTS);
        let mut mail = Vec::new();
        let mut flooded = false;
        // This `loop` right here is the event loop.
        loop {
            add_one(&self.counted.turns);
            if self.trace.is_some() {
                trace::turn(self.counted.turns.get());
            }

            // 1. Tasks that other threads have woken or sent join the queue.
            if flooded && self.queue.len() == 0 {
                pause();
            }
            self.inbox.take(&mut mail);
            flooded = !mail.is_empty() && self.take_in(&mut mail);

            // 2. A batch of the tasks that are ready are polled. The batch is bounded, since a task may make
            //    itself ready again, and so might keep all else waiting (rule 9, trap 14). (asyncio polls only those that
            //    were ready when the turn began. Then two tasks that wake each other would need a turn for each wake: 39 ns
            //    and not 25; and one that yields beside a socket a call of the OS each time: 153 ns and not 16.)
            for _ in 0..self.batch {
                let Some(id) = self.queue.pop() else { break };
                if let Poll::Ready(output) = self.poll(id, root.as_mut()) {
                    return output;
                }
            }
            id::set_running(None);

            // 3. Tasks whose time has come join the queue.
            let mut next = self.timers.next();
            if next.is_some() {
                self.timers.fire(now());
                next = self.timers.next();
            }

            // 4. The OS tells which sources have become ready, and those who wait for them join the queue. Who has
            //    work does not wait for that; who has none sleeps here, until the next deadline at most.
            self.ask_the_os(&mut events, next);
        }
    }

    /// What other threads have left. `true` if it was a flood: they woke a task again before it could be polled.
    fn take_in(&self, mail: &mut Vec<Mail>) -> bool {
        if self.trace.is_some() {
            self.pool.tell_news();
        }
        trace::act(By::Thread);
        let (mut wakes, mut sent, mut all) = (0, 0, 0);
        for mail in mail.drain(..) {
            match mail {
                Mail::Wake(id) => {
                    wakes += 1;
                    all += u64::from(self.tasks.arrived(id));
                }
                Mail::Run(spawn) => {
                    sent += 1;
                    spawn();
                }
            }
        }
        mail.shrink_to(EVENTS);
        let coalesced = all.saturating_sub(wakes as u64);
        trace::emit(|| What::Inbox { wakes, sent, coalesced });
        trace::act(By::Loop);
        coalesced > 0
    }

    /// Polls the task `id` once. `Ready` when it was the root and the root is done.
    fn poll<F: Future>(&self, id: TaskId, root: Pin<&mut F>) -> Poll<F::Output> {
        let Some(waker) = self.poll_task(id) else { return Poll::Pending };
        // Rule 2: polled in place; its panic is not caught but goes through `block_on` to the caller.
        let polled = self.run_one(id, || root.poll(&mut Context::from_waker(&waker)));
        self.tasks.pause_root(id, waker);
        if polled.is_ready() {
            trace::emit(|| What::Ready { task: id });
        }
        polled
    }

    /// The same unless it is the root: then nothing is done yet, and the waker for it is given.
    // Apart from `poll`, which is compiled with each program for the type of its root. This is compiled once, with `begin` and
    // `pause` inlined, so that the body goes through registers: a yield takes 14 ns and not 24.
    fn poll_task(&self, id: TaskId) -> Option<Waker> {
        match self.tasks.begin(id) {
            Begun::Task(mut body, waker) => {
                let polled = self.run_one(id, || body.poll(&mut Context::from_waker(&waker)));
                match polled {
                    Poll::Pending => {
                        if let Some(aborted) = self.tasks.pause(id, body, waker) {
                            self.tasks.end_aborted(id, aborted);
                        }
                    }
                    Poll::Ready(outcome) => self.tasks.end(id, body, Some(waker), outcome),
                }
            }
            Begun::Root(waker) => return Some(waker),
            Begun::Aborted(body) => self.tasks.end_aborted(id, body),
            Begun::Gone => trace::emit(|| What::Late { task: id }),
        }
        None
    }

    /// Runs a poll of task `id`.
    fn run_one<T>(&self, id: TaskId, poll: impl FnOnce() -> Poll<T>) -> Poll<T> {
        add_one(&self.counted.polls);
        self.stalled.set(false);
        budget::start(self.io_budget);
        if self.attentive { self.attend(id, poll) } else { poll() }
    }

    /// Watches and measures a poll, as was asked for. Apart from the others: looking at the clock twice costs more
    /// than a whole poll that does nothing.
    #[cold]
    fn attend<T>(&self, id: TaskId, poll: impl FnOnce() -> Poll<T>) -> Poll<T> {
        trace::emit(|| What::Polled { task: id });
        trace::act(By::Task(id));
        let start = self.timed.then(Instant::now);
        let polled = poll();
        if let Some(start) = start {
            self.took(id, start.elapsed());
        }
        if polled.is_pending() && trace::is_watched() {
            self.tasks.tell_pending(id);
        }
        trace::act(By::Loop);
        polled
    }

    fn took(&self, id: TaskId, took: Duration) {
        self.queue.ran(id, took);
        if self.measure {
            let mut longest = self.counted.longest_poll.borrow_mut();
            if longest.as_ref().is_none_or(|(before, _)| took > *before) {
                *longest = Some((took, self.tasks.label(id)));
            }
        }
        if self.slow_poll.is_some_and(|limit| took >= limit) {
            trace::emit(|| What::SlowPoll { task: id, took });
            if let Some((name, spawned_at)) = self.tasks.origin(id) {
                report::slow_poll(&name, spawned_at, took);
            }
        }
    }

    /// Asks the reactor, and sleeps in it if there is nothing to do.
    fn ask_the_os(&self, events: &mut Events, next: Option<Instant>) {
        let ready = self.queue.len() > 0;
        // That tasks are ready is no reason for a system call: only if there are sources. With virtual time, what the OS
        // has goes before the jump to the next deadline.
        if (ready || clock::virtual_now().is_some()) && self.reactor.sources() > 0 {
            self.wait(events, Some(Duration::ZERO));
        }
        // Asked before the inbox: the wake of a job that is over by now is in there.
        let busy = (next.is_none() || clock::virtual_now().is_some()) && self.pool.is_awaited();
        // trap 8: announced and looked at again in one step, so no wake falls between the look and the sleep.
        if ready || self.queue.len() > 0 {
            return;
        }
        if !self.inbox.fall_asleep() {
            // More has come. A thread that wakes without end must not keep the sockets waiting (rule 9).
            if self.reactor.sources() > 0 {
                self.wait(events, Some(Duration::ZERO));
            }
            return;
        }
        // It ended between the two looks, and its ring found the loop awake: once more round.
        if busy && self.pool.left() == 0 {
            self.inbox.awake();
            return;
        }
        let mut again = None;
        match (next, clock::virtual_now()) {
            (Some(next), Some(_)) if !busy => {
                clock::set_virtual(Some(next));
                self.inbox.awake();
                return;
            }
            (None, _) if !busy && !self.reactor.is_awaited() => again = self.stall(),
            _ => {}
        }
        // Virtual time stands still while a job runs. trap 25: the deadline was looked up after the batch, and since then no
        // task has run that could have set an earlier one.
        let deadline = next.filter(|_| clock::virtual_now().is_none());
        trace::emit(|| What::Asleep {
            until: deadline,
            timers: self.timers.len(),
            sources: self.reactor.sources(),
            jobs: self.pool.unended(),
        });
        let start = (self.measure || deadline.is_some()).then(Instant::now);
        let limit = deadline.zip(start).map(|(deadline, now)| deadline.saturating_duration_since(now));
        self.wait(events, limit.or(again));
        self.inbox.awake();
        add_one(&self.counted.sleeps);
        if self.measure
            && let Some(start) = start
        {
            self.counted.asleep.set(self.counted.asleep.get() + start.elapsed());
        }
    }

    /// Rule 10, trap 36: nothing in this runtime can ever wake a task again. Another thread may, so the loop says it,
    /// once, and sleeps; to look again after a time, if one is given.
    fn stall(&self) -> Option<Duration> {
        let lasts = self.stalled.get();
        if lasts && !self.doubt.take() {
            return None; // told already
        }
        // After a false alarm, when a thread has helped. It may do so 100,000 times a second: only what lasts is told.
        let doubt = !lasts && self.on_stall == OnStall::Report && self.told_stall.get();
        if self.trace.is_none() && (doubt || self.on_stall == OnStall::Wait) {
            self.stalled.set(true);
            self.doubt.set(doubt);
            return doubt.then_some(AGAIN);
        }
        let dump = self.dump();
        if dump.tasks.iter().any(|task| matches!(task.state, TaskState::Queued)) {
            return None; // another thread has woken one just now, and rings
        }
        if !lasts {
            self.stalled.set(true);
            trace::emit(|| What::Stalled);
        }
        self.doubt.set(doubt);
        match self.on_stall {
            OnStall::Wait => {}
            OnStall::Report if doubt => return Some(AGAIN),
            OnStall::Report => self.report(&report::stall(&dump, self.way_in.handles())),
            OnStall::Panic => {
                self.inbox.awake();
                panic!("{}", report::stall(&dump, self.way_in.handles()));
            }
        }
        None
    }

    fn report(&self, stall: &str) {
        self.told_stall.set(true);
        report::print(stall);
        report::print(
            "  (If another thread wakes one of them yet, all is well: OnStall::Wait keeps this quiet.)",
        );
    }

    fn wait(&self, events: &mut Events, limit: Option<Duration>) {
        if let Err(e) = self.reactor.wait(events, limit) {
            // Signals are no errors here, and an event queue has no others but a descriptor that is not one (any more):
            // somebody closed it. There is no way on.
            panic!("the OS refused to wait for events: {e}");
        }
    }
}

/// Leaves a thread alone that wakes faster than tasks are polled, while there is nothing else to do: less than a microsecond,
/// in which more wakes become one. Were each taken at once, the lock and the task's flag would go back and forth between
/// the cores all the time (30 ns a wake and not 20).
fn pause() {
    for _ in 0..16 {
        hint::spin_loop();
    }
}
