//! URLs, http and https, as RFC 3986 writes them.
//!
//! A URL is read three times on its way: by whoever checks it, by whoever connects, and by the server that gets
//! the Host field. If two of them disagree on where the host ends, one can be fooled. So a [`Url`] is parsed
//! once, connection and Host field both use that value, and the parser only takes what RFC 3986 and the WHATWG
//! parser (that of browsers and Node) read the same way. What it does not take it refuses by name; it never
//! repairs.
//!
//! Three things beyond RFC 3986 are taken, each as the WHATWG parser does it: non-ASCII text outside of the host
//! is percent-encoded as UTF-8, since people paste such URLs; `%2e` counts as a dot in a dot segment; and `'` in
//! a query is sent as `%27`. All other percent-encodings are sent as they are given. One thing is left to DNS:
//! whether an `xn--` label is a valid one.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use crate::refused::{Refused, refuse};

/// How to speak to the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// In the clear, port 80.
    Http,
    /// Over TLS, port 443.
    Https,
}

impl Scheme {
    /// The port where a URL names none.
    pub fn default_port(self) -> u16 {
        if self == Scheme::Http { 80 } else { 443 }
    }

    fn prefix(self) -> &'static str {
        if self == Scheme::Http { "http://" } else { "https://" }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Scheme::Http { "http" } else { "https" })
    }
}

/// A parsed http or https URL. The fragment is checked and dropped: it is never sent.
///
/// ```
/// use http_client::url::Url;
///
/// let url = Url::parse("HTTP://Example.org:8080/a/../b?x=1#top").unwrap();
/// assert_eq!((url.host(), url.port(), url.target()), ("example.org", 8080, "/b?x=1"));
/// assert_eq!(url.join("c").unwrap().to_string(), "http://example.org:8080/c");
///
/// let error = Url::parse("ftp://example.org/").unwrap_err();
/// assert_eq!(error.to_string(), "scheme \"ftp\" is not supported: begin with http:// or https://");
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Url {
    scheme: Scheme,
    /// What stands before the `@`, still percent-encoded.
    userinfo: Option<String>,
    /// All but the userinfo, as it is printed: origin, path and query. Visible ASCII only.
    text: String,
    /// Where the host is: in lower case, an IPv6 address without its brackets.
    host: Range<usize>,
    ip: Option<IpAddr>,
    port: u16,
    /// Where the path begins, with its `/`; before it is the origin.
    path: usize,
    /// Where the path ends.
    path_end: usize,
}

impl Url {
    /// Parses an absolute URL.
    ///
    /// # Errors
    /// When this is not an http or https URL, or one that other parsers might read in another way.
    pub fn parse(input: &str) -> Result<Url, Refused> {
        resolve(None, input)
    }

    /// What `reference` means on the page of this URL (RFC 3986 5.2): another URL, a path, a query, nothing.
    /// The userinfo is kept where the reference names no host.
    ///
    /// # Errors
    /// As [`parse`](Url::parse). `http:x` is refused as well: RFC 3986 and browsers differ on it.
    pub fn join(&self, reference: &str) -> Result<Url, Refused> {
        resolve(Some(self), reference)
    }

    /// That of this origin, as yet without a path.
    fn of(scheme: Scheme, userinfo: Option<String>, host: &str, ip: Option<IpAddr>, port: u16) -> Url {
        let (open, close) = if matches!(ip, Some(IpAddr::V6(_))) { ("[", "]") } else { ("", "") };
        let mut text = [scheme.prefix(), open].concat();
        let start = text.len();
        text += host;
        let host = start..text.len();
        text += close;
        if port != scheme.default_port() {
            text += ":";
            text += &port.to_string();
        }
        let path = text.len();
        Url { scheme, userinfo, text, host, ip, port, path, path_end: path }
    }

    /// All of it but user and password, as it is printed.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// http or https.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host in lower case: a name (perhaps with a dot at its end), or an address: that of IPv6
    /// without brackets.
    pub fn host(&self) -> &str {
        &self.text[self.host.clone()]
    }

