//! Happy Eyeballs (RFC 8305): connecting to a host that has several addresses.
//!
//! A host may have an address that does not answer: most often one of IPv6, where the path for it is broken. Trying
//! one after the other, each until it fails, takes minutes then; trying all at once is a burden on everybody. So a
//! further attempt begins every 250 ms, and the first that succeeds ends the others.
//!
//! It is generic over what it means to connect. So it knows nothing of sockets, a test sees the 250 ms pass in virtual
//! time, and a simulated network can use it.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::label;
use crate::resource::Resource;
use crate::time::{Sleep, sleep};

/// How long after an attempt the next one begins: what RFC 8305 recommends (section 5). asyncio's
/// `happy_eyeballs_delay`.
///
/// ```
/// use runtime::{Builder, Clock, net::{ATTEMPT_DELAY, happy_eyeballs}, now};
/// let broken = "[2001:db8::1]:80".parse().unwrap();
/// let good = "192.0.2.1:80".parse().unwrap();
/// Builder::new().clock(Clock::Virtual).build()?.block_on(async {
///     let start = now();
///     let connected = happy_eyeballs(vec![broken, good], |addr| async move {
///         if addr == broken {
///             std::future::pending::<()>().await; // no answer, and no error
///         }
///         Ok(addr)
///     });
///     assert_eq!(connected.await?, good);
///     assert_eq!(now() - start, ATTEMPT_DELAY); // and not minutes
///     Ok::<(), std::io::Error>(())
/// })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Connects to whichever of the addresses answers first. What asyncio's `create_connection` does with a
/// `happy_eyeballs_delay`; tokio's `TcpStream::connect` tries one after the other.
///
/// - The order is that of `addresses`, with the families taking turns, beginning with that of the first (section 4).
/// - An attempt begins 250 ms after the one before, or at once when any attempt fails (section 5).
/// - The first that succeeds wins; the others are dropped, before its output is given.
///
/// The RFC also tells how to begin before all addresses are known. The system's resolver gives them all at once, so
/// that part is not here.
///
/// Cancel safety: dropping it drops the attempts that run.
///
/// # Errors
/// [`ConnectFailed`] when every address has failed, or there is none: what became of each.
///
/// # Panics
/// When polled outside a runtime.
///
/// # Example
/// ```
/// use runtime::net::{happy_eyeballs, lookup_host, TcpListener, TcpStream};
/// runtime::block_on(async {
///     let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
///     let mut addresses = lookup_host("localhost", listener.local_addr()?.port()).await?;
///     addresses.insert(0, "127.0.0.1:1".parse().unwrap()); // nobody listens there
///     let stream = happy_eyeballs(addresses, TcpStream::connect).await?;
///     assert_eq!(stream.peer_addr()?, listener.local_addr()?);
///     Ok::<(), std::io::Error>(())
/// }).unwrap();
/// ```
#[track_caller]
pub fn happy_eyeballs<C, F, T>(addresses: Vec<SocketAddr>, connect: C) -> HappyEyeballs<C, F>
where
    C: FnMut(SocketAddr) -> F,
    F: Future<Output = io::Result<T>>,
{
    HappyEyeballs::new(addresses, connect, Location::caller())
}

/// The future of [`happy_eyeballs`].
///
/// Its `Debug` form tells who has failed so far. A limit on all attempts together:
///
/// ```
/// use runtime::{Builder, Clock, net::happy_eyeballs, timeout};
/// use std::{future::pending, io, time::Duration};
/// let silent = vec!["192.0.2.1:80".parse().unwrap(), "192.0.2.2:80".parse().unwrap()];
/// Builder::new().clock(Clock::Virtual).build()?.block_on(async {
///     let connecting = happy_eyeballs(silent, |_| pending::<io::Result<()>>());
///     assert!(timeout(Duration::from_secs(10), connecting).await.is_err());
/// });
/// # Ok::<(), io::Error>(())
/// ```
#[must_use = "a future does nothing until it is awaited"]
pub struct HappyEyeballs<C, F> {
    /// Those that were not tried yet.
    addresses: VecDeque<SocketAddr>,
    connect: C,
    /// The attempts that run, the oldest first.
    // All are polled when one is woken, which would be a bad plan for many (trap 39); here it is one more each 250 ms.
    running: Vec<(SocketAddr, Pin<Box<F>>)>,
    /// Until the next attempt begins; `None`: it begins now.
    delay: Option<Sleep>,
    failed: Vec<(SocketAddr, io::Error)>,
    at: &'static Location<'static>,
}

// The attempts are pinned in boxes of their own, and `connect` is called, never polled.
impl<C, F> Unpin for HappyEyeballs<C, F> {}

