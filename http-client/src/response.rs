//! A reply: its head, and its body as it comes.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Instant;

use runtime::now;
use runtime::trace::{Span, span};

use crate::connection::Connection;
use crate::error::{Error, Kind, Phase, Result};
use crate::h1::body::{self, Decoder, Framing, Step};
use crate::h1::head::{Head, Version};
use crate::headers::Headers;
use crate::redirect::Request;
use crate::session::Session;
use crate::status::Status;
use crate::timeouts::Timer;
use crate::url::Url;
use crate::watch::Times;

/// How much [`Response::chunk`] gives at the most.
const CHUNK: usize = 64 * 1024;

/// From how many bytes on the body is read past the connection's buffer. Below that one call for a bufferful, framing
/// of the next chunks included, is the cheaper.
const DIRECT: usize = 4 * 1024;

/// A reply whose head is here. The body is read with [`bytes`](Self::bytes) or [`text`](Self::text), or piece by
/// piece with [`chunk`](Self::chunk) or [`read`](Self::read).
///
/// When the body has been read to its end, the connection goes back to the session. Dropped before that, it is
/// closed.
pub struct Response {
    session: Rc<Session>,
    url: Url,
    head: Head,
    times: Times,
    peer: Option<SocketAddr>,
    framing: Framing,
    decoder: Decoder,
    /// Until the body has been read, or was found to be broken; and that time as the trace has it.
    connection: Option<(Connection, Span)>,
    timer: Timer,
    /// Since when the next bytes are waited for, also if that wait was given up and begun anew.
    waiting: Option<Instant>,
}

impl Response {
    pub(crate) fn new(
        session: Rc<Session>,
        timer: Timer,
        request: &Request,
        head: Head,
        connection: Connection,
        times: Times,
    ) -> Result<Response> {
        let url = request.url.clone();
        let framing = Framing::of(&request.method, &head).map_err(|e| Error::new(Kind::Head, e))?;
        let (decoder, peer) = (Decoder::new(framing), connection.peer);
        let connection = Some((connection, span("body", &url)));
        let mut response =
            Response { session, url, head, times, peer, framing, decoder, connection, timer, waiting: None };
        response.took(0);
        Ok(response)
    }

    /// The status code.
    pub fn status(&self) -> Status {
        self.head.status
    }

    /// The header fields.
    pub fn headers(&self) -> &Headers {
        &self.head.headers
    }

    /// The version of HTTP that the server speaks.
    pub fn version(&self) -> Version {
        self.head.version
    }

    /// The whole head: [`Head::raw`] has it as it came.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// How long each part of the request took.
    pub fn times(&self) -> Times {
        self.times
    }

    /// The address of the server, where the connector told it.
    pub fn remote_addr(&self) -> Option<SocketAddr> {
        self.peer
    }

    /// The URL that gave this reply: after redirects, the last.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// How long the body is, where the head says so. In the reply to a HEAD it says how long that of a GET would be.
    pub fn content_length(&self) -> Option<u64> {
        match self.framing {
            Framing::Length(length) => Some(length),
            // A 204 has no body by itself; the others (HEAD, 304) leave out one that the field may tell of.
            Framing::Empty if self.head.status.as_u16() == 204 => Some(0),
            Framing::Empty => body::content_length(&self.head.headers).ok().flatten(),
            Framing::Chunked | Framing::UntilClose => None,
        }
    }

    /// An error if the status is 4xx or 5xx; requests' `raise_for_status`.
    ///
    /// # Errors
    /// [`Kind::Status`].
    pub fn error_for_status(self) -> Result<Response> {
        let status = self.status();
        if status.is_client_error() || status.is_server_error() {
            return Err(
                Error::new(Kind::Status(status), format!("the server answered {status}")).at(&self.url)
            );
        }
        Ok(self)
    }

    /// The whole body. It is kept in memory: how long it is, the server decides.
    ///
    /// # Errors
    /// [`Kind::Body`] if it is cut short or its framing is broken, [`Kind::Timeout`].
    pub async fn bytes(mut self) -> Result<Vec<u8>> {
        let mut all = Vec::new();
        // Not as much as Content-Length says is allocated, but as much as has come.
        while let Some(chunk) = self.chunk().await? {
            all.extend_from_slice(&chunk);
        }
        Ok(all)
    }

    /// The whole body as text, which must be UTF-8. As [`bytes`](Self::bytes) in all else.
    ///
    /// # Errors
    /// Those of `bytes`, and [`Kind::Text`] if it is not UTF-8.
    pub async fn text(self) -> Result<String> {
        let url = self.url.clone();
        let bytes = self.bytes().await?;
        String::from_utf8(bytes)
            .map_err(|e| Error::new(Kind::Text, format!("the body is not text: {e}")).at(&url))
    }

