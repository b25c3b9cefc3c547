//! What a network is like, and what goes wrong on it.

use std::ops::RangeInclusive;
use std::time::Duration;

/// What the way between two hosts is like. Both directions are alike, and each packet draws anew.
///
/// ```
/// use runtime::sim::net::Conditions;
/// use std::time::Duration;
/// let mobile = Conditions {
///     latency: Duration::from_millis(40)..=Duration::from_millis(400),
///     bandwidth: Some(250_000),
///     pieces: Some(1400),
///     ..Conditions::default()
/// };
/// assert!(mobile.bandwidth < Some(1_000_000));
/// ```
#[derive(Clone, Debug)]
pub struct Conditions {
    /// How long what is sent is on its way: a time between the two. Bytes of one connection do not overtake each other.
    pub latency: RangeInclusive<Duration>,
    /// How many bytes a second one direction of a connection carries. `None`: any number.
    pub bandwidth: Option<u64>,
    /// The most bytes that one read or write moves: a number from 1 to this. `None`: as many as there are.
    pub pieces: Option<usize>,
    /// How many bytes may be on their way or unread before a writer has to wait: until a third of them are read.
    pub buffer: usize,
    /// How much later than the bytes the wake-up may come. What is ready first is then not always woken first, and what
    /// came in two pieces is often found as one.
    pub lateness: Duration,
    /// The share of waits that are also woken for nothing (trap 28).
    pub false_wakes: f64,
}

/// A calm one: half a millisecond, and 64 KiB of buffer.
impl Default for Conditions {
    fn default() -> Self {
        let latency = Duration::from_micros(500);
        Conditions {
            latency: latency..=latency,
            bandwidth: None,
            pieces: None,
            buffer: 64 * 1024,
            lateness: Duration::ZERO,
            false_wakes: 0.0,
        }
    }
}

/// What goes wrong with one connection: see [`Net::set_faults`](super::Net::set_faults).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// Nobody listens, and the host says so: `ConnectionRefused`.
    Refused,
    /// A router knows no way: `HostUnreachable`.
    Unreachable,
    /// No answer to the attempt to connect. After two minutes and seven seconds, as on Linux, it is `TimedOut`.
    Unanswered,
    /// Both ends are told that there is no such connection, once these bytes of one of them are through. Its next bytes
    /// (or these, if they are none) are lost.
    Reset {
        /// Whose bytes are counted.
        from: Side,
        /// How many.
        after: u64,
    },
    /// The way ends, and nobody is told: once these bytes of one end are through, nothing arrives any more, at either.
    Silence {
        /// Whose bytes are counted.
        from: Side,
        /// How many.
        after: u64,
    },
}

/// An end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The end that connected.
    Client,
    /// The end that was accepted.
    Server,
}

impl Side {
    pub(super) fn peer(self) -> Side {
        match self {
            Side::Client => Side::Server,
            Side::Server => Side::Client,
        }
    }

    /// For messages.
    pub(super) fn name(self) -> &'static str {
        match self {
            Side::Client => "client",
            Side::Server => "server",
        }
    }
}
