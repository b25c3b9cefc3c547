//! Which bytes of a file a reply brings: the field `Content-Range` (RFC 9110 14.4).

use std::fmt::{self, Display, Formatter};

use http_client::headers::Headers;

/// `bytes FIRST-LAST/TOTAL`: what a 206 holds. [`Display`] writes it so.
///
/// ```
/// use demo::download::range::ContentRange;
///
/// let range = ContentRange::parse(b"bytes 5-9/20").unwrap();
/// assert_eq!((range.first, range.last, range.total), (5, 9, Some(20)));
/// assert_eq!(ContentRange::parse(b"bytes 9-5/20"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentRange {
    /// The first byte, counted from 0.
    pub first: u64,
    /// The last byte. Never before the first.
    pub last: u64,
    /// How many the whole file has; always more than `last`. `None` if the server does not know (`*`).
    pub total: Option<u64>,
}

impl ContentRange {
    /// Reads the field's value; `None` if it is not the range of bytes that a 206 needs.
    pub fn parse(value: &[u8]) -> Option<ContentRange> {
        let (unit, rest) = std::str::from_utf8(value).ok()?.split_once(' ')?;
        let (range, total) = rest.split_once('/')?;
        let (first, last) = range.split_once('-')?;
        let (first, last) = (number(first)?, number(last)?);
        let total = if total == "*" { None } else { Some(number(total)?) };
        let fits = first <= last && last < total.unwrap_or(u64::MAX);
        (unit.eq_ignore_ascii_case("bytes") && fits).then_some(ContentRange { first, last, total })
    }

    /// The range that a 206 brings, if it is what was asked for: the rest of the file, from byte `from` on, of which
    /// `total` (if known) is the length. `None` if nobody says where the file ends: then this may be less than the rest.
    ///
    /// # Errors
    /// With the reason, in words. Such a reply must not be put behind what is there.
    pub fn of_rest(headers: &Headers, from: u64, total: Option<u64>) -> Result<Option<ContentRange>, String> {
        let mut fields = headers.get_all("Content-Range");
        let (field, second) = (fields.next(), fields.next());
        let Some(field) = field.filter(|_| second.is_none()) else {
            return Err("206 Partial Content without one Content-Range".to_owned());
        };
        let shown = || format!("206 Partial Content of \"{}\"", field.escape_ascii());
        let range = ContentRange::parse(field).ok_or_else(shown)?;
        let end = total.or(range.total);
        let is_same = range.total.is_none() || range.total == end;
        if range.first == from && is_same && end.is_none_or(|end| range.last + 1 == end) {
            return Ok(end.map(|_| range));
        }
        let of = total.map_or(String::new(), |total| format!(" of {total}"));
        Err(format!("{} where the bytes from {from} on{of} were asked for", shown()))
    }

    /// How many bytes it is.
    pub fn len(self) -> u64 {
        // `last` is below `u64::MAX`, as `parse` sees to it.
        self.last - self.first + 1
    }

    /// Never: a range has at least a byte.
    pub fn is_empty(self) -> bool {
        false
    }
}

impl Display for ContentRange {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let total = self.total.map_or("*".to_owned(), |total| total.to_string());
        write!(f, "bytes {}-{}/{total}", self.first, self.last)
    }
}

/// Digits and nothing else, as `parse` alone would take a `+`.
fn number(digits: &str) -> Option<u64> {
    if digits.bytes().all(|b| b.is_ascii_digit()) { digits.parse().ok() } else { None }
}
