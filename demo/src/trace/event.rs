//! The events of a log: what the runtime tells ([`runtime::trace`]), as something that can be kept, written and read.
//!
//! This is the one place that says what each type of event looks like, in memory and (through serde) in the log's file:
//! an event is one JSON object, `what` names its type, and its fields stand beside it. Every view matches over
//! [`What`] without a wildcard, so that a type of event that is added here cannot be forgotten there.
//!
//! Numbers are of 32 bits: whatever has one had an event of its own when it came to be, and a log has at most 2^32. Times
//! are in nanoseconds since the first event. So an event takes 72 bytes (some 21 while it is recorded), and
//! texts are shared.

use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;
use std::rc::Rc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A text that many events share: a name, or a place in the program such as `demo/src/download.rs:88:5`.
// Of the two ways to share a text, `Rc<str>` takes two words and this one; a log has more events than texts.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Text(Rc<String>);

/// One event of a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its number, from 1, without gaps.
    pub n: u32,
    /// The turn of the loop, from 1; 0 before the first.
    pub turn: u32,
    /// When, in nanoseconds since the first event.
    pub t: u64,
    /// Who acted.
    pub by: By,
    /// What happened.
    #[serde(flatten)]
    pub what: What,
}

/// On whose behalf something happened: [`runtime::trace::By`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The task of this number.
    Task(u32),
    /// The reactor, for the source of this number.
    Source(u32),
    /// The timer of this number.
    Timer(u32),
    /// Another thread.
    Thread,
    /// The loop itself.
    Loop,
}

/// What a task waits for, and where: [`runtime::Waiting`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// For what.
    #[serde(flatten)]
    pub on: Resource,
    /// Where in the program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Text>,
}

/// The things that tasks wait for, each with its number: [`runtime::Resource`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "on", rename_all = "snake_case")]
#[expect(missing_docs, reason = "they are those of the runtime, where each is described")]
pub enum Resource {
    Readable { id: u32 },
    Writable { id: u32 },
    Timer { id: u32 },
    Lock { id: u32 },
    Permits { id: u32 },
    Barrier { id: u32 },
    Event { id: u32 },
    Condvar { id: u32 },
    Message { id: u32 },
    Room { id: u32 },
    Task { id: u32 },
    Job { id: u32 },
    Children { left: u32, lost: u32 },
    Turn,
    Other { text: Text },
}

/// A child of a task group: the task it is polled in, its group, and its number there (0 is the group's body).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "said above")]
pub struct Child {
    pub task: u32,
    pub group: u32,
    pub number: u32,
}

/// What was done to a lock, a channel or the like: [`runtime::trace::SyncStep`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
#[expect(missing_docs, reason = "they are those of the runtime, where each is described")]
pub enum Step {
    Acquired {
        count: u32,
    },
    Released {
        count: u32,
    },
    Sent {
        len: u32,
    },
    Received {
        len: u32,
    },
    Arrived {
        waiting: u32,
        parties: u32,
    },
    Opened,
    Broken,
    Set,
    Cleared,
    Notified {
        count: u32,
    },
    Closed,
    /// One that this program does not know: a newer one has recorded it.
    #[serde(other)]
    Unknown,
}

