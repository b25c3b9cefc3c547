//! The settings of a session.

use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use runtime::sync::Semaphore;

use crate::client::Client;
use crate::connect::Connect;
use crate::session::Session;
use crate::tls::Certificates;
use crate::watch::Event;

impl Client {
    /// A session with other settings.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }
}

/// The settings of a [`Client`].
///
/// ```
/// use std::time::Duration;
///
/// let client = http_client::Client::builder()
///     .connect_timeout(Duration::from_secs(5))
///     .timeout(Duration::from_secs(60))
///     .max_per_host(6)
///     .resolve("example.org", 443, &["127.0.0.1:8443".parse().unwrap()])
///     .build();
/// # let _ = client;
/// ```
#[derive(Debug, Default)]
pub struct ClientBuilder(Session);

impl ClientBuilder {
    fn set(mut self, set: impl FnOnce(&mut Session)) -> Self {
        set(&mut self.0);
        self
    }

    /// The time there is for a connection, the lookup of the host's name included; 30 s unless set. (`Duration::MAX` is
    /// no limit, here and below.)
    pub fn connect_timeout(self, limit: Duration) -> Self {
        self.set(|it| it.timeouts.connect = limit)
    }

    /// The time there is for the TLS handshake, after that; 30 s unless set.
    pub fn tls_timeout(self, limit: Duration) -> Self {
        self.set(|it| it.timeouts.tls = limit)
    }

    /// The time there is for the head of the reply, from the last byte of the request to the last of the head; interim
    /// replies (1xx) do not extend it. 300 s unless set.
    pub fn head_timeout(self, limit: Duration) -> Self {
        self.set(|it| it.timeouts.head = limit)
    }

    /// For how long nothing may move: between two reads of the body, and while the request is sent. 300 s unless set.
    pub fn read_timeout(self, limit: Duration) -> Self {
        self.set(|it| it.timeouts.read = limit)
    }

    /// The time a request may take in all, from `send` to the end of the body, redirects included. No limit unless
    /// set.
    pub fn timeout(self, limit: Duration) -> Self {
        self.set(|it| it.timeouts.total = limit)
    }

    /// How many redirects are followed; one more is an error. 10 unless set. `None`: none, and the redirecting reply
    /// itself is given.
    pub fn redirects(self, limit: Option<usize>) -> Self {
        self.set(|it| it.redirects = limit)
    }

    /// Whether a redirect may lead from https to http; unless set it is an error. What was secret is then in the clear:
    /// the path, the query, and all header fields but the credentials, which are left out as for any other server.
    pub fn https_to_http(self, allow: bool) -> Self {
        self.set(|it| it.https_to_http = allow)
    }

    /// Trusts these authorities too, beside those of webpki-roots (Mozilla's list).
    pub fn add_root_certificates(self, certificates: &Certificates) -> Self {
        self.set(|it| it.extra_roots.push(certificates.clone()))
    }

    /// Takes any certificate, of anybody, for any host: curl's `--insecure`. Nobody listening in passing can read along,
    /// but whoever sits between can pose as the server, and then reads and changes everything. For tests.
    pub fn danger_accept_invalid_certs(self, accept: bool) -> Self {
        self.set(|it| it.trusts_anybody = accept)
    }

    /// How many connections to one server (scheme, host, port) are in use at once; no limit unless set, and 0 is taken
    /// for 1. A further request waits, in line, until a reply was read to its end or dropped: who holds one while
    /// asking for another may wait for himself.
    pub fn max_per_host(self, limit: usize) -> Self {
        self.set(|it| it.slots.per_host = Some(limit.max(1)))
    }

    /// How many connections are in use at once in all; as [`max_per_host`](Self::max_per_host) in all else.
    pub fn max_connections(self, limit: usize) -> Self {
        self.set(|it| it.slots.all = Some(Rc::new(Semaphore::new(limit.max(1)))))
    }

    /// For how long an idle connection is kept for the next request; 30 s unless set.
    pub fn pool_idle_timeout(self, limit: Duration) -> Self {
        self.set(|it| it.pool.idle_timeout = limit)
    }

    /// How many idle connections are kept for one server; 64 unless set, and with 0 none.
    pub fn pool_max_idle_per_host(self, limit: usize) -> Self {
        self.set(|it| it.pool.max_per_host = limit)
    }

    /// How many idle connections are kept in all; 256 unless set. Beyond that the oldest is closed.
    pub fn pool_max_idle(self, limit: usize) -> Self {
        self.set(|it| it.pool.max = limit)
    }

    /// Connects over TCP to one of these addresses where a URL has this host and port, whatever its name stands for:
    /// curl's `--resolve`. Host field and certificate are those of the name. Given twice, the last counts.
    pub fn resolve(self, host: &str, port: u16, addresses: &[SocketAddr]) -> Self {
        self.set(|it| it.resolved.push((host.to_ascii_lowercase(), port, addresses.to_vec())))
    }

    /// Where connections come from; [`Tcp`](crate::connect::Tcp) unless set.
    pub fn connector(self, connector: impl Connect + 'static) -> Self {
        self.set(|it| it.connector = Box::new(connector))
    }

    /// Is called with what happens to each request, as it happens: curl's `-v`. It must not block, nor panic.
    ///
    /// ```
    /// use http_client::{Client, Event};
    /// let client = Client::builder().observer(|event| match event {
    ///     Event::Request(head) => eprint!("> {}", String::from_utf8_lossy(head)),
    ///     Event::Reply(head) => eprint!("< {}", String::from_utf8_lossy(head.raw())),
    ///     other => eprintln!("* {other:?}"),
    /// });
    /// # let _ = client.build();
    /// ```
    pub fn observer(self, observer: impl Fn(Event<'_>) + 'static) -> Self {
        self.set(|it| it.observer = Some(Box::new(observer)))
    }

    /// Makes the session.
    pub fn build(self) -> Client {
        Client { session: Rc::new(self.0) }
    }
}
