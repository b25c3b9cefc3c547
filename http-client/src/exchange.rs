//! One request and the head of its reply: over a connection of the pool, or a new one.

use std::io::ErrorKind;
use std::rc::Rc;
use std::time::{Duration, Instant};

use runtime::now;
use runtime::trace::{Span, span};

use crate::connect::{Connected, to_any_of};
use crate::connection::{Connection, Sent};
use crate::error::{Error, Kind, Phase, Result};
use crate::h1::head::{Head, HeadReader, Limits};
use crate::h1::request;
use crate::redirect::Request;
use crate::response::Response;
use crate::session::Session;
use crate::timeouts::Timer;
use crate::tls::TlsStream;
use crate::trust;
use crate::url::{Scheme, Url};
use crate::watch::{Event, Times};

impl Session {
    /// Sends a request and gives its reply, as soon as the head of it is there.
    pub(crate) async fn exchange(self: &Rc<Self>, request: &Request, timer: Timer) -> Result<Response> {
        let Request { method, url, headers, body } = request;
        let mut bytes = Vec::with_capacity(256 + body.len());
        request::write_head(&mut bytes, method, url, headers, body.len() as u64)
            .map_err(|e| Error::new(Kind::Request, e))?;
        let head_len = bytes.len();
        bytes.extend_from_slice(body);

        let origin = url.origin();
        let slot = async { Ok(self.slots.take(origin).await) };
        let slot = timer.within(Phase::Total, slot).await?;
        let mut times = Times::default();
        let mut kept = self.pool.take(origin);
        if let Some(Connection { peer, .. }) = &kept {
            self.tell(Event::Reused { peer: *peer });
        }
        loop {
            let mut connection = match kept.take() {
                Some(connection) => connection,
                None => self.connect(url, &timer, &mut times).await?,
            };
            connection.lend(self.pool.buffer());
            self.tell(Event::Request(&bytes[..head_len]));
            let mut attempt = Attempt::new(self, url, &timer, connection);
            let done = attempt.run(&bytes, &mut times).await;
            let Attempt { mut connection, first_byte, .. } = attempt;
            // A kept connection that the server closed in the very moment, as it may. Nothing of a reply has come, and
            // the request may be made twice: it is made once more, on a new one (RFC 9112 9.3.1).
            let is_stale =
                connection.used && first_byte.is_none() && done.as_ref().is_err_and(Error::is_lost);
            if is_stale && is_idempotent(method) {
                continue;
            }
            connection.slot = slot;
            return Response::new(self.clone(), timer, request, done?, connection, times);
        }
    }

    async fn connect(&self, url: &Url, timer: &Timer, times: &mut Times) -> Result<Connection> {
        let (host, port) = (url.host(), url.port());
        let given = self.resolved.iter().rev().find(|(name, of, _)| name == host && *of == port);
        let connecting = async {
            match given {
                Some((_, _, addresses)) => to_any_of(addresses.clone()).await,
                None => self.connector.connect(host, port).await,
            }
        };
        let start = now();
        let Connected { stream, peer, lookup } = timer.within(Phase::Connect, connecting).await?;
        times.connect = Some((now() - start).saturating_sub(lookup.unwrap_or_default()));
        times.lookup = lookup;
        self.tell(Event::Connected { host, port, peer });
        if url.scheme() == Scheme::Http {
            return Ok(Connection::new(stream, peer));
        }

        let config = self.tls.get_or_init(|| trust::config(&self.extra_roots, self.trusts_anybody)).clone();
        let shaking = async {
            TlsStream::connect(config, host, stream).await.map_err(|e| {
                let error = Error::new(Kind::Tls, format!("no TLS with {host}: {e}"));
                match e.kind() {
                    // What TLS itself is not content with. The rest is the connection's.
                    ErrorKind::InvalidData | ErrorKind::Other => error,
                    _ => error.lost(),
                }
            })
        };
        let (start, _span) = (now(), span("tls", host));
        let stream = timer.within(Phase::Tls, shaking).await?;
        times.tls = Some(now() - start);
        let (protocol, cipher) = stream.agreed();
        self.tell(Event::Secured { protocol: &protocol, cipher: &cipher });
        Ok(Connection::new(Box::new(stream), peer))
    }

    fn tell(&self, event: Event<'_>) {
        if let Some(observer) = &self.observer {
            observer(event);
        }
    }
}