    /// The host's address, if the URL gives one in place of a name.
    pub fn ip(&self) -> Option<IpAddr> {
        self.ip
    }

    /// The port given, or the scheme's default. Never 0.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The path as sent: at least `/`, dot segments removed.
    pub fn path(&self) -> &str {
        &self.text[self.path..self.path_end]
    }

    /// The query as sent, without its `?`; `None` if there is no `?`.
    pub fn query(&self) -> Option<&str> {
        self.text.get(self.path_end + 1..)
    }

    /// Path and query: the request target in origin form (RFC 9112 3.2.1).
    pub fn target(&self) -> &str {
        &self.text[self.path..]
    }

    /// The value of the Host field: host, IPv6 in brackets, and the port unless it is the scheme's default.
    pub fn authority(&self) -> &str {
        &self.text[self.scheme.prefix().len()..self.path]
    }

    /// User and password, percent-decoded, for Basic authentication (RFC 7617, which has no way to send a user
    /// with a `:` in it). `None` if the URL has neither.
    pub fn userinfo(&self) -> Option<(Vec<u8>, Vec<u8>)> {
        let text = self.userinfo.as_deref()?;
        let (user, password) = text.split_once(':').unwrap_or((text, ""));
        Some((percent_decoded(user), percent_decoded(password)))
    }

    /// The same URL without user and password.
    pub fn without_userinfo(&self) -> Url {
        Url { userinfo: None, ..self.clone() }
    }

    /// Scheme, host and port, such as `http://example.org:8080`: what must be the same for two URLs to share connections
    /// and credentials (RFC 6454).
    pub fn origin(&self) -> &str {
        &self.text[..self.path]
    }
}

/// The URL without user and password: either may be the secret, and URLs are printed everywhere.
impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// As `Display`, without user and password.
impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Url({self})")
    }
}

/// A text that may or may not be a URL, as it may be printed: without what may be a user and a password.
///
/// ```
/// assert_eq!(http_client::url::shown("http://user:pass@host:x/"), "http://…@host:x/");
/// assert_eq!(http_client::url::shown("user:pa//ss@host/"), "…@host/");
/// ```
pub fn shown(input: &str) -> String {
    // As it need not be a URL, nobody knows where its host begins (a password may hold `//` too): rather too much is
    // left out than too little.
    let starts = |scheme: &str| input.get(..scheme.len()).is_some_and(|it| it.eq_ignore_ascii_case(scheme));
    let start = ["http://", "https://"].into_iter().find(|it| starts(it)).map_or(0, str::len);
    match input[start..].rfind('@') {
        Some(at) => format!("{}…{}", &input[..start], &input[start + at..]),
        None => input.to_owned(),
    }
}

/// The one parser behind [`Url::parse`] and [`Url::join`]: cut the text up, check every character, then each part.
fn resolve(base: Option<&Url>, input: &str) -> Result<Url, Refused> {
    // scheme ":" "//" authority path "?" query "#" fragment, as positions in `input` (RFC 3986 appendix B). The
    // authority ends at the first of / ? #, and a backslash is not one of them: browsers take it for a slash,
    // so that `http://a\@b/` is host a to them and host b to others. It is refused below.
    let hash = input.find('#').unwrap_or(input.len());
    let ask = input[..hash].find('?').unwrap_or(hash);
    let colon = input[..ask].find([':', '/']).filter(|&at| input[at..].starts_with(':'));
    let start = colon.map_or(0, |at| at + 1);
    // Where the userinfo begins, and where host and port are.
    let authority = input[start..ask].starts_with("//").then(|| {
        let start = start + 2;
        let end = input[start..ask].find('/').map_or(ask, |len| start + len);
        let host = input[start..end].rfind('@').map_or(start, |len| start + len + 1);
        (start, host..end)
    });
    let (path_start, host) = authority.clone().map_or((start, 0..0), |(_, host)| (host.end, host));
    check_characters(input, hash, host)?;

    let scheme = colon.map(|at| parse_scheme(&input[..at])).transpose()?;
    let mut path = encode(&input[path_start..ask], false);
    let mut query = (ask < hash).then(|| encode(&input[ask + 1..hash], true));
    let mut url = match (authority, scheme.or(base.map(|base| base.scheme)), base) {
        (Some((start, host)), Some(scheme), _) => {
            let userinfo = parse_userinfo(&input[start..host.start])?;
            let (host, ip, port) = parse_host(&input[host])?;
            let port = parse_port(port, scheme.default_port())?;
            Url::of(scheme, userinfo, &host, ip, port)
        }
        (None, _, Some(base)) if scheme.is_none() => {
            if path.is_empty() {
                path.push_str(base.path());
                query = query.or(base.query().map(str::to_owned));
            } else if !path.starts_with('/') {
                // It replaces what follows the last slash of the base's path.
                let folder = base.path().rfind('/').map_or(0, |at| at + 1);
                path.insert_str(0, &base.path()[..folder]);
            }
            base.clone()
        }
        _ => return refuse(NO_SCHEME),
    };
    url.text.truncate(url.path);
    url.text.push_str(&remove_dots(path));
    url.path_end = url.text.len();
    if let Some(query) = query {
        url.text.push('?');
        url.text.push_str(&query);
    }
    Ok(url)
}

