//! The one error of this crate: a kind that a program can match, and one line that a person can read.

use std::fmt;

use crate::status::Status;
use crate::url::Url;

/// What went wrong, by the phase in which it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// The URL is not one that this client takes. Nothing was sent.
    Url,
    /// The method or a header field cannot be sent as it is. Nothing was sent.
    Request,
    /// The host's name has no address.
    Resolve,
    /// No connection could be made.
    Connect,
    /// No secure connection could be made: most often, the certificate did not verify.
    Tls,
    /// The request could not be sent.
    Send,
    /// The head of the reply is missing or is not HTTP/1.
    Head,
    /// The body was cut short, or its framing is broken.
    Body,
    /// A redirect that is not followed: one too many, or to where it must not lead.
    Redirect,
    /// The status of the reply, from [`error_for_status`](crate::Response::error_for_status).
    Status(Status),
    /// A time limit passed: which one.
    Timeout(Phase),
    /// The body is not UTF-8, from [`text`](crate::Response::text).
    Text,
}

/// Which time limit passed, in [`Kind::Timeout`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// [`connect_timeout`](crate::ClientBuilder::connect_timeout): there was no connection.
    Connect,
    /// [`tls_timeout`](crate::ClientBuilder::tls_timeout): the TLS handshake was not over.
    Tls,
    /// [`read_timeout`](crate::ClientBuilder::read_timeout), while sending: the server took nothing of the request.
    Send,
    /// [`head_timeout`](crate::ClientBuilder::head_timeout): the head of the reply was not whole.
    Head,
    /// [`read_timeout`](crate::ClientBuilder::read_timeout): nothing came of the body.
    Read,
    /// [`timeout`](crate::ClientBuilder::timeout): the whole was not done.
    Total,
}

/// Why a request or its reply failed.
///
/// Printed, it is one line: the URL (never with a password in it), what failed, how far it got, and the cause as
/// the layer below told it. As the line has the cause in it, there is no [`source`](std::error::Error::source).
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: Kind,
    url: Option<String>,
    what: String,
    is_lost: bool,
}

/// What most of this crate returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// For a [`Connect`](crate::connect::Connect) to return: `what` became of it. The URL is put in front of it later.
    pub fn new(kind: Kind, what: impl fmt::Display) -> Error {
        Error(Box::new(Inner { kind, url: None, what: unbroken(&what.to_string()), is_lost: false }))
    }

    /// The same error, of a request for this URL.
    pub(crate) fn at(mut self, url: &Url) -> Error {
        self.0.url = Some(url.to_string());
        self
    }

    /// The same error, of a connection that was lost.
    pub(crate) fn lost(mut self) -> Error {
        self.0.is_lost = true;
        self
    }

    /// What went wrong, for a program.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// Whether a connection was there and was lost: closed or reset before the reply was whole. Another attempt may fare
    /// better, while a server that says what is not HTTP is likely to say it again. A time limit that passed does not
    /// count, nor does a connection that never was ([`Kind::Connect`]).
    pub fn is_lost(&self) -> bool {
        self.0.is_lost
    }

    /// The URL that was asked for when it went wrong: after a redirect, not the first one. `None` if what was given
    /// is not a URL.
    pub fn url(&self) -> Option<&str> {
        self.0.url.as_deref()
    }
}

/// Some of the layers below put line breaks into their texts.
fn unbroken(text: &str) -> String {
    text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.url {
            Some(url) => write!(f, "{url}: {}", self.0.what),
            None => f.write_str(&self.0.what),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({:?}: {self})", self.0.kind)
    }
}

impl std::error::Error for Error {}
