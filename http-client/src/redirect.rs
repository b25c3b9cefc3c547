//! Where a redirect leads, and what of the request goes along (RFC 9110 15.4).

use crate::headers::Headers;
use crate::refused::{Refused, refuse};
use crate::status::Status;
use crate::url::{self, Scheme, Url};

/// The fields that are for one server and must not reach another.
const SECRETS: [&str; 3] = ["Authorization", "Cookie", "Proxy-Authorization"];

/// The part of a request that a redirect may change.
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) url: Url,
    pub(crate) headers: Headers,
    pub(crate) body: Vec<u8>,
}

/// Whether a reply with this status and a Location asks for another request.
pub(crate) fn is_redirect(status: Status) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// Turns `request` into the one that `location` asks for. From https to http only if `downgrades`.
///
/// # Errors
/// With the reason, in words, if it must not be followed.
pub(crate) fn follow(
    request: &mut Request,
    status: Status,
    location: &[u8],
    downgrades: bool,
) -> Result<(), Refused> {
    // A Location may hold a password as any URL may.
    let shown = || url::shown(&location.escape_ascii().to_string()).chars().take(200).collect::<String>();
    let why_not = |why: &str| format!("redirected ({status}) to \"{}\": {why}", shown());
    let Ok(text) = std::str::from_utf8(location) else { return refuse(why_not("this is not UTF-8")) };
    let next = request.url.join(text).or_else(|e| refuse(why_not(&e.to_string())))?;
    if !downgrades && request.url.scheme() == Scheme::Https && next.scheme() == Scheme::Http {
        return refuse(why_not("from https to http, which would be in the clear"));
    }
    if next.origin() != request.url.origin() {
        // Once gone, they stay gone, also if a later redirect leads back.
        for secret in SECRETS {
            request.headers.remove(secret);
        }
    }
    // A 303 is answered with a GET. A POST becomes a GET with 301 and 302 as well, as it always has in practice.
    let becomes_get = match status.as_u16() {
        303 => request.method != "HEAD",
        301 | 302 => request.method == "POST",
        _ => false,
    };
    if becomes_get {
        "GET".clone_into(&mut request.method);
        request.body.clear();
        for field in ["Content-Type", "Content-Encoding", "Content-Language", "Content-Location"] {
            request.headers.remove(field);
        }
    }
    // Credentials in a Location are the server's idea, not the user's. If the reference was relative they are the
    // user's own, and they were turned into an Authorization field before.
    request.url = next.without_userinfo();
    Ok(())
}
