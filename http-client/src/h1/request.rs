//! Writing the head of a request (RFC 9112 3).
//!
//! The method is checked here; a [`Url`] and [`Headers`] hold nothing that could end a line, by their own
//! invariants. So what goes out is one request head, never two.

use crate::headers::{Headers, is_token};
use crate::refused::{Refused, refuse};
use crate::url::Url;

/// Sent as User-Agent unless the caller names another.
pub const USER_AGENT: &str = concat!("roundabout/", env!("CARGO_PKG_VERSION"));

/// Appends a request head to `out`: the request line, Host, the caller's fields, and what the caller left out of
/// User-Agent and Accept-Encoding (`identity`: this client decompresses nothing). Content-Length is written where
/// there is a body of `body_len` bytes, and as 0 for a method that would have one (RFC 9110 8.6).
///
/// # Errors
/// When the method is not one this client can send; `out` is then as before.
///
/// ```
/// use http_client::{h1::request, headers::Headers, url::Url};
///
/// let mut head = Vec::new();
/// let url = Url::parse("http://example.org/").unwrap();
/// request::write_head(&mut head, "PUT", &url, &Headers::new(), 3).unwrap();
/// assert!(head.ends_with(b"Content-Length: 3\r\n\r\n"));
/// ```
pub fn write_head(
    out: &mut Vec<u8>,
    method: &str,
    url: &Url,
    headers: &Headers,
    body_len: u64,
) -> Result<(), Refused> {
    check_method(method)?;
    for part in [method, " ", url.target(), " HTTP/1.1\r\n"] {
        out.extend_from_slice(part.as_bytes());
    }
    let mut field = |name: &str, value: &[u8]| {
        for part in [name.as_bytes(), b": ", value, b"\r\n"] {
            out.extend_from_slice(part);
        }
    };
    field("Host", url.authority().as_bytes());
    for (name, value) in headers.iter() {
        field(name, value);
    }
    for (name, value) in [("User-Agent", USER_AGENT), ("Accept-Encoding", "identity")] {
        if !headers.contains(name) {
            field(name, value.as_bytes());
        }
    }
    if body_len > 0 || matches!(method, "POST" | "PUT" | "PATCH") {
        field("Content-Length", body_len.to_string().as_bytes());
    }
    out.extend_from_slice(b"\r\n");
    Ok(())
}

/// Whether this client can send a request of this method: any token (RFC 9110 9.1) but CONNECT, whose reply is not
/// a reply but a tunnel. Methods are case-sensitive and sent as given.
///
/// # Errors
/// When it cannot.
pub fn check_method(method: &str) -> Result<(), Refused> {
    if is_token(method.as_bytes()) && !method.eq_ignore_ascii_case("CONNECT") {
        return Ok(());
    }
    let method: String = method.chars().take(40).collect();
    refuse(format!("method {method:?} is not allowed: use one word such as GET or POST (but not CONNECT)"))
}
