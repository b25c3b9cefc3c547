//! Packed words back into events: the mirror of `pack.rs`.

use std::slice;

use super::event::{By, Child, Event, Resource, Step, Text, Waiting, What};
use super::pack::{NONE, Packed, by, is};

impl Packed {
    /// The events, as they were.
    pub(super) fn unpack(self) -> Vec<Event> {
        let mut events = Vec::with_capacity(self.len as usize);
        let mut reader = Reader { words: self.words.iter(), texts: &self.texts };
        let (mut turn, mut t) = (0, 0);
        for n in 1..=self.len {
            let (first, since) = (reader.word(), reader.word());
            t += u64::from(first >> 12) << 32 | u64::from(since);
            let by = match first >> 8 & 0xf {
                by::TASK => By::Task(reader.word()),
                by::SOURCE => By::Source(reader.word()),
                by::TIMER => By::Timer(reader.word()),
                by::THREAD => By::Thread,
                _ => By::Loop,
            };
            let what = reader.what(first & 0xff, &mut turn);
            events.push(Event { n, turn, t, by, what });
        }
        events
    }
}

struct Reader<'a> {
    words: slice::Iter<'a, u32>,
    texts: &'a [Text],
}

impl Reader<'_> {
    fn word(&mut self) -> u32 {
        self.words.next().copied().unwrap_or(NONE)
    }

    fn flag(&mut self) -> bool {
        self.word() != 0
    }

    fn long(&mut self) -> u64 {
        u64::from(self.word()) | u64::from(self.word()) << 32
    }

    fn maybe_text(&mut self) -> Option<Text> {
        self.texts.get(self.word() as usize).cloned()
    }

    fn text(&mut self) -> Text {
        self.maybe_text().unwrap_or_else(|| Text::from(""))
    }

    /// The fields of an event of this type.
    fn what(&mut self, what: u32, turn: &mut u32) -> What {
        match what {
            is::SPAWNED => What::Spawned {
                task: self.word(),
                key: self.word(),
                parent: Some(self.word()).filter(|parent| *parent != NONE),
                name: self.maybe_text(),
                group: self.maybe_text(),
                at: self.text(),
            },
            is::QUEUED => What::Queued { task: self.word(), len: self.word() },
            is::COALESCED => What::Coalesced { task: self.word() },
            is::LATE => What::Late { task: self.word() },
            is::POLLED => What::Polled { task: self.word() },
            is::WAITS => {
                let replaced = self.flag();
                match self.waiting() {
                    Some(on) => What::Waits { on, replaced },
                    None => What::Unknown,
                }
            }
            is::PENDING => What::Pending { task: self.word(), wakers: self.word(), on: self.waiting() },
            is::LOST => What::Lost { task: self.word() },
            is::READY => What::Ready { task: self.word() },
            is::PANICKED => What::Panicked { task: self.word() },
            is::CANCELLED => What::Cancelled { task: self.word() },
            is::GONE => What::Gone { task: self.word(), wakers: self.word() },
            is::CHILD_SPAWNED => {
                What::ChildSpawned { child: self.child(), name: self.maybe_text(), at: self.text() }
            }
            is::CHILD_POLLED => What::ChildPolled { child: self.child() },
            is::CHILD_PENDING => What::ChildPending { child: self.child(), on: self.waiting() },
            is::CHILD_READY => What::ChildReady { child: self.child() },
            is::CHILD_PANICKED => What::ChildPanicked { child: self.child() },
            is::CHILD_CANCELLED => What::ChildCancelled { child: self.child() },
            is::TURN => {
                *turn = self.word();
                What::Turn
            }
            is::INBOX => What::Inbox { wakes: self.word(), sent: self.word(), coalesced: self.word() },
            is::ASLEEP => What::Asleep {
                timers: self.word(),
                sources: self.word(),
                jobs: self.word(),
                until: Some(self.long()).filter(|until| *until != u64::MAX),
            },
            is::AWAKE => {
                let [slept, bell, _] = unflagged(self.word());
                What::Awake { slept, bell, events: self.word() }
            }
            is::REGISTERED => What::Registered { source: self.word(), token: self.word(), kind: self.text() },
            is::READINESS => {
                let source = self.word();
                let [readable, writable, closed] = unflagged(self.word());
                What::Readiness { source, readable, writable, closed }
            }
            is::MOVED => What::Moved { source: self.word(), read: self.flag(), bytes: self.long() },
            is::DEREGISTERED => What::Deregistered { source: self.word() },
            is::TIMER_SET => What::TimerSet { timer: self.word(), deadline: self.long() },
            is::TIMER_FIRED => What::TimerFired { timer: self.word() },
            is::TIMER_DROPPED => What::TimerDropped { timer: self.word() },
            is::JOB_QUEUED => What::JobQueued { job: self.word(), at: self.text() },
            is::JOB_STARTED => What::JobStarted { job: self.word(), ago: self.long() },
            is::JOB_DONE => What::JobDone { job: self.word(), ago: self.long() },
            is::SYNC => {
                let on = self.word();
                What::Sync { on: self.resource(on), step: self.step() }
            }
            is::MARK => What::Mark { name: self.text(), detail: self.text() },
            is::SPAN_BEGAN => What::SpanBegan { span: self.word(), name: self.text(), detail: self.text() },
            is::SPAN_ENDED => What::SpanEnded { span: self.word() },
            is::SLOW_POLL => What::SlowPoll { task: self.word(), took: self.long() },
            is::STALLED => What::Stalled,
            _ => What::Unknown,
        }
    }

    fn child(&mut self) -> Child {
        Child { task: self.word(), group: self.word(), number: self.word() }
    }

    fn waiting(&mut self) -> Option<Waiting> {
        let on = self.word();
        if on == NONE {
            return None;
        }
        Some(Waiting { on: self.resource(on), at: self.maybe_text() })
    }

    fn resource(&mut self, on: u32) -> Resource {
        let id = self.word();
        match on & 0xff {
            0 => Resource::Readable { id },
            1 => Resource::Writable { id },
            2 => Resource::Timer { id },
            3 => Resource::Lock { id },
            4 => Resource::Permits { id },
            5 => Resource::Barrier { id },
            6 => Resource::Event { id },
            7 => Resource::Condvar { id },
            8 => Resource::Message { id },
            9 => Resource::Room { id },
            10 => Resource::Task { id },
            11 => Resource::Job { id },
            12 => Resource::Turn,
            14 => Resource::Children { left: id, lost: on >> 8 },
            _ => Resource::Other {
                text: self.texts.get(id as usize).cloned().unwrap_or_else(|| Text::from("")),
            },
        }
    }

    fn step(&mut self) -> Step {
        let [step, n, of] = [self.word(), self.word(), self.word()];
        match step {
            1 => Step::Acquired { count: n },
            2 => Step::Released { count: n },
            3 => Step::Sent { len: n },
            4 => Step::Received { len: n },
            5 => Step::Arrived { waiting: n, parties: of },
            6 => Step::Opened,
            7 => Step::Broken,
            8 => Step::Set,
            9 => Step::Cleared,
            10 => Step::Notified { count: n },
            11 => Step::Closed,
            _ => Step::Unknown,
        }
    }
}

fn unflagged(flags: u32) -> [bool; 3] {
    [flags & 1 != 0, flags & 2 != 0, flags & 4 != 0]
}