/// A request on one connection, until the head of its reply is there.
struct Attempt<'a> {
    session: &'a Session,
    url: &'a Url,
    timer: &'a Timer,
    connection: Connection,
    reader: HeadReader,
    /// The final head, once it is here.
    head: Option<Head>,
    /// When the first byte of the reply came.
    first_byte: Option<Instant>,
    /// The wait for it, for the trace.
    waiting: Option<Span>,
}

impl<'a> Attempt<'a> {
    fn new(session: &'a Session, url: &'a Url, timer: &'a Timer, connection: Connection) -> Self {
        let reader = HeadReader::new(Limits::default());
        Attempt { session, url, timer, connection, reader, head: None, first_byte: None, waiting: None }
    }

    async fn run(&mut self, request: &[u8], times: &mut Times) -> Result<Head> {
        let start = now();
        let sent = self.send(request).await;
        let sent_at = now();
        times.sent = sent_at - start;
        let head = match sent {
            Ok(()) => self.final_head().await,
            // The server has closed the connection. What it said before that may still be here.
            Err(e) if e.kind() == Kind::Send => self.final_head().await.map_err(|_| e),
            Err(e) => Err(e),
        };
        times.first_byte = self.first_byte.map_or(Duration::ZERO, |at| at.saturating_duration_since(sent_at));
        head
    }

    /// Sends the request, or as much of it as the server wants to have.
    async fn send(&mut self, mut unsent: &[u8]) -> Result<()> {
        let _span = span("send", self.url);
        self.connection.is_half_sent = true;
        // An error is said to a server that goes on sending in vain: it has made up its mind (RFC 9112 9.5). Any other
        // reply may still need the rest of the request.
        while self.head.as_ref().is_none_or(|head| head.status.as_u16() < 400) {
            let step = async { Ok(self.connection.send(&mut unsent, self.head.is_none()).await) };
            match self.timer.within(Phase::Send, step).await? {
                Ok(Sent::All) => {
                    self.connection.is_half_sent = false;
                    break;
                }
                Ok(Sent::Some) => {}
                Ok(Sent::Came(n)) => self.came(n)?,
                Err(_) if self.head.is_some() => break,
                Err(e) => {
                    return Err(Error::new(Kind::Send, format!("the request could not be sent: {e}")).lost());
                }
            }
        }
        Ok(())
    }

    /// Reads on until the final head is whole, if it is not yet.
    async fn final_head(&mut self) -> Result<Head> {
        let timer = self.timer;
        if self.first_byte.is_none() {
            self.waiting = Some(span("first byte", self.url));
        }
        let reading = async {
            loop {
                if let Some(head) = self.head.take() {
                    return Ok(head);
                }
                let n = self.connection.fill().await.map_err(|e| {
                    let what = format!("the connection failed before the reply's head was there: {e}");
                    Error::new(Kind::Head, what).lost()
                })?;
                self.came(n)?;
            }
        };
        timer.within(Phase::Head, reading).await
    }

    /// So many bytes more have come, 0 at the end of the stream.
    fn came(&mut self, n: usize) -> Result<()> {
        if n == 0 {
            let what = match self.connection.unread().len() {
                0 => "the server closed the connection without a reply".to_owned(),
                got => format!("the connection ended within the reply's head, after {got} bytes"),
            };
            return Err(Error::new(Kind::Head, what).lost());
        }
        self.first_byte.get_or_insert_with(now);
        self.waiting = None;
        while self.head.is_none() && !self.connection.unread().is_empty() {
            let read = self.reader.read(self.connection.unread()).map_err(|e| Error::new(Kind::Head, e))?;
            let Some((head, len)) = read else { break };
            self.connection.consume(len);
            self.session.tell(Event::Reply(&head));
            match head.status.as_u16() {
                101 => {
                    let what = "the server switched protocols (101), which nobody asked for";
                    return Err(Error::new(Kind::Head, what));
                }
                // Interim: the reply itself follows (RFC 9110 15.2).
                100..=199 => {}
                _ => self.head = Some(head),
            }
        }
        Ok(())
    }
}

/// Doing it twice is the same as doing it once (RFC 9110 9.2.2).
fn is_idempotent(method: &str) -> bool {
    matches!(method, "GET" | "HEAD" | "PUT" | "DELETE" | "OPTIONS" | "TRACE")
}
