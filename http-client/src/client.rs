//! The session: requests go out through it, connections and settings are shared.

use std::cell::OnceCell;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::ClientConfig;

use crate::auth;
use crate::connect::{Connect, ConnectError, Stream, Tcp};
use crate::connection::Connection;
use crate::error::{Error, Kind, Result};
use crate::h1::head::{Head, HeadReader, Limits};
use crate::h1::request;
use crate::headers::Headers;
use crate::pool::Pool;
use crate::redirect::{self, Request};
use crate::response::Response;
use crate::tls::{self, Certificates, TlsStream};
use crate::url::{self, Scheme, Url};

/// A session: it keeps connections open and uses them again. Cloning it is cheap and gives the same session.
///
/// ```
/// # use runtime::{io::{AsyncReadExt, AsyncWriteExt}, net::TcpListener};
/// # runtime::block_on(async {
/// # let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
/// # let url = format!("http://{}/file1.txt", listener.local_addr().unwrap());
/// # runtime::spawn(async move {
/// #     let (mut stream, _) = listener.accept().await.unwrap();
/// #     stream.read(&mut [0; 1024]).await.unwrap();
/// #     stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello").await.unwrap();
/// # });
/// let client = http_client::Client::new();
/// let text = client.get(&url).send().await?.error_for_status()?.text().await?;
/// assert_eq!(text, "hello");
/// # Ok::<(), http_client::Error>(())
/// # }).unwrap();
/// ```
#[derive(Clone)]
pub struct Client {
    shared: Rc<Shared>,
}

struct Shared {
    connector: Box<dyn Connect>,
    extra_roots: Vec<Certificates>,
    /// Made when the first https URL comes.
    tls: OnceCell<Arc<ClientConfig>>,
    redirects: Option<usize>,
    timeout: Option<Duration>,
    limits: Limits,
    pool: Rc<Pool>,
}

impl Client {
    /// A session with the usual settings.
    pub fn new() -> Client {
        Client::builder().build()
    }

    /// A session with other settings.
    pub fn builder() -> ClientBuilder {
        ClientBuilder {
            connector: Box::new(Tcp),
            extra_roots: Vec::new(),
            redirects: Some(redirect::LIMIT),
            timeout: None,
            pool: Pool::default(),
        }
    }

    /// A GET request. What is wrong with the URL is told by [`send`](RequestBuilder::send).
    pub fn get(&self, url: &str) -> RequestBuilder {
        self.request("GET", url)
    }

    /// A HEAD request: the head that a GET would give, without its body.
    pub fn head(&self, url: &str) -> RequestBuilder {
        self.request("HEAD", url)
    }

    /// A request of any method but CONNECT. Methods are case-sensitive.
    pub fn request(&self, method: &str, url: &str) -> RequestBuilder {
        let request =
            Url::parse(url).map_err(|e| Error::early(Kind::Url, format!("\"{}\": {e}", url::shown(url))));
        let request = request.and_then(|url| {
            request::check_method(method).map_err(|e| Error::new(Kind::Request, &url, e))?;
            Ok(Request { method: method.to_owned(), url, headers: Headers::new(), body: Vec::new() })
        });
        RequestBuilder { shared: self.shared.clone(), timeout: self.shared.timeout, request }
    }
}

