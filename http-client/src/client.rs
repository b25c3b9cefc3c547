//! The session: requests go out through it, connections and settings are shared.

use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use crate::auth;
use crate::error::{Error, Kind, Result};
use crate::headers::Headers;
use crate::redirect::{self, Request};
use crate::refused::{Refused, refuse};
use crate::response::Response;
use crate::session::Session;
use crate::timeouts::{Timeouts, Timer};
use crate::url::{self, Url};

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
#[derive(Clone, Debug, Default)]
pub struct Client {
    pub(crate) session: Rc<Session>,
}

impl Client {
    /// A session with the usual settings.
    pub fn new() -> Client {
        Client::default()
    }

    /// A GET request. What is wrong with the URL is told by [`send`](RequestBuilder::send).
    pub fn get(&self, url: impl IntoUrl) -> RequestBuilder {
        self.request("GET", url)
    }

    /// A HEAD request: the head that a GET would give, without its body.
    pub fn head(&self, url: impl IntoUrl) -> RequestBuilder {
        self.request("HEAD", url)
    }

    /// A POST request: something for the resource to deal with. Never made twice.
    pub fn post(&self, url: impl IntoUrl) -> RequestBuilder {
        self.request("POST", url)
    }

    /// A PUT request: the resource is to be this [`body`](RequestBuilder::body).
    pub fn put(&self, url: impl IntoUrl) -> RequestBuilder {
        self.request("PUT", url)
    }

    /// A DELETE request: the resource is to be no more.
    pub fn delete(&self, url: impl IntoUrl) -> RequestBuilder {
        self.request("DELETE", url)
    }

    /// A request of any method but CONNECT. Methods are case-sensitive.
    pub fn request(&self, method: &str, url: impl IntoUrl) -> RequestBuilder {
        let (method, headers, body) = (method.to_owned(), Headers::new(), Vec::new());
        let request = url.into_url().map(|url| Request { method, url, headers, body });
        RequestBuilder { session: self.session.clone(), timeouts: self.session.timeouts, request }
    }
}

/// What a request can be made for: a [`Url`], or a text that is one.
///
/// ```
/// use http_client::{Client, IntoUrl, url::Url};
///
/// let url = Url::parse("http://example.org/a/")?;
/// let request = Client::new().get(url.join("../b")?); // not parsed again
/// assert_eq!("http://example.org".into_url()?.as_str(), "http://example.org/");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait IntoUrl {
    /// The URL.
    ///
    /// # Errors
    /// Of [`Kind::Url`] where a text is none: see [`Url::parse`].
    fn into_url(self) -> Result<Url>;
}

impl<T: AsRef<str> + ?Sized> IntoUrl for &T {
    fn into_url(self) -> Result<Url> {
        let text = self.as_ref();
        Url::parse(text).map_err(|e| Error::new(Kind::Url, format!("\"{}\": {e}", url::shown(text))))
    }
}

impl IntoUrl for String {
    fn into_url(self) -> Result<Url> {
        (&self).into_url()
    }
}

impl IntoUrl for Url {
    fn into_url(self) -> Result<Url> {
        Ok(self)
    }
}

impl IntoUrl for &Url {
    fn into_url(self) -> Result<Url> {
        Ok(self.clone())
    }
}

/// A request about to be sent.
#[must_use = "a request is made by `send`"]
pub struct RequestBuilder {
    session: Rc<Session>,
    timeouts: Timeouts,
    request: Result<Request>,
}

impl RequestBuilder {
    /// Adds a header field. What is wrong with it is told by [`send`](Self::send); it is never cleaned.
    pub fn header(self, name: &str, value: &str) -> Self {
        self.change(|request| request.headers.append(name, value))
    }

    /// Says who asks (RFC 7617), in place of a user in the URL and of any Authorization so far. The password is not
    /// hidden, only encoded: over http everybody on the way can read it.
    ///
    /// A user with a `:` in the name cannot be sent: [`send`](Self::send) refuses it.
    pub fn basic_auth(self, user: &str, password: Option<&str>) -> Self {
        self.change(|request| {
            let password = password.unwrap_or_default();
            auth::basic(&mut request.headers, user.as_bytes(), password.as_bytes())
        })
    }

    /// Sends these bytes as the request's body.
    pub fn body(self, body: impl Into<Vec<u8>>) -> Self {
        self.change(|request| {
            request.body = body.into();
            Ok(())
        })
    }

    fn change(mut self, change: impl FnOnce(&mut Request) -> Result<(), Refused>) -> Self {
        if let Ok(request) = &mut self.request
            && let Err(e) = change(request)
        {
            self.request = Err(Error::new(Kind::Request, e).at(&request.url));
        }
        self
    }

    /// The time this request may take in all: see [`ClientBuilder::timeout`](crate::ClientBuilder::timeout).
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeouts.total = limit;
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
        // A user and a password in the URL become a header field.
        let this = self.change(|request| match request.url.userinfo() {
            Some((user, password)) if !request.headers.contains("Authorization") => {
                auth::basic(&mut request.headers, &user, &password)
            }
            _ => Ok(()),
        });
        let (session, mut request) = (this.session, this.request?);
        let timer = Timer::start(this.timeouts);
        let mut hops = 0;
        loop {
            let response = session.exchange(&request, timer).await.map_err(|e| e.at(&request.url))?;
            let status = response.status();
            let location = response.headers().get_all("Location").next();
            let location = location.filter(|_| redirect::is_redirect(status)).map(<[u8]>::to_vec);
            let (Some(limit), Some(location)) = (session.redirects, location) else {
                return Ok(response);
            };
            response.discard();
            let followed = match hops == limit {
                true => refuse(format!("redirected more than {limit} times")),
                false => redirect::follow(&mut request, status, &location, session.https_to_http),
            };
            followed.map_err(|e| Error::new(Kind::Redirect, e).at(&request.url))?;
            hops += 1;
        }
    }
}

impl fmt::Debug for RequestBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestBuilder").finish_non_exhaustive()
    }
}
