//! Connections kept for the next request to the same server.
//!
//! A connection comes here only when a reply was read whole, nothing came after it, and nobody said close
//! ([`response`](crate::response) sees to that). It leaves when it is asked for; then it is looked at, and dropped if
//! something has come on it meanwhile (trap 45).
//!
//! They stand in one queue, in the order in which they came. So the too old ones are all in front, and to sweep them
//! out costs each connection one step, not each request a walk through all of them. To find one for a server is a
//! walk, from the newest on: with as few as are kept, it is shorter than hashing a host's name, and no table grows
//! with the servers that were ever asked. There is no timer: the sweep runs when the pool is used.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

use runtime::now;

use crate::connection::{Connection, READ};

/// The idle connections of a client, and its limits to them.
pub(crate) struct Pool {
    /// For how long a connection is kept.
    pub(crate) idle_timeout: Duration,
    /// How many are kept for one server.
    pub(crate) max_per_host: usize,
    /// How many are kept in all.
    pub(crate) max: usize,
    /// The oldest in front.
    idle: RefCell<VecDeque<Idle>>,
    /// Buffers of theirs, for whoever reads next: an idle connection has none. (To fill a new one with zeros takes as long
    /// as to read a small reply.)
    buffers: RefCell<Vec<Vec<u8>>>,
}

/// How many buffers are kept.
const BUFFERS: usize = 32;

struct Idle {
    origin: String,
    connection: Connection,
    since: Instant,
}

impl Default for Pool {
    fn default() -> Self {
        // 30 s are less than servers usually wait: they should not be the ones to close.
        let (idle, buffers) = Default::default();
        Pool { idle_timeout: Duration::from_secs(30), max_per_host: 64, max: 256, idle, buffers }
    }
}

impl Pool {
    /// Takes the connection to `origin` that was used last and can be used again.
    pub(crate) fn take(&self, origin: &str) -> Option<Connection> {
        self.sweep();
        loop {
            // One at a time, and out of the borrow: dropping a connection runs its stream's code.
            let mut connection = {
                let mut idle = self.idle.borrow_mut();
                let newest = idle.iter().rposition(|kept| kept.origin == *origin)?;
                idle.remove(newest)?.connection
            };
            if connection.is_quiet() {
                return Some(connection);
            }
        }
    }

    /// Keeps a connection whose reply was read whole. Where that is one too many, the oldest goes.
    pub(crate) fn put(&self, origin: String, mut connection: Connection) {
        connection.used = true;
        let buffer = connection.rest();
        let mut buffers = self.buffers.borrow_mut();
        // One that has grown with a long head is not kept.
        if buffers.len() < BUFFERS && buffer.len() == READ {
            buffers.push(buffer);
        }
        drop(buffers);
        // Given up once the connection is here: who waits for it finds the connection as well.
        let slot = std::mem::take(&mut connection.slot);
        let surplus = {
            let mut idle = self.idle.borrow_mut();
            idle.push_back(Idle { origin, connection, since: now() });
            let origin = &idle[idle.len() - 1].origin;
            let mut same = (0..idle.len()).filter(|&at| idle[at].origin == *origin);
            let (oldest, others) = (same.next(), same.count());
            oldest.filter(|_| others >= self.max_per_host).and_then(|at| idle.remove(at))
        };
        drop(surplus);
        self.sweep();
        drop(slot);
    }

    /// A buffer for a connection, or an empty one.
    pub(crate) fn buffer(&self) -> Vec<u8> {
        self.buffers.borrow_mut().pop().unwrap_or_default()
    }

    /// Drops what is too old or too much.
    fn sweep(&self) {
        let now = now();
        let surplus = || {
            let mut idle = self.idle.borrow_mut();
            let is_old = now.duration_since(idle.front()?.since) >= self.idle_timeout;
            if is_old || idle.len() > self.max { idle.pop_front() } else { None }
        };
        while let Some(idle) = surplus() {
            drop(idle);
        }
    }
}
