//! `Connect`: how a simulated connection is made, or is not.

use std::io;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use super::stream::Stream;
use super::waiter::Waiter;
use super::{Attempt, Net};
use crate::clock::now;
use crate::label;
use crate::resource::Resource;

/// The future of [`Net::connect`].
#[must_use = "a future does nothing until it is awaited"]
pub struct Connect {
    net: Net,
    host: String,
    port: u16,
    /// Once it has begun: what comes of it, and when.
    begun: Option<Attempt>,
    waiter: Waiter,
    at: &'static Location<'static>,
}

impl Connect {
    pub(super) fn new(net: Net, host: String, port: u16, at: &'static Location<'static>) -> Connect {
        Connect { net, host, port, begun: None, waiter: Waiter::default(), at }
    }
}

impl Future for Connect {
    type Output = io::Result<Stream>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let at: Instant = match &this.begun {
            Some(attempt) => attempt.at,
            None => this.begun.insert(this.net.attempt(&this.host, this.port)).at,
        };
        if at > now() {
            this.waiter.wait(cx, Some(at));
            label::set(Resource::Other("a simulated host's answer"), 0, Some(this.at));
            return Poll::Pending;
        }
        this.waiter.forget();
        match this.begun.take() {
            Some(attempt) => Poll::Ready(attempt.outcome),
            None => unreachable!("it was there a moment ago"),
        }
    }
}
