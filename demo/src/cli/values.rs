//! The values of flags that are more than a word: header fields, users, addresses, times.
//!
//! Each is read where the command line is, so that a wrong one is a usage error, told before anything starts.

use std::fmt::{self, Debug, Formatter};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

#[cfg(unix)]
use clap::builder::{PossibleValue, PossibleValuesParser};
use http_client::headers::Headers;
use http_client::url::Url;

#[cfg(unix)]
use crate::lesson::LESSONS;
use crate::trace::Format;

/// A header field: `Name: value`, or `Name;` for one without a value, as curl has it.
#[derive(Clone, PartialEq, Eq)]
pub struct Header {
    /// Its name.
    pub name: String,
    /// Its value, without blanks around it.
    pub value: String,
}

impl FromStr for Header {
    type Err = String;

    fn from_str(text: &str) -> Result<Header, String> {
        let (name, value) = match (text.split_once(':'), text.strip_suffix(';')) {
            (Some((_, value)), _) if value.trim().is_empty() => {
                return Err("a field of ours cannot be left out; for an empty one write `Name;`".to_owned());
            }
            (Some((name, value)), _) => (name, value.trim_matches([' ', '\t'])),
            (None, Some(name)) => (name, ""),
            (None, None) => return Err("write it as `Name: value`".to_owned()),
        };
        // The client's own rules: what it would refuse later is refused now.
        Headers::new().append(name, value).map_err(|e| e.to_string())?;
        Ok(Header { name: name.to_owned(), value: value.to_owned() })
    }
}

/// The value may be a secret.
impl Debug for Header {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "Header({}: …)", self.name)
    }
}

/// A user and a password: `USER:PASSWORD`.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// Everything before the first colon.
    pub name: String,
    /// Everything behind it.
    pub password: String,
}

impl FromStr for User {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<User, Self::Err> {
        // curl asks for it on the terminal, which would have to stop showing what is typed.
        let (name, password) =
            text.split_once(':').ok_or("write it as USER:PASSWORD; nothing is asked for later")?;
        Ok(User { name: name.to_owned(), password: password.to_owned() })
    }
}

impl Debug for User {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "User({}:…)", self.name)
    }
}

/// The addresses to use for a host and a port: `HOST:PORT:ADDR[,ADDR]...`, where brackets may stand around those of IPv6.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolve {
    /// The host, as it stands in URLs.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Where to connect to.
    pub addresses: Vec<SocketAddr>,
}

impl FromStr for Resolve {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Resolve, Self::Err> {
        let form = "write it as HOST:PORT:ADDR, with the address in digits";
        let (host, rest) = text.split_once(':').filter(|(host, _)| !host.is_empty()).ok_or(form)?;
        let (port, addresses) = rest.split_once(':').ok_or(form)?;
        let port: u16 = port.parse().ok().filter(|port| *port > 0).ok_or(form)?;
        // What no URL can name would be accepted, never be met, and the real addresses be used.
        let url = Url::parse(&format!("http://{host}:{port}/"));
        if !url.is_ok_and(|url| url.host().eq_ignore_ascii_case(host)) {
            return Err(
                "the host must be as it stands in URLs: no pattern, no mark before it, no dot at its end",
            );
        }
        let address = |text: &str| {
            let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
            bare.parse::<IpAddr>().ok().map(|ip| SocketAddr::new(ip, port))
        };
        let addresses = addresses.split(',').map(address).collect::<Option<_>>().ok_or(form)?;
        Ok(Resolve { host: host.to_owned(), port, addresses })
    }
}

/// A file for a view of a run.
///
/// # Errors
/// A name that asks for no view.
pub fn trace(path: PathBuf) -> Result<PathBuf, &'static str> {
    match Format::of(&path) {
        Ok(_) => Ok(path),
        Err(_) => Err("call it .html (the player), .json (for Perfetto) or .jsonl (the log)"),
    }
}

/// A time limit in seconds, such as `30` or `0.5`; 0 is no limit.
///
/// # Errors
/// What is not such a number.
pub fn limit(text: &str) -> Result<Duration, &'static str> {
    Ok(Some(seconds(text)?).filter(|span| !span.is_zero()).unwrap_or(Duration::MAX))
}

/// A time in seconds.
///
/// # Errors
/// What is not a plain number, or too large a one.
pub fn seconds(text: &str) -> Result<Duration, &'static str> {
    let error = "give seconds, such as 30 or 0.5";
    // `parse` takes `inf` and `1e9` too.
    let is_plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let seconds = text.parse().ok().filter(|_| is_plain).ok_or(error)?;
    Duration::try_from_secs_f64(seconds).map_err(|_| error)
}

/// A whole number, 1 or more.
///
/// # Errors
/// Any other.
pub fn at_least_one<T: FromStr + Default + PartialEq>(text: &str) -> Result<T, &'static str> {
    text.parse().ok().filter(|n| *n != T::default()).ok_or("give a whole number, 1 or more")
}

/// How many redirects to follow: a whole number, or -1 for no limit.
///
/// # Errors
/// Any other.
pub fn redirects(text: &str) -> Result<usize, &'static str> {
    match text {
        "-1" => Ok(usize::MAX),
        text => text.parse().map_err(|_| "give a whole number, or -1 for no limit"),
    }
}

/// The name of a lesson, or `all`.
#[cfg(unix)]
pub(super) fn lesson() -> PossibleValuesParser {
    let names = LESSONS.iter().map(|lesson| lesson.name).chain(["all"]);
    PossibleValuesParser::new(names.map(PossibleValue::new))
}
