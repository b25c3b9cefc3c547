//! Time limits: one for each phase of a request, and one for the whole.
//!
//! A phase ends at its own limit or at that of the whole, whichever comes first, and the error says which it was.
//! `Duration::MAX`, as any time that the clock cannot tell, is no limit.

use std::fmt;
use std::time::{Duration, Instant};

use runtime::{now, timeout_at};

use crate::error::{Error, Kind, Phase, Result};

/// The limits of a session, or of a request.
#[derive(Clone, Copy)]
pub(crate) struct Timeouts {
    pub(crate) connect: Duration,
    pub(crate) tls: Duration,
    pub(crate) head: Duration,
    pub(crate) read: Duration,
    pub(crate) total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        // Who is there at all answers a connect in seconds. How long a server may think, or pause, nobody knows; but one
        // that is silent for five minutes is most often gone (Node's `fetch` has the same two limits).
        let [short, long] = [30, 300].map(Duration::from_secs);
        Timeouts { connect: short, tls: short, head: long, read: long, total: Duration::MAX }
    }
}

impl Timeouts {
    fn of(&self, phase: Phase) -> Duration {
        match phase {
            Phase::Connect => self.connect,
            Phase::Tls => self.tls,
            Phase::Head => self.head,
            Phase::Send | Phase::Read => self.read,
            Phase::Total => self.total,
        }
    }
}

/// The limits of a request that has begun.
#[derive(Clone, Copy)]
pub(crate) struct Timer {
    limits: Timeouts,
    /// The end of the whole.
    end: Option<Instant>,
}

impl Timer {
    /// The time of the whole runs from now on.
    pub(crate) fn start(limits: Timeouts) -> Timer {
        Timer { limits, end: now().checked_add(limits.total) }
    }

    /// Whether the time of the whole is over.
    pub(crate) fn is_over(&self) -> bool {
        self.end.is_some_and(|end| now() >= end)
    }

    /// Gives a phase that began at `since` the time that is left to it: its output, or the limit that passed first. As
    /// in [`timeout_at`], an output that is there wins over a limit that has passed.
    pub(crate) async fn limit<T>(
        &self,
        phase: Phase,
        since: Instant,
        part: impl Future<Output = T>,
    ) -> Result<T, Phase> {
        let own = since.checked_add(self.limits.of(phase)).map(|end| (end, phase));
        let whole = self.end.map(|end| (end, Phase::Total));
        match own.into_iter().chain(whole).min_by_key(|(end, _)| *end) {
            None => Ok(part.await),
            Some((end, phase)) => timeout_at(end, part).await.map_err(|_| phase),
        }
    }

    /// [`limit`](Self::limit) for a phase that begins now, before there is a body.
    pub(crate) async fn within<T>(&self, phase: Phase, part: impl Future<Output = Result<T>>) -> Result<T> {
        // If the whole takes too long in the middle of it.
        let state = match phase {
            Phase::Connect => "it was connecting",
            Phase::Tls => "it was in the TLS handshake",
            Phase::Send => "it was sending the request",
            Phase::Head | Phase::Read => "no reply had come",
            Phase::Total => "it waited for other requests to end",
        };
        let done = self.limit(phase, now(), part).await;
        done.unwrap_or_else(|passed| Err(self.error(passed, state)))
    }

    /// That this limit has passed; `state` says how far the whole had come.
    pub(crate) fn error(&self, passed: Phase, state: impl fmt::Display) -> Error {
        let limit = self.limits.of(passed);
        let what = match passed {
            Phase::Connect => format!("no connection within {limit:?}"),
            Phase::Tls => format!("no end of the TLS handshake within {limit:?}"),
            Phase::Send => format!("the server took nothing of the request for {limit:?}"),
            Phase::Head => format!("no reply within {limit:?}"),
            Phase::Read => format!("nothing came for {limit:?}: {state}"),
            Phase::Total => format!("not done within {limit:?}: {state}"),
        };
        Error::new(Kind::Timeout(passed), format!("timed out: {what}"))
    }
}
