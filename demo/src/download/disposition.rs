//! The name that a server proposes for a file: the field `Content-Disposition` (RFC 6266), taken with
//! `--content-disposition` only.
//!
//! `filename*` (RFC 8187, in UTF-8) goes before `filename`. What comes out is held to the rules of every name
//! ([`names`](crate::names)): it is taken as it is or refused, never cleaned, and a path is refused too.

use http_client::headers::Headers;
use http_client::url::percent_decoded;

/// The proposed name, unchecked; `None` if there is none that can be read.
///
/// ```
/// use demo::download::disposition::file_name;
/// use http_client::headers::Headers;
///
/// let mut headers = Headers::new();
/// headers.append("Content-Disposition", r#"attachment; filename="a b.txt""#).unwrap();
/// assert_eq!(file_name(&headers).as_deref(), Some("a b.txt"));
/// ```
pub fn file_name(headers: &Headers) -> Option<String> {
    let mut rest = headers.get("Content-Disposition")?.split_once(';')?.1;
    let (mut plain, mut extended) = (None, None);
    while let Some((name, value, after)) = parameter(rest) {
        match name.to_ascii_lowercase().as_str() {
            "filename" => plain = plain.or(Some(value)),
            "filename*" => extended = extended.or_else(|| decoded(&value)),
            _ => {}
        }
        rest = after;
    }
    extended.or(plain)
}

/// `name=value` or `name="value"`, and what is behind the next semicolon.
fn parameter(text: &str) -> Option<(&str, String, &str)> {
    let (name, rest) = text.split_once('=')?;
    let (name, rest) = (name.trim_matches([' ', '\t', ';']), rest.trim_start());
    let Some(quoted) = rest.strip_prefix('"') else {
        let (value, rest) = rest.split_once(';').unwrap_or((rest, ""));
        return Some((name, value.trim_end().to_owned(), rest));
    };
    let (mut value, mut is_escaped) = (String::new(), false);
    for (at, c) in quoted.char_indices() {
        match c {
            _ if is_escaped => value.push(c),
            '\\' => {}
            '"' => return Some((name, value, &quoted[at + 1..])),
            c => value.push(c),
        }
        is_escaped = c == '\\' && !is_escaped;
    }
    None // never closed
}

/// `UTF-8'language'percent-encoded`.
fn decoded(value: &str) -> Option<String> {
    let (charset, rest) = value.split_once('\'')?;
    let (_language, encoded) = rest.split_once('\'')?;
    let name = String::from_utf8(percent_decoded(encoded)).ok()?;
    charset.eq_ignore_ascii_case("UTF-8").then_some(name)
}