    /// The next piece of the body as it came, at most 64 KiB; `None` at its end.
    ///
    /// Cancel safe: dropped, it has taken nothing.
    ///
    /// # Errors
    /// As [`bytes`](Self::bytes).
    pub async fn chunk(&mut self) -> Result<Option<Vec<u8>>> {
        let room = self.decoder.expects().map_or(CHUNK, |left| left.min(CHUNK as u64) as usize);
        let mut chunk = vec![0; room];
        let n = self.read(&mut chunk).await?;
        chunk.truncate(n);
        Ok(if n > 0 { Some(chunk) } else { None })
    }

    /// Reads the next bytes of the body into `out`: how many, 0 at its end (or if `out` is empty). The fastest way: long
    /// stretches go from the socket right into `out`.
    ///
    /// Cancel safe: dropped, it has taken nothing.
    ///
    /// # Errors
    /// As [`bytes`](Self::bytes). After an error the body cannot be continued.
    pub async fn read(&mut self, out: &mut [u8]) -> Result<usize> {
        let (timer, since) = (self.timer, *self.waiting.get_or_insert_with(now));
        // What is ready wins over a limit that has passed. A server that always has something ready would win for ever,
        // so while the body goes on the clock of the whole is asked first.
        let read = match self.connection.is_some() && timer.is_over() {
            true => Err(Phase::Total),
            false => timer.limit(Phase::Read, since, self.read_some(out)).await,
        };
        self.waiting = None;
        read.unwrap_or_else(|passed| Err(self.late(passed))).map_err(|e| e.at(&self.url))
    }

    async fn read_some(&mut self, out: &mut [u8]) -> Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            if let Some(n) = self.take(out)? {
                return Ok(n);
            }
            let Some((connection, _)) = &mut self.connection else {
                return Err(self.broken("it was read on after an error"));
            };
            let direct = self.decoder.expects().map_or(0, |left| left.min(out.len() as u64) as usize);
            let came = match direct >= DIRECT {
                true => connection.read(&mut out[..direct]).await,
                false => connection.fill().await,
            };
            match came {
                Ok(0) => {
                    self.decoder.eof().map_err(|e| self.broken(e).lost())?;
                    self.connection = None;
                }
                Ok(n) if direct >= DIRECT => return Ok(self.took(n)),
                Ok(_) => {}
                Err(e) => return Err(self.cut_short(&e)),
            }
        }
    }

    /// Takes what has come of the body already, as much as there is room for: how many bytes, 0 at its end. `None` if
    /// nothing of it is there.
    ///
    /// All of it, not chunk by chunk: a server that sends chunks of one byte shall not cost a call for each.
    fn take(&mut self, out: &mut [u8]) -> Result<Option<usize>> {
        let mut filled = 0;
        while filled < out.len()
            && let Some((connection, _)) = &mut self.connection
        {
            let (skip, n) = match self.decoder.step(connection.unread()) {
                Ok(Step::Data { skip, len }) => (skip, len.min(out.len() - filled)),
                Ok(Step::End { skip }) => (skip, 0),
                Ok(Step::More { skip }) => {
                    connection.consume(skip);
                    break;
                }
                // What came before is given first; the error is still there for the next call.
                Err(_) if filled > 0 => break,
                Err(e) => return Err(self.broken(e)),
            };
            out[filled..filled + n].copy_from_slice(&connection.unread()[skip..skip + n]);
            connection.consume(skip + n);
            filled += self.took(n);
        }
        Ok((filled > 0 || self.decoder.is_done()).then_some(filled))
    }

    /// So many bytes more were taken. If that was all, the connection goes back to the pool, if it may (trap 45). (One whose
    /// end is that of the body has been dropped.)
    fn took(&mut self, n: usize) -> usize {
        self.decoder.took(n as u64);
        if self.decoder.is_done()
            && let Some((connection, _)) = self.connection.take()
            && self.head.keep_alive()
            && !connection.is_half_sent
            && connection.unread().is_empty()
        {
            self.session.pool.put(self.url.origin().to_owned(), connection);
        }
        n
    }

    /// Nobody wants the body. If it is here already, the connection can be used again; it is not waited for.
    pub(crate) fn discard(mut self) {
        let mut sink = [0; 1024];
        while let Ok(Some(1..)) = self.take(&mut sink) {}
    }

    fn late(&mut self, passed: Phase) -> Error {
        self.connection = None;
        self.timer.error(passed, format!("{} of the body had come", self.so_far()))
    }

    fn broken(&mut self, what: impl fmt::Display) -> Error {
        self.connection = None;
        Error::new(Kind::Body, what)
    }

    /// The connection failed within the body.
    fn cut_short(&mut self, error: &io::Error) -> Error {
        let why = match error.kind() {
            io::ErrorKind::UnexpectedEof => "the TLS connection ended without close_notify".to_owned(),
            _ => error.to_string(),
        };
        self.broken(format!("the body was cut short: {} came, then: {why}", self.so_far())).lost()
    }

    /// `3 of 10 bytes`, or `3 bytes` if the body's length is not known.
    fn so_far(&self) -> String {
        let of = self.content_length().map_or(String::new(), |of| format!(" of {of}"));
        format!("{}{of} bytes", self.decoder.received())
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response").field("url", &self.url).field("head", &self.head).finish_non_exhaustive()
    }
}
