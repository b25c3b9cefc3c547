//! URLs from a file or from stdin (`-i`): one a line.
//!
//! Blank lines, and lines that begin with `#`, are left out. A line is a URL as it stands, without the patterns that the
//! command line knows: such lists are written by programs, and then a bracket is a bracket.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use crate::text;

/// Reads the list; `-` is stdin. It blocks, so it is to be done before the loop runs.
///
/// # Errors
/// One line that says what is wrong, and where: the file cannot be read, is not text, or holds no URL.
pub fn read(path: &Path) -> Result<Vec<(usize, String)>, String> {
    let name = shown(path);
    let bytes = match path == Path::new("-") {
        true => {
            let mut all = Vec::new();
            io::stdin().lock().read_to_end(&mut all).map(|_| all)
        }
        false => fs::read(path),
    };
    let bytes = bytes.map_err(|e| format!("cannot read the URLs from {name}: {e}"))?;
    let urls = parse(&bytes).map_err(|line| format!("{name}, line {line}: this is not UTF-8 text"))?;
    if urls.is_empty() {
        return Err(format!("{name} holds no URL: put one on each line"));
    }
    Ok(urls)
}

/// The URLs in a list, each with the number of its line (from 1).
///
/// # Errors
/// The number of a line that is not UTF-8.
///
/// ```
/// let urls = demo::download::list::parse(b"# two files\nhttp://host/a\r\n\n  http://host/b\n").unwrap();
/// assert_eq!(urls, [(2, "http://host/a".to_owned()), (4, "http://host/b".to_owned())]);
/// ```
pub fn parse(bytes: &[u8]) -> Result<Vec<(usize, String)>, usize> {
    // Some editors begin a file with this mark.
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let mut urls = Vec::new();
    for (line, number) in bytes.split(|b| *b == b'\n').zip(1..) {
        let url = std::str::from_utf8(line).map_err(|_| number)?.trim();
        if !url.is_empty() && !url.starts_with('#') {
            urls.push((number, url.to_owned()));
        }
    }
    Ok(urls)
}

/// How the list is called in messages.
pub fn shown(path: &Path) -> String {
    if path == Path::new("-") { "stdin".to_owned() } else { text::one_line(&path.to_string_lossy()) }
}
