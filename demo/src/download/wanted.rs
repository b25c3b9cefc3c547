//! Which files are to be had: from the URLs of the command line, those of a list, or the embedded server's ten.

use http_client::url::{self, Url};

use super::checksum::Sums;
use super::list;
use crate::cli::Download;
use crate::{files, globs, names};

/// One file to be had.
pub(super) struct Wanted {
    /// As it was given, perhaps with a password. For the embedded server, whose port nobody knows yet, only the path.
    pub(super) url: String,
    /// As it may be shown.
    pub(super) shown: String,
    /// What its part is known by: the same, and for the embedded server, whose port is another each time, the path.
    pub(super) key: String,
    /// Whose limit of requests at once it falls under.
    pub(super) host: String,
    /// The name by its URL.
    pub(super) name: String,
}

/// The files that the command asks for. It blocks where a list is read.
///
/// # Errors
/// One line: all that is wrong with the command is told before anything starts.
pub(super) fn wanted(args: &Download, sums: Option<&Sums>) -> Result<Vec<Wanted>, String> {
    let mut wanted = Vec::new();
    for pattern in &args.urls {
        for url in globs::expand(pattern).map_err(|e| e.to_string())? {
            let hint = hint(&url);
            wanted.push(parsed(url).map_err(|why| why + hint)?);
        }
    }
    if let Some(path) = &args.input_file {
        for (line, url) in list::read(path)? {
            wanted.push(parsed(url).map_err(|why| format!("{}, line {line}: {why}", list::shown(path)))?);
        }
    }
    if is_embedded(args) {
        wanted.extend(files::ten().map(embedded));
    }
    names::distinct(wanted.iter().map(|file| (file.shown.as_str(), file.name.as_str())))
        .map_err(|e| e.to_string())?;
    // (Names from the servers are only known later.)
    if let Some(sums) = sums.filter(|_| !args.content_disposition) {
        for file in &wanted {
            sums.of(&file.name)?;
        }
    }
    Ok(wanted)
}

/// Whether the files are those of the embedded server.
pub(super) fn is_embedded(args: &Download) -> bool {
    args.urls.is_empty() && args.input_file.is_none()
}

fn parsed(url: String) -> Result<Wanted, String> {
    let parsed = Url::parse(&url).map_err(|e| format!("\"{}\": {e}", url::shown(&url)))?;
    let name = names::file_name(parsed.path()).map_err(|e| format!("{parsed}: {e}"))?;
    let host = format!("{}:{}", parsed.host(), parsed.port());
    let shown = parsed.to_string();
    Ok(Wanted { url, key: shown.clone(), shown, host, name })
}

fn embedded(file: files::File) -> Wanted {
    let url = format!("/{}", file.name);
    Wanted { key: url.clone(), shown: url.clone(), url, host: String::new(), name: file.name }
}

/// `demo serv`: as `demo` alone downloads, a command that is spelled wrong is taken for a URL.
fn hint(url: &str) -> &'static str {
    match url.is_empty() || url.contains(['.', '/', ':']) {
        true => "",
        false => ", and there is no such command: try --help",
    }
}
