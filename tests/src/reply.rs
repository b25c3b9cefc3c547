//! HTTP replies as bytes, for scripted servers.
//!
//! Only the common ones: a test of framing spells out its bytes itself, as they are what it is about.

/// A reply with this status line (`"200 OK"`), a `Content-Length` and this body; the connection stays open.
///
/// ```
/// let bytes = tests::reply::with_status("404 Not Found", b"no\n");
/// assert_eq!(bytes, b"HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nno\n");
/// ```
pub fn with_status(status: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// `200 OK` with this body; the connection stays open.
pub fn ok(body: &[u8]) -> Vec<u8> {
    with_status("200 OK", body)
}

/// A redirect with this status line to this `Location`, with a short body.
pub fn redirect(status: &str, location: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\nLocation: {location}\r\nContent-Length: 6\r\n\r\nmoved\n").into_bytes()
}

/// `200 OK` with the body in chunks of these sizes, again and again until it is sent.
pub fn chunked(body: &[u8], sizes: &[usize]) -> Vec<u8> {
    let mut bytes = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    let mut rest = body;
    for size in sizes.iter().cycle() {
        let (chunk, after) = rest.split_at((*size).clamp(1, rest.len().max(1)).min(rest.len()));
        if chunk.is_empty() {
            break;
        }
        bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        bytes.extend_from_slice(chunk);
        bytes.extend_from_slice(b"\r\n");
        rest = after;
    }
    bytes.extend_from_slice(b"0\r\n\r\n");
    bytes
}

/// `200 OK` without any framing: the body ends where the connection does.
pub fn until_close(body: &[u8]) -> Vec<u8> {
    let mut bytes = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_vec();
    bytes.extend_from_slice(body);
    bytes
}

/// The start of a `200 OK` that promises `promised` bytes of body but holds only these.
pub fn cut_short(promised: usize, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 200 OK\r\nContent-Length: {promised}\r\n\r\n").into_bytes();
    bytes.extend_from_slice(body);
    bytes
}
