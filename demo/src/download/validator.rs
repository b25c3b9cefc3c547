//! What tells one version of a file from the next: a *strong validator* (RFC 9110 8.8.1).
//!
//! To go on with a part of a file, one has to know that the server still has the very same bytes. A strong entity tag
//! says so. A weak one (`W/"…"`) says only that the file means the same, which is no help to who has half of it. A
//! date of last change is weak by itself, as a file can change twice in its second: it counts where the reply is so
//! much younger that the second is over for every clock concerned (8.8.2.2).

use std::time::Duration;

use http_client::headers::Headers;

/// How much older than the reply a date of last change must be. RFC 9110 asks for one second where both come from one
/// clock, which nobody here can know; this is the minute of RFC 7232.
const SETTLED: Duration = Duration::from_secs(60);

/// A strong validator, as it is sent back in `If-Range`: an entity tag, or a date.
///
/// ```
/// use demo::download::validator::Validator;
/// use http_client::headers::Headers;
///
/// let mut headers = Headers::new();
/// headers.append("ETag", "\"v1\"").unwrap();
/// assert_eq!(Validator::of(&headers).unwrap().as_str(), "\"v1\"");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Validator(String);

impl Validator {
    /// The strong validator of the file that a reply brings, if it has one.
    pub fn of(headers: &Headers) -> Option<Validator> {
        let mut tags = headers.get_all("ETag");
        if let Some(tag) = tags.next() {
            // If-Range may hold a date only for what has no entity tag at all (13.1.5): so a weak one rules out both.
            return (tags.next().is_none() && is_strong(tag)).then(|| Validator(text(tag)));
        }
        let changed = headers.get("Last-Modified")?;
        let since = date(headers, "Date")?.duration_since(httpdate::parse_http_date(changed).ok()?);
        // As it came, to the letter: servers compare the text.
        (since.ok()? >= SETTLED).then(|| Validator(changed.to_owned()))
    }

    /// Whether it is one at all: it may come from a file, and what no header can hold would fail each time.
    pub(super) fn is_sound(&self) -> bool {
        is_strong(self.0.as_bytes()) || httpdate::parse_http_date(&self.0).is_ok()
    }

    /// As it stands in `If-Range`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a 206 is of this version, as far as it tells. A server may know nothing of `If-Range`, and send a part of
    /// whatever it has now.
    ///
    /// An entity tag has to be there and be the same: a 206 must have it (RFC 9110 15.3.7). A date may be left out, but
    /// then must not be another.
    pub fn is_confirmed_by(&self, headers: &Headers) -> bool {
        let is_tag = self.0.starts_with('"');
        let mut fields = headers.get_all(if is_tag { "ETag" } else { "Last-Modified" }).peekable();
        (fields.peek().is_some() || !is_tag) && fields.all(|field| field == self.0.as_bytes())
    }
}

/// `"…"` of printable ASCII. (The grammar allows bytes beyond it too. They are left out: nobody agrees on what they mean.)
fn is_strong(tag: &[u8]) -> bool {
    matches!(tag, [b'"', inside @ .., b'"'] if inside.iter().all(|b| b.is_ascii_graphic() && *b != b'"'))
}

fn text(ascii: &[u8]) -> String {
    String::from_utf8_lossy(ascii).into_owned()
}

/// The date in a field, if there is one that can be read.
pub(super) fn date(headers: &Headers, field: &str) -> Option<std::time::SystemTime> {
    httpdate::parse_http_date(headers.get(field)?).ok()
}