impl<C, F, T> HappyEyeballs<C, F>
where
    C: FnMut(SocketAddr) -> F,
    F: Future<Output = io::Result<T>>,
{
    pub(super) fn new(addresses: Vec<SocketAddr>, connect: C, at: &'static Location<'static>) -> Self {
        let addresses = interleave(addresses);
        HappyEyeballs { addresses, connect, running: Vec::new(), delay: None, failed: Vec::new(), at }
    }

    /// Polls the attempts that run: the output of the first that has succeeded. Those that have failed are put aside.
    fn poll_running(&mut self, cx: &mut Context<'_>) -> Option<T> {
        let mut n = 0;
        while let Some((addr, attempt)) = self.running.get_mut(n) {
            let addr = *addr;
            match attempt.as_mut().poll(cx) {
                Poll::Ready(Ok(connected)) => return Some(connected),
                Poll::Ready(Err(e)) => {
                    self.running.remove(n);
                    self.failed.push((addr, e));
                    self.delay = None;
                }
                Poll::Pending => n += 1,
            }
        }
        None
    }
}

impl<C, F, T> Future for HappyEyeballs<C, F>
where
    C: FnMut(SocketAddr) -> F,
    F: Future<Output = io::Result<T>>,
{
    type Output = Result<T, ConnectFailed>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        loop {
            if let Some(connected) = this.poll_running(cx) {
                this.addresses.clear();
                this.running.clear();
                return Poll::Ready(Ok(connected));
            }
            if this.addresses.is_empty() {
                if this.running.is_empty() {
                    return Poll::Ready(Err(ConnectFailed { attempts: std::mem::take(&mut this.failed) }));
                }
                break;
            }
            if let Some(delay) = &mut this.delay
                && Pin::new(delay).poll(cx).is_pending()
            {
                break;
            }
            if let Some(addr) = this.addresses.pop_front() {
                this.running.push((addr, Box::pin((this.connect)(addr))));
                this.delay = Some(sleep(ATTEMPT_DELAY));
            }
        }
        label::set(Resource::Other("a connection"), 0, Some(this.at));
        Poll::Pending
    }
}

impl<C, F> fmt::Debug for HappyEyeballs<C, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HappyEyeballs").field("failed", &self.failed).finish_non_exhaustive()
    }
}

/// The addresses with the families taking turns, beginning with that of the first. Within a family the order stays,
/// which is the resolver's (RFC 6724).
fn interleave(addresses: Vec<SocketAddr>) -> VecDeque<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|addr| addr.is_ipv6() == first_is_v6);
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let mut mixed = VecDeque::with_capacity(first.len() + second.len());
    while first.len() + second.len() > 0 {
        mixed.extend(first.next());
        mixed.extend(second.next());
    }
    mixed
}

/// No address of a host took the connection.
///
/// ```
/// use runtime::net::happy_eyeballs;
/// use std::io::{self, ErrorKind};
/// let addresses = vec!["192.0.2.1:80".parse().unwrap(), "192.0.2.2:80".parse().unwrap()];
/// let failed = runtime::block_on(happy_eyeballs(addresses, |addr| async move {
///     Err::<(), _>(io::Error::new(ErrorKind::HostUnreachable, "no way there"))
/// }))
/// .unwrap_err();
/// let (addr, error) = &failed.attempts[1];
/// assert_eq!(format!("{addr}: {error}"), "192.0.2.2:80: no way there");
/// assert_eq!(io::Error::from(failed).kind(), ErrorKind::HostUnreachable);
/// ```
#[derive(Debug)]
pub struct ConnectFailed {
    /// Each address that was tried and what became of it, in the order in which they failed. Empty if the host has none.
    pub attempts: Vec<(SocketAddr, io::Error)>,
}

impl fmt::Display for ConnectFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.attempts[..] {
            [] => f.write_str("there is no address to connect to"),
            [(addr, e)] => write!(f, "could not connect to {addr}: {e}"),
            [(addr, e), others @ ..] => {
                write!(f, "could not connect to any of {} addresses: {addr}: {e}", self.attempts.len())?;
                others.iter().try_for_each(|(addr, e)| write!(f, "; {addr}: {e}"))
            }
        }
    }
}

impl std::error::Error for ConnectFailed {}

/// Its kind is that of the last attempt, or `NotFound` if there was none.
impl From<ConnectFailed> for io::Error {
    fn from(failed: ConnectFailed) -> Self {
        let kind = failed.attempts.last().map_or(io::ErrorKind::NotFound, |(_, e)| e.kind());
        io::Error::new(kind, failed)
    }
}
