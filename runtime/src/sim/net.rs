//! A network in memory: hosts with ports, and connections between them that are slow, cut into pieces, and fail.
//!
//! All that happens on it follows from one seed, and with [`Clock::Virtual`](crate::Clock::Virtual) it takes no time. So a
//! program can be run on a thousand bad networks a second, and the one that it fails on can be had again.
//!
//! ```
//! use runtime::io::{AsyncReadExt, AsyncWriteExt};
//! use runtime::sim::net::{Conditions, Fault, Net, Side};
//! use runtime::{Builder, Clock};
//! use std::time::Duration;
//!
//! let runtime = Builder::new().clock(Clock::Virtual).build()?;
//! let heard = |seed, fault| runtime.block_on(async {
//!     let rough = Conditions {
//!         latency: Duration::from_millis(5)..=Duration::from_millis(500),
//!         pieces: Some(3),
//!         ..Conditions::default()
//!     };
//!     let net = Net::new(seed, rough);
//!     net.set_faults(move |_host, _port| fault);
//!     let listener = net.listen("example.org", 7)?;
//!     runtime::spawn(async move {
//!         let mut stream = listener.accept().await?;
//!         let mut question = [0; 5];
//!         stream.read_exact(&mut question).await?;
//!         stream.write_all(&question).await
//!     });
//!     let mut stream = net.connect("example.org", 7).await?;
//!     stream.write_all(b"hello").await?;
//!     let mut answer = String::new();
//!     stream.read_to_string(&mut answer).await?;
//!     Ok::<_, std::io::Error>(answer)
//! });
//! assert_eq!(heard(1, Fault::None)?, "hello");
//! let cut = heard(1, Fault::Reset { from: Side::Server, after: 3 });
//! assert_eq!(cut.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! | file | concept |
//! | --- | --- |
//! | `conditions.rs` | what the network is like, and what goes wrong |
//! | `link.rs` | one connection without its tasks: what is on its way, what has arrived |
//! | `waiter.rs` | where the waker of one who waits lies |
//! | `stream.rs`, `listener.rs`, `connect.rs` | what a program has of it |
//! | `dice.rs` | chance from a seed |
//!
//! What it leaves out: names that have several addresses, a backlog that is full, urgent data.

mod conditions;
mod connect;
mod dice;
mod link;
mod listener;
mod stream;
mod waiter;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, ErrorKind};
use std::panic::Location;
use std::rc::{Rc, Weak};
use std::time::{Duration, Instant};

pub use self::conditions::{Conditions, Fault, Side};
pub use self::connect::Connect;
pub use self::listener::{Accept, Listener};
pub use self::stream::Stream;

use self::dice::Dice;
use self::link::Link;
use self::listener::Port;
use self::stream::Wire;
use crate::clock::now;
use crate::trace::mark;

/// How long a connect waits that nobody answers: so long do Linux's six retries take.
const PATIENCE: Duration = Duration::from_secs(127);

/// Says what goes wrong with the next connection to a host and a port.
type Faults = Box<dyn FnMut(&str, u16) -> Fault>;

/// A network. Clones are of the same one.
#[derive(Clone)]
pub struct Net(Rc<Inner>);

struct Inner {
    conditions: Conditions,
    hosts: RefCell<BTreeMap<String, Host>>,
    faults: Cell<Option<Faults>>,
    dice: RefCell<Dice>,
    /// How many connections were attempted.
    attempts: Cell<u64>,
}

#[derive(Default)]
struct Host {
    /// If they are not the usual ones.
    conditions: Option<Conditions>,
    /// Who listens, or has listened.
    ports: BTreeMap<u16, Weak<Port>>,
}

/// A connect that has begun: what comes of it, and when.
struct Attempt {
    at: Instant,
    outcome: io::Result<Stream>,
}

impl Net {
    /// A network without hosts. What happens on it follows from the seed.
    pub fn new(seed: u64, conditions: Conditions) -> Net {
        Net(Rc::new(Inner {
            conditions,
            hosts: RefCell::default(),
            faults: Cell::default(),
            dice: RefCell::new(Dice::new(seed)),
            attempts: Cell::new(0),
        }))
    }

    /// From now on the way to this host is like this.
    ///
    /// ```
    /// use runtime::{Builder, Clock, now, sim::net::{Conditions, Net}};
    /// use std::time::Duration;
    /// let runtime = Builder::new().clock(Clock::Virtual).build()?;
    /// let took = runtime.block_on(async {
    ///     let net = Net::new(1, Conditions::default());
    ///     let second = Duration::from_secs(1);
    ///     net.set_conditions("moon", Conditions { latency: second..=second, ..Conditions::default() });
    ///     let _listener = net.listen("moon", 80)?;
    ///     let start = now();
    ///     net.connect("moon", 80).await?;
    ///     Ok::<_, std::io::Error>(now() - start)
    /// })?;
    /// assert_eq!(took, Duration::from_secs(2)); // there and back
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn set_conditions(&self, host: &str, conditions: Conditions) {
        self.0.hosts.borrow_mut().entry(host.to_owned()).or_default().conditions = Some(conditions);
    }