/// Every character must be one that RFC 3986 allows where it stands, or non-ASCII outside of the host. No control
/// character, blank, quote or backslash gets past this point, so none can reach a request head.
fn check_characters(input: &str, hash: usize, host: Range<usize>) -> Result<(), Refused> {
    // These are allowed wherever they stand, and most URLs have no others.
    if input.bytes().all(
        |byte| matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'/' | b':'),
    ) {
        return Ok(());
    }
    for (at, c) in input.char_indices() {
        let allowed = match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' => true,
            _ if host.contains(&at) => "-._:[]".contains(c),
            '#' => at == hash,
            '%' => {
                let digits = input.as_bytes().get(at + 1..at + 3);
                if !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
                    return refuse(format!("'%' at byte {at} of the URL lacks two hex digits: write %25"));
                }
                true
            }
            _ if c.is_ascii() => "-._~!$&'()*+,;=:@/?".contains(c),
            _ => !c.is_control(),
        };
        if !allowed {
            let todo = match c {
                _ if c.is_control() => "remove it".to_owned(),
                _ if !host.contains(&at) => format!("write %{:02X}", u32::from(c)),
                _ if c.is_ascii() => "a host has letters, digits, '-', '.' and '_'".to_owned(),
                _ => "write the host in its xn-- form".to_owned(),
            };
            return refuse(format!("{c:?} at byte {at} of the URL is not allowed: {todo}"));
        }
    }
    Ok(())
}

fn parse_scheme(text: &str) -> Result<Scheme, Refused> {
    let is_scheme = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    match text.to_ascii_lowercase().as_str() {
        "http" => Ok(Scheme::Http),
        "https" => Ok(Scheme::Https),
        _ if !is_scheme || text.is_empty() => refuse(NO_SCHEME),
        _ => refuse(format!("scheme \"{text:.40}\" is not supported: begin with http:// or https://")),
    }
}

/// `user:password@` or nothing, kept as it is given but for non-ASCII.
fn parse_userinfo(text: &str) -> Result<Option<String>, Refused> {
    match text.strip_suffix('@') {
        // Browsers take the last `@` for the end of the userinfo, others the first.
        Some(text) if text.contains('@') => refuse("the URL has two @ before its path: write %40 for one"),
        Some("" | ":") | None => Ok(None),
        Some(text) => Ok(Some(encode(text, false))),
    }
}

