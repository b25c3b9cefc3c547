//! Header fields: an ordered list of names and values, for replies and for requests.
//!
//! All names and values lie in one run of bytes, and a field is two spans of it: a parsed head costs two
//! allocations, however many fields it has. (A map of strings would cost two a field, and lose the order.)
//!
//! Invariants: every name is an RFC 9110 token; no value holds CR, LF, NUL or another control character but tab,
//! nor begins or ends with a space or tab. For replies `h1::head` sees to it, for requests [`Headers::append`].

use std::fmt;
use std::ops::Range;

use crate::refused::{Refused, refuse};

/// The fields that the client writes itself, or that promise what it cannot do. A caller who could set them could put
/// another message into the stream than the one the client believes to send (RFC 9112 11.1, 11.2).
const RESERVED: &str = "host content-length transfer-encoding connection keep-alive proxy-connection te \
                        trailer upgrade expect";

/// Fields whose value is a secret: `Debug` does not show it.
const SECRET: &str = "authorization proxy-authorization cookie set-cookie";

fn is_one_of(list: &str, name: &str) -> bool {
    list.split(' ').any(|known| known.eq_ignore_ascii_case(name))
}

/// An ordered list of header fields. Names compare without regard to case.
///
/// ```
/// use http_client::headers::Headers;
///
/// let mut headers = Headers::new();
/// headers.append("Accept", "text/plain").unwrap();
/// assert_eq!(headers.get("accept"), Some("text/plain"));
/// assert!(headers.append("X-Evil", "a\r\nHost: b").is_err());
/// assert!(headers.append("Host", "b").is_err());
/// ```
#[derive(Clone, Default)]
pub struct Headers {
    /// Names and values; for a reply the whole head as it came.
    raw: Vec<u8>,
    fields: Vec<Field>,
}

/// Where the name and the value of a field lie in [`Headers::raw`].
type Field = (Range<usize>, Range<usize>);

impl Headers {
    /// An empty list.
    pub fn new() -> Headers {
        Headers::default()
    }

    /// The fields of a head that was checked. Both spans of every field must lie within `raw`.
    pub(crate) fn from_head(raw: Vec<u8>, fields: Vec<Field>) -> Headers {
        Headers { raw, fields }
    }

    /// The head that these fields are of.
    pub(crate) fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// Adds a field to be sent. Non-ASCII text in the value is sent as its UTF-8 bytes.
    ///
    /// # Errors
    /// When the name is not a token, the value holds a control character (CR and LF above all) or begins or ends
    /// with a blank, or the field is one that only the client may set. Nothing is cleaned: what would have to be
    /// changed is refused.
    pub fn append(&mut self, name: &str, value: &str) -> Result<(), Refused> {
        if !is_token(name.as_bytes()) {
            let name: String = name.chars().take(40).collect();
            return refuse(format!("header name {name:?} is not allowed: use letters, digits and '-'"));
        }
        if is_one_of(RESERVED, name) {
            return refuse(format!("header {name} is the client's own to set: leave it out"));
        }
        if let Some(at) = value.bytes().position(|byte| !is_value_byte(byte)) {
            let what = format!("control character at byte {at} of the value");
            return refuse(format!("header {name:.40}: {what}: remove it"));
        }
        if value.starts_with([' ', '\t']) || value.ends_with([' ', '\t']) {
            let what = "the value begins or ends with a space or tab";
            return refuse(format!("header {name:.40}: {what}: remove it"));
        }
        let start = self.raw.len();
        self.raw.extend_from_slice(name.as_bytes());
        self.raw.extend_from_slice(value.as_bytes());
        let middle = start + name.len();
        self.fields.push((start..middle, middle..self.raw.len()));
        Ok(())
    }

    /// Removes every field of this name.
    pub fn remove(&mut self, name: &str) {
        let raw = &self.raw;
        self.fields.retain(|(known, _)| !raw[known.clone()].eq_ignore_ascii_case(name.as_bytes()));
    }

    /// The value of the first field of this name, or `None` if there is none or it is not UTF-8
    /// ([`get_all`](Headers::get_all) gives any value, as bytes).
    pub fn get(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(self.get_all(name).next()?).ok()
    }

    /// The values of all fields of this name, in order, as the bytes that came.
    pub fn get_all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        let is_it = move |known: &Range<usize>| self.raw[known.clone()].eq_ignore_ascii_case(name.as_bytes());
        let fields = self.fields.iter().filter(move |(known, _)| is_it(known));
        fields.map(|(_, value)| &self.raw[value.clone()])
    }

    /// Whether there is a field of this name.
    pub fn contains(&self, name: &str) -> bool {
        self.get_all(name).next().is_some()
    }

    /// All fields in order: name as spelled by the sender, value.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.fields.iter().map(|(name, value)| {
            // A name is a token, so always ASCII: the empty name is never seen.
            let name = std::str::from_utf8(&self.raw[name.clone()]).unwrap_or_default();
            (name, &self.raw[value.clone()])
        })
    }

    /// The elements of a comma-separated list, over all fields of this name (RFC 9110 5.6.1), blanks trimmed.
    /// Only for fields whose elements hold no quoted commas.
    pub(crate) fn list<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.get_all(name).flat_map(|value| value.split(|&b| b == b',')).map(<[u8]>::trim_ascii)
    }

    /// The number of fields.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether there is no field.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }
}

/// Names and values, but for the values that are secrets: cookies and credentials do not belong in logs.
impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(self.iter().map(|(name, value)| {
                (name, if is_one_of(SECRET, name) { "***".into() } else { String::from_utf8_lossy(value) })
            }))
            .finish()
    }
}

/// Whether these bytes are a token: a field name, a method (RFC 9110 5.6.2).
pub(crate) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|&b| is_token_byte(b))
}

/// Whether a token may hold this byte.
pub(crate) fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Whether a field value may hold this byte: visible ASCII, space, tab and everything beyond ASCII (RFC 9110 5.5).
pub(crate) fn is_value_byte(byte: u8) -> bool {
    byte == b'\t' || (byte >= b' ' && byte != 0x7f)
}
