//! The status code of a reply (RFC 9110 15): one number from 100 to 999, which class it is of, and its usual phrase.

use std::fmt;

/// A status code, always between 100 and 999.
///
/// ```
/// use http_client::status::Status;
///
/// let status = Status::new(404).unwrap();
/// assert!(status.is_client_error());
/// assert_eq!(status.to_string(), "404 Not Found");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Status(u16);

impl Status {
    /// The status with this code, or `None` outside of 100 to 999.
    pub fn new(code: u16) -> Option<Status> {
        (100..=999).contains(&code).then_some(Status(code))
    }

    /// The code as a number.
    pub fn as_u16(self) -> u16 {
        self.0
    }

    /// 1xx: an interim reply; the final one follows.
    pub fn is_informational(self) -> bool {
        self.0 / 100 == 1
    }

    /// 2xx: the request was understood and done.
    pub fn is_success(self) -> bool {
        self.0 / 100 == 2
    }

    /// 3xx: the client has to do more, most often to ask elsewhere.
    pub fn is_redirection(self) -> bool {
        self.0 / 100 == 3
    }

    /// 4xx: the request was at fault.
    pub fn is_client_error(self) -> bool {
        self.0 / 100 == 4
    }

    /// 5xx: the server was at fault.
    pub fn is_server_error(self) -> bool {
        self.0 / 100 == 5
    }
}

/// The registered codes and their phrases. What the server wrote in its place is not kept: RFC 9112 4 asks clients to
/// ignore it.
const REGISTERED: &str = "\
    100 Continue, 101 Switching Protocols, 103 Early Hints, \
    200 OK, 201 Created, 202 Accepted, 203 Non-Authoritative Information, 204 No Content, 205 Reset Content, \
    206 Partial Content, \
    300 Multiple Choices, 301 Moved Permanently, 302 Found, 303 See Other, 304 Not Modified, 305 Use Proxy, \
    307 Temporary Redirect, 308 Permanent Redirect, \
    400 Bad Request, 401 Unauthorized, 402 Payment Required, 403 Forbidden, 404 Not Found, \
    405 Method Not Allowed, 406 Not Acceptable, 407 Proxy Authentication Required, 408 Request Timeout, \
    409 Conflict, 410 Gone, 411 Length Required, 412 Precondition Failed, 413 Content Too Large, \
    414 URI Too Long, 415 Unsupported Media Type, 416 Range Not Satisfiable, 417 Expectation Failed, \
    421 Misdirected Request, 422 Unprocessable Content, 425 Too Early, 426 Upgrade Required, \
    428 Precondition Required, 429 Too Many Requests, 431 Request Header Fields Too Large, \
    451 Unavailable For Legal Reasons, \
    500 Internal Server Error, 501 Not Implemented, 502 Bad Gateway, 503 Service Unavailable, \
    504 Gateway Timeout, 505 HTTP Version Not Supported, 507 Insufficient Storage, \
    511 Network Authentication Required";

/// `404 Not Found`, or the number alone where the code has no registered phrase.
impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.0.to_string();
        f.write_str(REGISTERED.split(", ").find(|known| known.starts_with(&code)).unwrap_or(&code))
    }
}
