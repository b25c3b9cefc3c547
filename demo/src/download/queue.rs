//! The files that wait for their turn: in the order in which they were asked for, but none whose host is busy enough
//! (`--limit-per-host`).
//!
//! A lane takes the next file when its own is done. Where no file may be taken the lane ends, and need not wait: every
//! file left is one of a busy host, and the lane that makes room there is the one that takes it.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};

/// Files, or whatever stands for them, by host.
///
/// ```
/// use demo::download::queue::Queue;
///
/// let queue = Queue::new(1, [("a", 1), ("a", 2), ("b", 3)]);
/// let (host, file) = queue.take().unwrap();
/// assert_eq!((file, queue.take().unwrap().1), (1, 3)); // the host of 2 is busy
/// assert!(queue.take().is_none());
/// queue.give_back(host);
/// assert_eq!(queue.take().unwrap().1, 2);
/// ```
#[derive(Debug)]
pub struct Queue<T>(RefCell<Inner<T>>);

#[derive(Debug)]
struct Inner<T> {
    /// How many of a host may run.
    limit: usize,
    hosts: Vec<Host<T>>,
    /// The hosts that have a file that may be taken, by the place of the first such file in the whole order.
    ready: BinaryHeap<Reverse<(usize, usize)>>,
}

#[derive(Debug)]
struct Host<T> {
    running: usize,
    /// With their places in the whole order.
    files: VecDeque<(usize, T)>,
}

/// A host that is busy with one file more: to be [given back](Queue::give_back).
#[derive(Debug)]
pub struct Busy(usize);

impl<T> Queue<T> {
    /// Takes files with their hosts, in order. At most `limit` files of a host are out at once.
    pub fn new<H: AsRef<str>>(limit: usize, files: impl IntoIterator<Item = (H, T)>) -> Queue<T> {
        let mut hosts: Vec<Host<T>> = Vec::new();
        let mut by_name = HashMap::new();
        for (place, (host, file)) in files.into_iter().enumerate() {
            let known = by_name.get(host.as_ref()).copied();
            let at = known.unwrap_or_else(|| {
                hosts.push(Host { running: 0, files: VecDeque::new() });
                by_name.insert(host.as_ref().to_owned(), hosts.len() - 1);
                hosts.len() - 1
            });
            hosts[at].files.push_back((place, file));
        }
        let mut inner = Inner { limit, hosts, ready: BinaryHeap::new() };
        (0..inner.hosts.len()).for_each(|at| inner.line_up(at));
        Queue(RefCell::new(inner))
    }

    /// The first file whose host has room for it.
    pub fn take(&self) -> Option<(Busy, T)> {
        let inner = &mut *self.0.borrow_mut();
        let Reverse((_, at)) = inner.ready.pop()?;
        let host = &mut inner.hosts[at];
        let (_, file) = host.files.pop_front()?;
        host.running += 1;
        inner.line_up(at);
        Some((Busy(at), file))
    }

    /// A file is done: its host has room for another.
    pub fn give_back(&self, Busy(at): Busy) {
        let inner = &mut *self.0.borrow_mut();
        let was_full = inner.hosts[at].running >= inner.limit;
        inner.hosts[at].running -= 1;
        if was_full {
            inner.line_up(at);
        }
    }

    /// The files that were never taken, in order.
    pub fn into_rest(self) -> Vec<T> {
        let mut rest: Vec<_> = self.0.into_inner().hosts.into_iter().flat_map(|host| host.files).collect();
        rest.sort_by_key(|(place, _)| *place);
        rest.into_iter().map(|(_, file)| file).collect()
    }
}

impl<T> Inner<T> {
    /// Puts a host where it can be taken from, if it may. It must not stand there already.
    fn line_up(&mut self, at: usize) {
        let host = &self.hosts[at];
        if let Some((place, _)) = host.files.front()
            && host.running < self.limit
        {
            self.ready.push(Reverse((*place, at)));
        }
    }
}