impl Default for Client {
    fn default() -> Client {
        Client::new()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

/// The settings of a [`Client`].
pub struct ClientBuilder {
    connector: Box<dyn Connect>,
    extra_roots: Vec<Certificates>,
    redirects: Option<usize>,
    timeout: Option<Duration>,
    pool: Pool,
}

impl ClientBuilder {
    /// Trusts these authorities too, beside those of webpki-roots (Mozilla's list).
    pub fn add_root_certificates(mut self, certificates: &Certificates) -> Self {
        self.extra_roots.push(certificates.clone());
        self
    }

    /// How many redirects are followed; one more is an error. 10 unless set. `None`: none, and the redirecting reply
    /// itself is given.
    pub fn redirects(mut self, limit: Option<usize>) -> Self {
        self.redirects = limit;
        self
    }

    /// The time a request may take in all, from `send` to the end of the body, redirects included. No limit unless
    /// set.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// For how long an idle connection is kept for the next request; 30 s unless set.
    pub fn pool_idle_timeout(mut self, limit: Duration) -> Self {
        self.pool.idle_timeout = limit;
        self
    }

    /// How many idle connections are kept for one server; 64 unless set, and with 0 none.
    pub fn pool_max_idle_per_host(mut self, limit: usize) -> Self {
        self.pool.max_per_host = limit;
        self
    }

    /// How many idle connections are kept in all; 256 unless set. Beyond that the oldest is closed.
    pub fn pool_max_idle(mut self, limit: usize) -> Self {
        self.pool.max = limit;
        self
    }

    /// Where connections come from; [`Tcp`] unless set.
    pub fn connector(mut self, connector: impl Connect + 'static) -> Self {
        self.connector = Box::new(connector);
        self
    }

    /// Makes the session.
    pub fn build(self) -> Client {
        let ClientBuilder { connector, extra_roots, redirects, timeout, pool } = self;
        let shared = Shared {
            connector,
            extra_roots,
            tls: OnceCell::new(),
            redirects,
            timeout,
            limits: Limits::default(),
            pool: Rc::new(pool),
        };
        Client { shared: Rc::new(shared) }
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").finish_non_exhaustive()
    }
}

/// A request about to be sent.
#[must_use = "a request is made by `send`"]
pub struct RequestBuilder {
    shared: Rc<Shared>,
    timeout: Option<Duration>,
    request: Result<Request>,
}

impl RequestBuilder {
    /// Adds a header field. What is wrong with it is told by [`send`](Self::send); it is never cleaned.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Ok(request) = &mut self.request
            && let Err(e) = request.headers.append(name, value)
        {
            self.request = Err(Error::new(Kind::Request, &request.url, e));
        }
        self
    }

    /// Sends these bytes as the request's body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        if let Ok(request) = &mut self.request {
            request.body = body.into();
        }
        self
    }

    /// The time this request may take in all: see [`ClientBuilder::timeout`].
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// Sends the request and waits for the head of the reply; the body is read from the [`Response`].
    ///
    /// Cancel safety: dropping it closes the connection. Whether the server has acted on the request is unknown.
    ///
    /// # Errors
    /// Each [`Kind`] but `Body`, `Status` and `Text`. A reply of status 4xx or 5xx is not an error here:
    /// see [`Response::error_for_status`].
    pub async fn send(self) -> Result<Response> {
        let mut request = self.request?;
        authorize(&mut request)?;
        let shared = self.shared;
        // A limit beyond what the clock can tell is no limit.
        let deadline = self.timeout.and_then(|limit| Instant::now().checked_add(limit));
        let mut hops = 0;
        loop {
            let (head, connection) = within(deadline, &request.url, shared.exchange(&request)).await?;
            let location = head.headers.get_all("Location").next();
            let next = location.filter(|_| redirect::is_redirect(head.status));
            let (Some(limit), Some(location)) = (shared.redirects, next) else {
                return Response::new(
                    shared.pool.clone(),
                    request.method,
                    request.url,
                    head,
                    connection,
                    deadline,
                );
            };
            let refuse = |what: String| Error::new(Kind::Redirect, &request.url, what);
            if hops == limit {
                return Err(refuse(format!("redirected more than {limit} times")));
            }
            hops += 1;
            let (status, location) = (head.status, location.to_vec());
            let url = request.url.clone();
            let reply =
                Response::new(shared.pool.clone(), request.method.clone(), url, head, connection, deadline)?;
            reply.discard();
            let from = request.url.clone();
            redirect::follow(&mut request, status, &location)
                .map_err(|what| Error::new(Kind::Redirect, &from, what))?;
        }
    }
}

impl fmt::Debug for RequestBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestBuilder").finish_non_exhaustive()
    }
}

/// Gives a part of the request the time that the whole has left.
async fn within<T>(deadline: Option<Instant>, url: &Url, part: impl Future<Output = Result<T>>) -> Result<T> {
    match deadline {
        None => part.await,
        Some(deadline) => match runtime::timeout_at(deadline, part).await {
            Ok(done) => done,
            Err(elapsed) => Err(Error::new(Kind::Timeout, url, elapsed)),
        },
    }
}

