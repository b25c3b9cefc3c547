//! How many connections may be in use at once: to one server, and in all.
//!
//! A request takes its slots before its connection, and has them until its reply was read or dropped. Who finds none
//! left waits in line. First the server's, then one of all: who waits in the line of a busy server must not keep the
//! others from theirs.

use std::cell::RefCell;
use std::rc::Rc;

use runtime::sync::{Permit, Semaphore};

/// The limits of a client, and what is left of them.
#[derive(Default)]
pub(crate) struct Slots {
    /// For each server; `None`: no limit.
    pub(crate) per_host: Option<usize>,
    /// For all of them together.
    pub(crate) all: Option<Rc<Semaphore>>,
    /// Of the servers that are being asked, or waited for. A list: they are as few as the connections.
    hosts: RefCell<Vec<(String, Rc<Semaphore>)>>,
}

/// The right to one connection. Dropping it lets the next in line have it.
#[derive(Default)]
pub(crate) struct Slot {
    _host: Option<Permit<Rc<Semaphore>>>,
    _all: Option<Permit<Rc<Semaphore>>>,
}

impl Slots {
    /// Waits for a slot for a connection to `origin`.
    ///
    /// Cancel safety: dropped, it gives up its places in line.
    pub(crate) async fn take(&self, origin: &str) -> Slot {
        let mut slot = Slot::default();
        if let Some(limit) = self.per_host {
            slot._host = self.host(origin, limit).acquire_owned(1).await.ok();
        }
        if let Some(all) = &self.all {
            slot._all = all.clone().acquire_owned(1).await.ok();
        }
        slot
    }

    fn host(&self, origin: &str, limit: usize) -> Rc<Semaphore> {
        let mut hosts = self.hosts.borrow_mut();
        // Whom nobody asks or waits for any more has no entry: the list does not grow with all that were ever asked.
        hosts.retain(|(known, semaphore)| known == origin || Rc::strong_count(semaphore) > 1);
        if let Some((_, semaphore)) = hosts.iter().find(|(known, _)| known == origin) {
            return semaphore.clone();
        }
        let semaphore = Rc::new(Semaphore::new(limit));
        hosts.push((origin.to_owned(), semaphore.clone()));
        semaphore
    }
}