/// Host and port, the port as a text.
fn parse_host(text: &str) -> Result<(String, Option<IpAddr>, &str), Refused> {
    if let Some((host, port)) = text.strip_prefix('[').and_then(|text| text.split_once(']')) {
        let ip = host.parse::<Ipv6Addr>().ok().filter(|_| port.is_empty() || port.starts_with(':'));
        let Some(ip) = ip else {
            return refuse(format!("host \"[{host:.80}]\" is not an IPv6 address in brackets"));
        };
        // Browsers have no dots in it; `Display` has, for these only.
        let host = match ip.segments() {
            [0, 0, 0, 0, 0, 0xffff, a, b] => format!("::ffff:{a:x}:{b:x}"),
            _ => ip.to_string(),
        };
        return Ok((host, Some(IpAddr::V6(ip)), port.get(1..).unwrap_or_default()));
    }
    let (host, port) = text.split_once(':').unwrap_or((text, ""));
    if host.is_empty() {
        return refuse("the URL has no host: write http://host/path");
    }
    let host = host.to_ascii_lowercase();
    // One dot at the end is DNS's way to say that the name is complete.
    let name = host.strip_suffix('.').unwrap_or(&host);
    let sane = |label: &str| (1..64).contains(&label.len()) && !label.contains(['[', ']']);
    if name.len() > 253 || !name.split('.').all(sane) {
        let why = "is not a name (1 to 63 characters between dots, 253 in all)";
        return refuse(format!("host \"{host:.80}\" {why}"));
    }
    // Browsers read `127.1`, `0x7f.1`, `0177.0.0.1` and `2130706433` as 127.0.0.1, others do not: a host whose
    // last label is a number must be four plain decimal numbers.
    let last = name.rsplit('.').next().unwrap_or_default();
    let hex = last.strip_prefix("0x").is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
    let ip = host.parse::<Ipv4Addr>().ok().map(IpAddr::V4);
    if ip.is_none() && (hex || last.bytes().all(|b| b.is_ascii_digit())) {
        return refuse(format!("host \"{host:.80}\" is a number but not an IPv4 address as in 127.0.0.1"));
    }
    Ok((host, ip, port))
}

/// An empty port is the default (RFC 3986 6.2.3).
fn parse_port(text: &str, default: u16) -> Result<u16, Refused> {
    match text.parse() {
        _ if text.is_empty() => Ok(default),
        // `+80`, which `parse` would take, does not get past `check_characters`.
        Ok(port) if port > 0 => Ok(port),
        _ => refuse("the URL's port is not a number from 1 to 65535"),
    }
}

/// Percent-encodes non-ASCII as UTF-8, and `'` in a query; the rest is allowed as it is.
fn encode(text: &str, is_query: bool) -> String {
    if text.is_ascii() && !(is_query && text.contains('\'')) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'\'' if is_query => out += "%27",
            0..128 => out.push(char::from(byte)),
            _ => out += &format!("%{byte:02X}"),
        }
    }
    out
}

/// Undoes percent-encoding: each `%` and two hex digits become the byte they stand for (RFC 3986 2.1), all else stays,
/// also a `%` without them. Decoded once only: `%252f` is `%2f`.
///
/// ```
/// assert_eq!(http_client::url::percent_decoded("my%20file 100%"), b"my file 100%");
/// ```
pub fn percent_decoded(text: &str) -> Vec<u8> {
    let mut parts = text.split('%');
    let mut decoded = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        // The check for digits is not idle: `from_str_radix` takes `+5`.
        let digits = part.get(..2).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        let (byte, rest) = byte.map_or((b'%', part), |byte| (byte, &part[2..]));
        decoded.push(byte);
        decoded.extend_from_slice(rest.as_bytes());
    }
    decoded
}

/// Takes `.` and `..` out of a path (RFC 3986 5.2.4). The result begins with `/`.
fn remove_dots(path: String) -> String {
    // Most have none: a segment of dots begins with one, as it is or as `%2e`.
    if path.starts_with('/') && !path.contains("/.") && !path.contains("/%") {
        return path;
    }
    let mut kept = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let dots = segment.to_ascii_lowercase().replace("%2e", ".");
        if dots == ".." {
            kept.pop();
        } else if dots != "." {
            kept.push(segment);
            continue;
        }
        // `/a/..` is the folder `/`, with its slash.
        if segments.peek().is_none() {
            kept.push("");
        }
    }
    format!("/{}", kept.join("/"))
}

const NO_SCHEME: &str = "the URL does not begin with http:// or https://";
