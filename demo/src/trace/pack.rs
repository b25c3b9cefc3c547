//! Events packed into words: how the recorder keeps them while the run goes on.
//!
//! Memory is what costs: a page of it that is used for the first time takes the OS a microsecond or two. [`Event`]s would
//! take 72 bytes each; packed, most take 16 to 32. The first two words are of every event: its type, who acted, and the
//! time since the event before. Then come the number of who acted and the fields, one word for each, two for those of 64
//! bits. What has no value is [`NONE`]. Texts are numbered, and kept once; they are cut at a length, and all together have a
//! limit, as they are the program's own and may be anything.
//!
//! This file and `unpack.rs` mirror each other.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::panic::Location;
use std::time::{Duration, Instant};

use runtime::trace::{self, ChildStep, SyncStep, What as Live};
use runtime::{ChildId, TaskId};

use super::event::Text;

/// No value: no number gets that far.
pub(super) const NONE: u32 = u32::MAX;

/// The most bytes of a text that are kept. Names are shorter; a mark may hold a whole response.
const LONGEST: usize = 4 * 1024;

/// The most bytes of all texts together.
const TEXTS: usize = 64 * 1024 * 1024;

/// The types of events.
pub(super) mod is {
    pub(in super::super) const UNKNOWN: u32 = 0;
    pub(in super::super) const SPAWNED: u32 = 1;
    pub(in super::super) const QUEUED: u32 = 2;
    pub(in super::super) const COALESCED: u32 = 3;
    pub(in super::super) const LATE: u32 = 4;
    pub(in super::super) const POLLED: u32 = 5;
    pub(in super::super) const WAITS: u32 = 6;
    pub(in super::super) const PENDING: u32 = 7;
    pub(in super::super) const LOST: u32 = 8;
    pub(in super::super) const READY: u32 = 9;
    pub(in super::super) const PANICKED: u32 = 10;
    pub(in super::super) const CANCELLED: u32 = 11;
    pub(in super::super) const GONE: u32 = 12;
    pub(in super::super) const CHILD_SPAWNED: u32 = 13;
    pub(in super::super) const CHILD_POLLED: u32 = 14;
    pub(in super::super) const CHILD_PENDING: u32 = 15;
    pub(in super::super) const CHILD_READY: u32 = 16;
    pub(in super::super) const CHILD_PANICKED: u32 = 17;
    pub(in super::super) const CHILD_CANCELLED: u32 = 18;
    pub(in super::super) const TURN: u32 = 19;
    pub(in super::super) const INBOX: u32 = 20;
    pub(in super::super) const ASLEEP: u32 = 21;
    pub(in super::super) const AWAKE: u32 = 22;
    pub(in super::super) const REGISTERED: u32 = 23;
    pub(in super::super) const READINESS: u32 = 24;
    pub(in super::super) const MOVED: u32 = 25;
    pub(in super::super) const DEREGISTERED: u32 = 26;
    pub(in super::super) const TIMER_SET: u32 = 27;
    pub(in super::super) const TIMER_FIRED: u32 = 28;
    pub(in super::super) const TIMER_DROPPED: u32 = 29;
    pub(in super::super) const JOB_QUEUED: u32 = 30;
    pub(in super::super) const JOB_STARTED: u32 = 31;
    pub(in super::super) const JOB_DONE: u32 = 32;
    pub(in super::super) const SYNC: u32 = 33;
    pub(in super::super) const MARK: u32 = 34;
    pub(in super::super) const SPAN_BEGAN: u32 = 35;
    pub(in super::super) const SPAN_ENDED: u32 = 36;
    pub(in super::super) const SLOW_POLL: u32 = 37;
    pub(in super::super) const STALLED: u32 = 38;
}

/// Who acted.
pub(super) mod by {
    pub(in super::super) const LOOP: u32 = 0;
    pub(in super::super) const THREAD: u32 = 1;
    pub(in super::super) const TASK: u32 = 2;
    pub(in super::super) const SOURCE: u32 = 3;
    pub(in super::super) const TIMER: u32 = 4;
}

