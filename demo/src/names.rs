//! Which file a URL is written to, and which names are refused.
//!
//! The name is the last segment of the URL's path, percent-decoded. Others choose it: a page of links, a list from
//! somebody, later a redirect. So a name is never cleaned up into another one (two clean-ups can meet in the same
//! file, and nobody finds `_.._etc_passwd` again): it is taken as it is or refused, with the reason.
//!
//! Since a leading dot is refused, a download can neither hide nor meet the temporary files of [`crate::save`],
//! whose names start with one.

use std::borrow::Cow;
use std::collections::HashMap;
use std::error::Error;
use std::fmt::{self, Display, Formatter};

use http_client::url::percent_decoded;

use crate::text;

/// The longest name that common file systems hold, in bytes (`NAME_MAX`).
pub const MAX_BYTES: usize = 255;

/// The file name in a URL's path: its last segment, percent-decoded. A query or fragment is not part of it.
///
/// A `%` that no two hex digits follow stands for itself, as it does in browsers.
///
/// # Errors
/// [`NameError`] says what is wrong with the name; see [`Fault`] for the list.
///
/// ```
/// use demo::names::file_name;
/// assert_eq!(file_name("/pub/my%20file.txt?version=2")?, "my file.txt");
/// assert!(file_name("/pub/..%2fpasswd").is_err());
/// # Ok::<(), demo::names::NameError>(())
/// ```
pub fn file_name(path: &str) -> Result<String, NameError> {
    let path = path.split(['?', '#']).next().unwrap_or("");
    let segment = path.rsplit('/').next().unwrap_or("");
    let error = |fault| NameError { segment: segment.to_owned(), fault };

    let name = String::from_utf8(percent_decoded(segment)).map_err(|_| error(Fault::NotUtf8))?;
    match fault(&name) {
        Some(fault) => Err(error(fault)),
        None => Ok(name),
    }
}

/// A name from elsewhere than a URL, held to the same rules.
///
/// # Errors
/// As [`file_name`].
///
/// ```
/// assert_eq!(demo::names::checked("a%20b.txt".to_owned())?, "a%20b.txt");
/// assert!(demo::names::checked("../passwd".to_owned()).is_err());
/// # Ok::<(), demo::names::NameError>(())
/// ```
pub fn checked(name: String) -> Result<String, NameError> {
    match fault(&name) {
        Some(fault) => Err(NameError { segment: name, fault }),
        None => Ok(name),
    }
}

/// Checks that no two URLs would be written to the same file. Takes pairs of a URL and its file's name.
///
/// On Windows and macOS, where the usual file systems take `A.txt` and `a.txt` for one file, so does this.
///
/// # Errors
/// [`NameClash`] names the first two URLs that share a file.
///
/// ```
/// use demo::names::distinct;
/// assert!(distinct([("http://a/1.txt", "1.txt"), ("http://a/2.txt", "2.txt")]).is_ok());
/// assert!(distinct([("http://a/1.txt", "1.txt"), ("http://b/1.txt", "1.txt")]).is_err());
/// ```
pub fn distinct<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<(), NameClash> {
    let mut seen = HashMap::new();
    for (url, name) in files {
        let ignores_case = cfg!(any(windows, target_os = "macos"));
        let same_file: Cow<'_, str> = if ignores_case { name.to_lowercase().into() } else { name.into() };
        if let Some(first) = seen.insert(same_file, url) {
            return Err(NameClash { name: name.to_owned(), urls: [first.to_owned(), url.to_owned()] });
        }
    }
    Ok(())
}

/// A URL's path gives no name that a file may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameError {
    /// The last segment of the path, as it stands in the URL; or the name that was proposed.
    pub segment: String,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong with a file name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The path ends with `/` or is empty, so it names a folder.
    Empty,
    /// `.` or `..`: folders, never files.
    Folder,
    /// `/` or `\` after decoding: the name would reach into another folder, on this system or the next.
    Separator(char),
    /// NUL, a line break, an escape, DEL or another control character (C0 and C1).
    Control(char),
    /// A character that turns or breaks the line it is shown in (bidirectional control, line separator): the
    /// name would read as another one, `txt.exe` as `exe.txt`. Joiners stay allowed: Persian and emoji need them.
    Direction(char),
    /// It starts with a dot: a hidden file, as `.bashrc` or `.ssh` are.
    Hidden,
    /// Longer than [`MAX_BYTES`]; the number of its bytes.
    TooLong(usize),
    /// The decoded bytes are not UTF-8.
    NotUtf8,
    /// A character that Windows gives a meaning of its own; `C:x` is even a path there. Refused on Windows only.
    Reserved(char),
}

impl Display for NameError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let segment = text::shorten(&text::one_line(&self.segment), 60);
        match self.fault {
            Fault::Empty => write!(f, "the URL ends with a slash or has no path, so it names no file"),
            Fault::Folder => write!(f, "file name {segment:?} refused: it means a folder"),
            Fault::Separator(c) => write!(f, "file name {segment:?} refused: it holds the separator `{c}`"),
            Fault::Control(c) => {
                write!(
                    f,
                    "file name {segment:?} refused: it holds the control character U+{:04X}",
                    u32::from(c)
                )
            }
            Fault::Direction(c) => {
                let code = u32::from(c);
                write!(f, "file name {segment:?} refused: U+{code:04X} in it makes it read as another name")
            }
            Fault::Hidden => write!(f, "file name {segment:?} refused: a leading dot would hide the file"),
            Fault::TooLong(n) => {
                write!(f, "file name {segment:?} refused: {n} bytes, {MAX_BYTES} are allowed")
            }
            Fault::NotUtf8 => write!(f, "file name {segment:?} refused: decoded, it is not UTF-8"),
            Fault::Reserved(c) => write!(f, "file name {segment:?} refused: Windows reserves `{c}`"),
        }
    }
}

impl Error for NameError {}

/// Two URLs would be written to the same file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameClash {
    /// The file's name (the second one's, where they differ in case).
    pub name: String,
    /// Both URLs, in the order given.
    pub urls: [String; 2],
}

impl Display for NameClash {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let [first, second] = self.urls.each_ref().map(|url| text::one_line(url));
        let name = text::one_line(&self.name);
        if first == second {
            return write!(f, "{first} is given twice, and both would write {name}; give it once");
        }
        write!(f, "{first} and {second} would both write {name}; download them into two folders")
    }
}

impl Error for NameClash {}

/// The first rule that the decoded name breaks.
fn fault(name: &str) -> Option<Fault> {
    if name.is_empty() {
        return Some(Fault::Empty);
    }
    if name == "." || name == ".." {
        return Some(Fault::Folder);
    }
    // Both separators on every system: what is harmless here may be copied there.
    if let Some(c) = name.chars().find(|c| matches!(c, '/' | '\\')) {
        return Some(Fault::Separator(c));
    }
    if let Some(c) = name.chars().find(|c| c.is_control()) {
        return Some(Fault::Control(c));
    }
    if let Some(c) = name.chars().find(|c| text::steers_text(*c)) {
        return Some(Fault::Direction(c));
    }
    if name.starts_with('.') {
        return Some(Fault::Hidden);
    }
    if name.len() > MAX_BYTES {
        return Some(Fault::TooLong(name.len()));
    }
    if cfg!(windows) {
        return name.chars().find(|c| r#"<>:"|?*"#.contains(*c)).map(Fault::Reserved);
    }
    None
}