/// What happened: [`runtime::trace::What`], with its names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
#[expect(missing_docs, reason = "they are those of the runtime, where each is described")]
pub enum What {
    Spawned {
        task: u32,
        /// Its slot in the table of tasks.
        key: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parent: Option<u32>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<Text>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group: Option<Text>,
        at: Text,
    },
    Queued {
        task: u32,
        len: u32,
    },
    Coalesced {
        task: u32,
    },
    Late {
        task: u32,
    },
    Polled {
        task: u32,
    },
    Waits {
        on: Waiting,
        replaced: bool,
    },
    Pending {
        task: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        on: Option<Waiting>,
        wakers: u32,
    },
    Lost {
        task: u32,
    },
    Ready {
        task: u32,
    },
    Panicked {
        task: u32,
    },
    Cancelled {
        task: u32,
    },
    Gone {
        task: u32,
        wakers: u32,
    },
    ChildSpawned {
        child: Child,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<Text>,
        at: Text,
    },
    ChildPolled {
        child: Child,
    },
    ChildPending {
        child: Child,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        on: Option<Waiting>,
    },
    ChildReady {
        child: Child,
    },
    ChildPanicked {
        child: Child,
    },
    ChildCancelled {
        child: Child,
    },
    Turn,
    Inbox {
        wakes: u32,
        sent: u32,
        coalesced: u32,
    },
    Asleep {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<u64>,
        timers: u32,
        sources: u32,
        jobs: u32,
    },
    Awake {
        slept: bool,
        events: u32,
        bell: bool,
    },
    Registered {
        source: u32,
        token: u32,
        kind: Text,
    },
    Readiness {
        source: u32,
        readable: bool,
        writable: bool,
        closed: bool,
    },
    Moved {
        source: u32,
        read: bool,
        bytes: u64,
    },
    Deregistered {
        source: u32,
    },
    TimerSet {
        timer: u32,
        deadline: u64,
    },
    TimerFired {
        timer: u32,
    },
    TimerDropped {
        timer: u32,
    },
    JobQueued {
        job: u32,
        at: Text,
    },
    JobStarted {
        job: u32,
        ago: u64,
    },
    JobDone {
        job: u32,
        ago: u64,
    },
    Sync {
        #[serde(flatten)]
        on: Resource,
        #[serde(flatten)]
        step: Step,
    },
    Mark {
        name: Text,
        detail: Text,
    },
    SpanBegan {
        span: u32,
        name: Text,
        detail: Text,
    },
    SpanEnded {
        span: u32,
    },
    SlowPoll {
        task: u32,
        took: u64,
    },
    Stalled,
    /// One that this program does not know: a newer one has recorded it.
    #[serde(other)]
    Unknown,
}

impl What {
    /// The task whose life this is an event of.
    pub fn task(&self) -> Option<u32> {
        use What::*;
        match self {
            Spawned { task, .. } | Queued { task, .. } | Pending { task, .. } | Gone { task, .. } => {
                Some(*task)
            }
            Coalesced { task } | Late { task } | Polled { task } | Lost { task } => Some(*task),
            Ready { task } | Panicked { task } | Cancelled { task } => Some(*task),
            Waits { .. } | ChildSpawned { .. } | ChildPolled { .. } | ChildPending { .. } => None,
            ChildReady { .. } | ChildPanicked { .. } | ChildCancelled { .. } => None,
            Turn | Inbox { .. } | Asleep { .. } | Awake { .. } | Stalled | Unknown => None,
            Registered { .. } | Readiness { .. } | Moved { .. } | Deregistered { .. } => None,
            TimerSet { .. } | TimerFired { .. } | TimerDropped { .. } => None,
            JobQueued { .. } | JobStarted { .. } | JobDone { .. } | Sync { .. } => None,
            Mark { .. } | SpanBegan { .. } | SpanEnded { .. } => None,
            SlowPoll { task, .. } => Some(*task),
        }
    }
}

impl Resource {
    /// The number of the thing, if it has one.
    pub fn id(&self) -> Option<u32> {
        use Resource::*;
        match *self {
            Readable { id }
            | Writable { id }
            | Timer { id }
            | Lock { id }
            | Permits { id }
            | Barrier { id } => Some(id),
            Event { id } | Condvar { id } | Message { id } | Room { id } | Task { id } | Job { id } => {
                Some(id)
            }
            Children { .. } | Turn | Other { .. } => None,
        }
    }

    /// The kind of the thing, in the word that the log has for it.
    pub fn kind(&self) -> &'static str {
        match self {
            Resource::Readable { .. } => "readable",
            Resource::Writable { .. } => "writable",
            Resource::Timer { .. } => "timer",
            Resource::Lock { .. } => "lock",
            Resource::Permits { .. } => "permits",
            Resource::Barrier { .. } => "barrier",
            Resource::Event { .. } => "event",
            Resource::Condvar { .. } => "condvar",
            Resource::Message { .. } => "message",
            Resource::Room { .. } => "room",
            Resource::Task { .. } => "task",
            Resource::Job { .. } => "job",
            Resource::Children { .. } => "children",
            Resource::Turn => "turn",
            Resource::Other { .. } => "other",
        }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Text(Rc::new(text.to_owned()))
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Text(Rc::new(text))
    }
}

/// For looking one up among many.
impl Borrow<str> for Text {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self)
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Text::from)
    }
}