/// The packed events of a run.
#[derive(Clone, Default)]
pub(super) struct Packed {
    // It grows by doubling. For long lists that costs no copy: the C library has the OS map them elsewhere.
    pub(super) words: Vec<u32>,
    pub(super) len: u32,
    /// When the first event happened, and the last.
    times: Option<(Instant, Instant)>,
    pub(super) texts: Vec<Text>,
    numbers: HashMap<Text, u32>,
    /// How many bytes the texts have.
    text_bytes: usize,
    /// Places are known by where they lie in the program: to print one takes longer than all the rest.
    places: HashMap<usize, (&'static Location<'static>, u32), BuildHasherDefault<AddressHasher>>,
}

impl Packed {
    /// How many events there are.
    pub(super) fn len(&self) -> u32 {
        self.len
    }

    /// The texts have come to their limit.
    pub(super) fn is_full(&self) -> bool {
        self.text_bytes >= TEXTS
    }

    /// The places that the events name.
    pub(super) fn places(&self) -> impl Iterator<Item = &'static Location<'static>> {
        self.places.values().map(|(place, _)| *place)
    }

    /// Adds an event.
    pub(super) fn push(&mut self, event: &trace::Event<'_>) {
        let (start, last) = *self.times.get_or_insert((event.at, event.at));
        self.times = Some((start, event.at));
        self.len += 1;
        let since = nanos(event.at.saturating_duration_since(last));
        let (by, who) = match event.by {
            trace::By::Task(task) => (by::TASK, number(task)),
            trace::By::Source(id) => (by::SOURCE, small(id)),
            trace::By::Timer(id) => (by::TIMER, small(id)),
            trace::By::Thread => (by::THREAD, NONE),
            _ => (by::LOOP, NONE),
        };
        // 52 bits of nanoseconds are 52 days: longer, the loop has slept, and nobody counts.
        let since = since.min((1 << 52) - 1);
        let first = self.words.len();
        self.words.push(by << 8 | ((since >> 32) as u32) << 12);
        self.words.push(since as u32);
        if who != NONE {
            self.words.push(who);
        }
        let what = self.what(event, start);
        self.words[first] |= what;
    }

