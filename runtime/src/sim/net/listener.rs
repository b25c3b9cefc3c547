//! `Listener`: where simulated connections arrive.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Instant;
use std::{io, mem};

use super::stream::Stream;
use super::waiter::Waiter;
use crate::budget;
use crate::clock::now;
use crate::label;
use crate::resource::Resource;

/// A port of a simulated host, where connections are accepted: [`Net::listen`](super::Net::listen).
///
/// Dropped, it takes those along that were not accepted, and further ones are refused.
pub struct Listener {
    pub(super) port: Rc<Port>,
}

/// What the network and the listener share.
#[derive(Default)]
pub(super) struct Port {
    /// On their way, or arrived and not accepted, by the time of their arrival.
    coming: RefCell<VecDeque<(Instant, Stream)>>,
    /// Those who wait for one.
    waiters: RefCell<Vec<Rc<Waiter>>>,
}

impl Port {
    /// A connection that arrives at `at`.
    pub(super) fn push(&self, at: Instant, stream: Stream) {
        let at = {
            let mut coming = self.coming.borrow_mut();
            let at = coming.back().map_or(at, |(last, _)| at.max(*last));
            coming.push_back((at, stream));
            at
        };
        // After the borrow: a waker is anybody's code.
        let waiters = self.waiters.borrow().clone();
        waiters.iter().for_each(|waiter| waiter.expect(at));
    }
}

impl Listener {
    /// Waits for a connection. Several tasks may; each connection goes to one of them.
    ///
    /// Cancel safe: no connection is lost.
    ///
    /// # Errors
    /// None so far: the type is that of a real listener.
    ///
    /// # Example
    /// ```
    /// use runtime::sim::net::{Conditions, Net};
    /// runtime::block_on(async {
    ///     let net = Net::new(1, Conditions::default());
    ///     let listener = net.listen("server", 80)?;
    ///     let (client, server) = runtime::join(net.connect("server", 80), listener.accept()).await;
    ///     (client?, server?);
    ///     Ok::<(), std::io::Error>(())
    /// }).unwrap();
    /// ```
    #[track_caller]
    pub fn accept(&self) -> Accept<'_> {
        Accept { port: &self.port, waiter: None, at: Location::caller() }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let left = mem::take(&mut *self.port.coming.borrow_mut());
        drop(left);
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener").finish_non_exhaustive()
    }
}

/// The future of [`Listener::accept`].
#[must_use = "a future does nothing until it is awaited"]
pub struct Accept<'a> {
    port: &'a Port,
    /// Its place among those who wait.
    waiter: Option<Rc<Waiter>>,
    at: &'static Location<'static>,
}

impl Accept<'_> {
    fn leave(&mut self) {
        if let Some(waiter) = self.waiter.take() {
            waiter.forget();
            self.port.waiters.borrow_mut().retain(|other| !Rc::ptr_eq(other, &waiter));
        }
    }
}

impl Future for Accept<'_> {
    type Output = io::Result<Stream>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if budget::is_spent(cx) {
            return Poll::Pending;
        }
        let first = self.port.coming.borrow().front().map(|(at, _)| *at);
        if first.is_some_and(|at| at <= now())
            && let Some((_, stream)) = { self.port.coming.borrow_mut().pop_front() }
        {
            self.leave();
            budget::spend();
            return Poll::Ready(Ok(stream));
        }
        let port = self.port;
        let waiter = self.waiter.get_or_insert_with(|| {
            let waiter = Rc::<Waiter>::default();
            port.waiters.borrow_mut().push(waiter.clone());
            waiter
        });
        waiter.wait(cx, first);
        label::set(Resource::Other("a simulated connection"), 0, Some(self.at));
        Poll::Pending
    }
}

impl Drop for Accept<'_> {
    fn drop(&mut self) {
        self.leave();
    }
}
