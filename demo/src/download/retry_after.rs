//! When a server asks to be left alone: the field `Retry-After` (RFC 9110 10.2.3).

use std::time::{Duration, SystemTime};

use http_client::headers::Headers;

use super::validator::date;

/// For how long the server asks to wait, if it does; zero if that time is over. `now` is the reader's clock.
///
/// The field holds seconds or a date. A date is compared with the reply's own `Date`, where there is one: then the
/// reader's clock may be wrong. What is neither counts as nothing.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use http_client::headers::Headers;
///
/// let mut headers = Headers::new();
/// headers.append("Retry-After", "120").unwrap();
/// let wait = demo::download::retry_after::of(&headers, SystemTime::now());
/// assert_eq!(wait, Some(Duration::from_secs(120)));
/// ```
pub fn of(headers: &Headers, now: SystemTime) -> Option<Duration> {
    let value = headers.get("Retry-After")?;
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        // More seconds than fit are more than anybody waits.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let until = httpdate::parse_http_date(value).ok()?;
    let now = date(headers, "Date").unwrap_or(now);
    Some(until.duration_since(now).unwrap_or_default())
}