    /// Packs the fields: the type.
    fn what(&mut self, event: &trace::Event<'_>, start: Instant) -> u32 {
        let since_start = |at: Instant| nanos(at.saturating_duration_since(start));
        match event.what {
            Live::Spawned { task, parent, name, group, at } => {
                let (name, group, at) = (self.maybe(name), self.maybe(group), self.place(at));
                self.put([number(task), task.key(), parent.map_or(NONE, number), name, group, at]);
                is::SPAWNED
            }
            Live::Queued { task, len } => {
                self.put([number(task), small(len)]);
                is::QUEUED
            }
            Live::Coalesced { task } => self.of(task, is::COALESCED),
            Live::Late { task } => self.of(task, is::LATE),
            Live::Polled { task } => self.of(task, is::POLLED),
            Live::Waits { on, replaced } => {
                self.put([replaced.into()]);
                self.waiting(Some(on));
                is::WAITS
            }
            Live::Pending { task, on, wakers } => {
                self.put([number(task), small(wakers)]);
                self.waiting(on);
                is::PENDING
            }
            Live::Lost { task } => self.of(task, is::LOST),
            Live::Ready { task } => self.of(task, is::READY),
            Live::Panicked { task } => self.of(task, is::PANICKED),
            Live::Cancelled { task } => self.of(task, is::CANCELLED),
            Live::Gone { task, wakers } => {
                self.put([number(task), small(wakers)]);
                is::GONE
            }
            Live::Child { child, step } => self.child(child, step),
            Live::Turn => {
                self.put([small(event.turn)]);
                is::TURN
            }
            Live::Inbox { wakes, sent, coalesced } => {
                self.put([small(wakes), small(sent), small(coalesced)]);
                is::INBOX
            }
            Live::Asleep { until, timers, sources, jobs } => {
                self.put([small(timers), small(sources), small(jobs)]);
                self.long(until.map_or(u64::MAX, since_start));
                is::ASLEEP
            }
            Live::Awake { slept, events, bell } => {
                self.put([flags([slept, bell, false]), small(events)]);
                is::AWAKE
            }
            Live::Registered { source, token, kind } => {
                let kind = self.text(kind);
                self.put([small(source), small(token), kind]);
                is::REGISTERED
            }
            Live::Readiness { source, readable, writable, closed } => {
                self.put([small(source), flags([readable, writable, closed])]);
                is::READINESS
            }
            Live::Moved { source, read, bytes } => {
                self.put([small(source), read.into()]);
                self.long(bytes as u64);
                is::MOVED
            }
            Live::Deregistered { source } => {
                self.put([small(source)]);
                is::DEREGISTERED
            }
            Live::TimerSet { timer, deadline } => {
                self.put([small(timer)]);
                self.long(since_start(deadline));
                is::TIMER_SET
            }
            Live::TimerFired { timer } => {
                self.put([small(timer)]);
                is::TIMER_FIRED
            }
            Live::TimerDropped { timer } => {
                self.put([small(timer)]);
                is::TIMER_DROPPED
            }
            Live::JobQueued { job, at } => {
                let at = self.place(at);
                self.put([small(job), at]);
                is::JOB_QUEUED
            }
            Live::JobStarted { job, ago } => {
                self.put([small(job)]);
                self.long(nanos(ago));
                is::JOB_STARTED
            }
            Live::JobDone { job, ago } => {
                self.put([small(job)]);
                self.long(nanos(ago));
                is::JOB_DONE
            }
            Live::Sync { on, id, step } => {
                self.resource(on, id);
                self.put(packed_step(step));
                is::SYNC
            }
            Live::Mark { name, detail } => {
                let (name, detail) = (self.text(name), self.text(detail));
                self.put([name, detail]);
                is::MARK
            }
            Live::SpanBegan { span, name, detail } => {
                let (name, detail) = (self.text(name), self.text(detail));
                self.put([small(span), name, detail]);
                is::SPAN_BEGAN
            }
            Live::SpanEnded { span } => {
                self.put([small(span)]);
                is::SPAN_ENDED
            }
            Live::SlowPoll { task, took } => {
                self.put([number(task)]);
                self.long(nanos(took));
                is::SLOW_POLL
            }
            Live::Stalled => is::STALLED,
            // The runtime may come to tell of more. That is not lost: it is in the log as something unknown.
            _ => is::UNKNOWN,
        }
    }

    fn child(&mut self, child: ChildId, step: ChildStep<'_>) -> u32 {
        self.put([number(child.task()), small(child.group()), small(child.number())]);
        match step {
            ChildStep::Spawned { name, at } => {
                let (name, at) = (self.maybe(name), self.place(at));
                self.put([name, at]);
                is::CHILD_SPAWNED
            }
            ChildStep::Polled => is::CHILD_POLLED,
            ChildStep::Pending { on } => {
                self.waiting(on);
                is::CHILD_PENDING
            }
            ChildStep::Ready => is::CHILD_READY,
            ChildStep::Panicked => is::CHILD_PANICKED,
            ChildStep::Cancelled => is::CHILD_CANCELLED,
            _ => {
                self.words.truncate(self.words.len() - 3);
                is::UNKNOWN
            }
        }
    }

    fn put<const N: usize>(&mut self, fields: [u32; N]) {
        self.words.extend_from_slice(&fields);
    }

    fn long(&mut self, field: u64) {
        self.put([field as u32, (field >> 32) as u32]);
    }

    fn of(&mut self, task: TaskId, what: u32) -> u32 {
        self.put([number(task)]);
        what
    }