    /// From now on `faults` says of each connection, when it is attempted, what will go wrong with it.
    ///
    /// ```
    /// use runtime::sim::net::{Conditions, Fault, Net};
    /// runtime::block_on(async {
    ///     let net = Net::new(1, Conditions::default());
    ///     let _listener = net.listen("server", 80)?;
    ///     let mut attempts = 0;
    ///     net.set_faults(move |_host, _port| {
    ///         attempts += 1;
    ///         if attempts == 1 { Fault::Unreachable } else { Fault::None }
    ///     });
    ///     let error = net.connect("server", 80).await.unwrap_err();
    ///     assert_eq!(error.kind(), std::io::ErrorKind::HostUnreachable);
    ///     net.connect("server", 80).await?;
    ///     Ok::<(), std::io::Error>(())
    /// }).unwrap();
    /// ```
    pub fn set_faults(&self, faults: impl FnMut(&str, u16) -> Fault + 'static) {
        drop(self.0.faults.replace(Some(Box::new(faults))));
    }

    /// Listens on a port of a host, which comes into being with it. The port is a name, no more: any number will do.
    ///
    /// # Errors
    /// `AddrInUse` if somebody does already.
    pub fn listen(&self, host: &str, port: u16) -> io::Result<Listener> {
        let mut hosts = self.0.hosts.borrow_mut();
        let ports = &mut hosts.entry(host.to_owned()).or_default().ports;
        if ports.get(&port).is_some_and(|taken| taken.strong_count() > 0) {
            return Err(ErrorKind::AddrInUse.into());
        }
        let listener = Listener { port: Rc::default() };
        ports.insert(port, Rc::downgrade(&listener.port));
        Ok(listener)
    }

    /// Connects to a port of a host.
    ///
    /// Cancel safe: dropped, the attempt ends; the listener may find a connection that ends at once.
    ///
    /// # Errors
    /// `NotFound` if there is no such host, `ConnectionRefused` if it does not listen on that port, and what a
    /// [`Fault`] says.
    ///
    /// # Panics
    /// When polled outside a runtime.
    ///
    /// # Example
    /// ```
    /// use runtime::sim::net::{Conditions, Net};
    /// use std::io::ErrorKind;
    /// runtime::block_on(async {
    ///     let net = Net::new(1, Conditions::default());
    ///     let listener = net.listen("server", 80)?;
    ///     assert_eq!(net.connect("server", 81).await.unwrap_err().kind(), ErrorKind::ConnectionRefused);
    ///     assert_eq!(net.connect("nobody", 80).await.unwrap_err().kind(), ErrorKind::NotFound);
    ///     net.connect("server", 80).await?;
    ///     drop(listener);
    ///     assert_eq!(net.connect("server", 80).await.unwrap_err().kind(), ErrorKind::ConnectionRefused);
    ///     Ok::<(), std::io::Error>(())
    /// }).unwrap();
    /// ```
    #[track_caller]
    pub fn connect(&self, host: &str, port: u16) -> Connect {
        Connect::new(self.clone(), host.to_owned(), port, Location::caller())
    }

    /// The first packet is sent: what will come of it.
    fn attempt(&self, host: &str, port: u16) -> Attempt {
        let number = self.0.attempts.get() + 1;
        self.0.attempts.set(number);
        // Out of the cell while it is asked: it is the user's code, and may use the network.
        let faults = self.0.faults.take();
        let fault = faults.map_or(Fault::None, |mut faults| {
            let fault = faults(host, port);
            let set_meanwhile = self.0.faults.take();
            self.0.faults.set(set_meanwhile.or(Some(faults)));
            fault
        });
        let mut dice = self.0.dice.borrow_mut().fork();
        let (conditions, listening) = match self.0.hosts.borrow().get(host) {
            None => (self.0.conditions.clone(), None),
            Some(Host { conditions, ports }) => {
                let conditions = conditions.as_ref().unwrap_or(&self.0.conditions).clone();
                (conditions, Some(ports.get(&port).and_then(Weak::upgrade)))
            }
        };
        let mut way = || dice.time(&conditions.latency);
        let (there, back, again) = (now() + way(), way(), way());
        let outcome = match (fault, listening) {
            (_, None) => Err(no_host(host)),
            (Fault::Refused, _) | (_, Some(None)) => Err(ErrorKind::ConnectionRefused.into()),
            (Fault::Unreachable, _) => Err(ErrorKind::HostUnreachable.into()),
            (Fault::Unanswered, _) => Err(ErrorKind::TimedOut.into()),
            (_, Some(Some(port))) => {
                let link = Link::new(conditions, fault, dice, there + back);
                let (client, server) = Wire::pair(number, link);
                port.push(there + back + again, server);
                Ok(client)
            }
        };
        let came = outcome.as_ref().map_or_else(ToString::to_string, |_| "it is accepted".to_owned());
        mark("network", format_args!("connection {number}, to {host}:{port}: {came}"));
        let at = if fault == Fault::Unanswered { now() + PATIENCE } else { there + back };
        Attempt { at, outcome }
    }
}

fn no_host(host: &str) -> io::Error {
    io::Error::new(ErrorKind::NotFound, format!("there is no host {host} on this network"))
}

impl fmt::Debug for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Net").field("attempts", &self.0.attempts.get()).finish_non_exhaustive()
    }
}
