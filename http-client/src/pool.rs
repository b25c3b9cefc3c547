//! Connections kept for the next request to the same server.
//!
//! A connection comes here only when a reply was read whole, nothing came after it, and nobody said close
//! ([`response`](crate::response) sees to that). It leaves when it is asked for; then it is looked at: one that is
//! too old, or on which something has come meanwhile, is dropped (trap 45).

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::connection::Connection;
use crate::url::Origin;

/// How long a connection is kept: shorter than servers usually do.
const IDLE: Duration = Duration::from_secs(30);

/// How many idle connections are kept for one server.
const PER_ORIGIN: usize = 64;

/// The idle connections of a client.
#[derive(Default)]
pub(crate) struct Pool {
    idle: RefCell<HashMap<Origin, Vec<Connection>>>,
}

impl Pool {
    /// Takes the connection to `origin` that was used last and can be used again.
    pub(crate) fn take(&self, origin: &Origin) -> Option<Connection> {
        loop {
            // One at a time, and out of the borrow: dropping a connection runs its stream's code.
            let mut connection = self.idle.borrow_mut().get_mut(origin)?.pop()?;
            let fresh = connection.idle_since.is_some_and(|since| since.elapsed() < IDLE);
            if fresh && connection.is_quiet() {
                return Some(connection);
            }
        }
    }

    /// Keeps a connection whose reply was read whole.
    pub(crate) fn put(&self, origin: &Origin, mut connection: Connection) {
        connection.used = true;
        connection.idle_since = Some(Instant::now());
        connection.rest();
        let surplus = {
            let mut idle = self.idle.borrow_mut();
            match idle.get_mut(origin) {
                Some(kept) if kept.len() >= PER_ORIGIN => Some(connection),
                Some(kept) => {
                    kept.push(connection);
                    None
                }
                None => {
                    idle.insert(origin.clone(), vec![connection]);
                    None
                }
            }
        };
        drop(surplus);
    }
}