    fn waiting(&mut self, waiting: Option<runtime::Waiting>) {
        let Some(runtime::Waiting { on, id, at }) = waiting else { return self.put([NONE]) };
        self.resource(on, id);
        let at = at.map_or(NONE, |at| self.place(at));
        self.put([at]);
    }

    fn resource(&mut self, on: runtime::Resource, id: u64) {
        use runtime::Resource as Live;
        let id = small(id);
        let packed = match on {
            Live::Readable => [0, id],
            Live::Writable => [1, id],
            Live::Timer => [2, id],
            Live::Lock => [3, id],
            Live::Permits => [4, id],
            Live::Barrier => [5, id],
            Live::Event => [6, id],
            Live::Condvar => [7, id],
            Live::Message => [8, id],
            Live::Room => [9, id],
            Live::Task => [10, id],
            Live::Job => [11, id],
            Live::Turn => [12, 0],
            Live::Other(text) => [13, self.text(text)],
            // Two numbers: the second, which is hardly ever more than 0, shares the word of the kind.
            Live::Children { left, lost } => [14 | lost.min(NONE >> 9) << 8, left],
            _ => [13, self.text("something new")],
        };
        self.put(packed);
    }

    fn text(&mut self, text: &str) -> u32 {
        let text = beginning(text);
        if let Some(known) = self.numbers.get(text) {
            return *known;
        }
        self.text_bytes += text.len();
        let (number, new) = (self.texts.len() as u32, Text::from(text));
        self.texts.push(new.clone());
        self.numbers.insert(new, number);
        number
    }

    fn maybe(&mut self, text: Option<&str>) -> u32 {
        text.map_or(NONE, |text| self.text(text))
    }

    fn place(&mut self, place: &'static Location<'static>) -> u32 {
        let address = std::ptr::from_ref(place).addr();
        if let Some((_, known)) = self.places.get(&address) {
            return *known;
        }
        let number = self.text(&place.to_string());
        self.places.insert(address, (place, number));
        number
    }
}

/// The text, as far as it is kept.
fn beginning(text: &str) -> &str {
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

fn packed_step(step: SyncStep) -> [u32; 3] {
    match step {
        SyncStep::Acquired { n } => [1, small(n), 0],
        SyncStep::Released { n } => [2, small(n), 0],
        SyncStep::Sent { len } => [3, small(len), 0],
        SyncStep::Received { len } => [4, small(len), 0],
        SyncStep::Arrived { waiting, parties } => [5, small(waiting), small(parties)],
        SyncStep::Opened => [6, 0, 0],
        SyncStep::Broken => [7, 0, 0],
        SyncStep::Set => [8, 0, 0],
        SyncStep::Cleared => [9, 0, 0],
        SyncStep::Notified { n } => [10, small(n), 0],
        SyncStep::Closed => [11, 0, 0],
        _ => [0, 0, 0],
    }
}

fn flags(set: [bool; 3]) -> u32 {
    u32::from(set[0]) | u32::from(set[1]) << 1 | u32::from(set[2]) << 2
}

fn number(task: TaskId) -> u32 {
    small(task.number())
}

/// In 32 bits. What would not fit (a semaphore of `usize::MAX` permits) is the largest there is.
fn small(n: impl TryInto<u32>) -> u32 {
    n.try_into().unwrap_or(NONE)
}

/// In 64 bits of nanoseconds, which are 584 years.
fn nanos(span: Duration) -> u64 {
    span.as_secs().saturating_mul(1_000_000_000).saturating_add(span.subsec_nanos().into())
}

/// Addresses are spread well by one multiplication; the usual hasher, which is safe from numbers that are chosen to
/// collide, takes longer than all the rest of an event.
#[derive(Default)]
struct AddressHasher(u64);

impl Hasher for AddressHasher {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_usize(usize::from(*byte));
        }
    }

    fn write_usize(&mut self, address: usize) {
        let product = (self.0 ^ address as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = product ^ product >> 32;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