/// A user and a password in the URL become a header field.
fn authorize(request: &mut Request) -> Result<()> {
    if let Some((user, password)) = request.url.userinfo()
        && !request.headers.contains("Authorization")
    {
        let value = auth::basic(&user, &password);
        let added = request.headers.append("Authorization", &value);
        added.map_err(|e| Error::new(Kind::Request, &request.url, e))?;
    }
    Ok(())
}

impl Shared {
    /// One request and the head of its reply, on a connection of the pool or a new one.
    async fn exchange(&self, request: &Request) -> Result<(Head, Connection)> {
        let Request { method, url, headers, body } = request;
        let mut bytes = Vec::with_capacity(256 + body.len());
        request::write_head(&mut bytes, method, url, headers, body.len() as u64)
            .map_err(|e| Error::new(Kind::Request, url, e))?;
        bytes.extend_from_slice(body);

        if let Some(mut kept) = self.pool.take(&url.origin()) {
            match self.exchange_on(&mut kept, url, &bytes).await {
                // The server closed it in the very moment, as it may. Nothing of a reply has come, and the request
                // may be made twice: it is made once more (RFC 9112 9.3.1).
                Err(Failed { untouched: true, .. }) if is_idempotent(method) => {}
                done => return done.map(|head| (head, kept)).map_err(|failed| failed.error),
            }
        }
        let mut fresh = Connection::new(self.connect(url).await?);
        let head = self.exchange_on(&mut fresh, url, &bytes).await.map_err(|failed| failed.error)?;
        Ok((head, fresh))
    }

    async fn connect(&self, url: &Url) -> Result<Box<dyn Stream>> {
        let stream = self.connector.connect(url.host(), url.port()).await.map_err(|e| {
            let kind = if matches!(e, ConnectError::Resolve(_)) { Kind::Resolve } else { Kind::Connect };
            Error::new(kind, url, e)
        })?;
        if url.scheme() == Scheme::Http {
            return Ok(stream);
        }
        let config = self.tls.get_or_init(|| tls::config(&self.extra_roots)).clone();
        let host = url.host();
        match TlsStream::connect(config, host, stream).await {
            Ok(stream) => Ok(Box::new(stream)),
            Err(e) => Err(Error::new(Kind::Tls, url, format!("no TLS with {host}: {e}"))),
        }
    }

    /// Sends a request and reads the head of its reply, past any interim ones.
    async fn exchange_on(
        &self,
        connection: &mut Connection,
        url: &Url,
        request: &[u8],
    ) -> Result<Head, Failed> {
        let fail = |kind, what: String, untouched| Failed { error: Error::new(kind, url, what), untouched };
        let used = connection.used;
        connection
            .send(request)
            .await
            .map_err(|e| fail(Kind::Send, format!("the request could not be sent: {e}"), used))?;

        let mut reader = HeadReader::new(self.limits);
        let mut interim = 0;
        loop {
            if !connection.unread().is_empty()
                && let Some((head, len)) =
                    reader.read(connection.unread()).map_err(|e| fail(Kind::Head, e.to_string(), false))?
            {
                connection.consume(len);
                match head.status.as_u16() {
                    101 => {
                        let what = "the server switched protocols (101), which nobody asked for";
                        return Err(fail(Kind::Head, what.to_owned(), false));
                    }
                    // Interim: the reply itself follows (RFC 9110 15.2).
                    100..=199 => interim += 1,
                    _ => return Ok(head),
                }
                continue;
            }
            let got = connection.unread().len();
            let what = match connection.fill().await {
                Ok(0) if got > 0 => {
                    format!("the connection ended within the reply's head, after {got} bytes")
                }
                Ok(0) => "the server closed the connection without a reply".to_owned(),
                Ok(_) => continue,
                Err(e) => format!("the connection failed before the reply's head was there: {e}"),
            };
            return Err(fail(Kind::Head, what, used && got == 0 && interim == 0));
        }
    }
}

/// A request that failed, and whether the connection was an old one on which nothing came: then it was stale.
struct Failed {
    error: Error,
    untouched: bool,
}

/// Doing it twice is the same as doing it once (RFC 9110 9.2.2).
fn is_idempotent(method: &str) -> bool {
    matches!(method, "GET" | "HEAD" | "PUT" | "DELETE" | "OPTIONS" | "TRACE")
}
