//! Which files are to be had: from the URLs of the command line, those of a list, or the embedded server's ten.

use http_client::url::{self, Url};

use super::checksum::{self, Sums};
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
    /// The name by its URL; where that gives none, something to call it until the server names it.
    pub(super) name: String,
    /// Why the URL gives none.
    pub(super) unnamed: Option<String>,
    /// What its part is called. Where the servers name the files, URLs with one name are not yet files with one name.
    pub(super) part: String,
}

/// The files that the command asks for. It blocks where a list is read.
///
/// # Errors
/// One line: all that is wrong with the command is told before anything starts.
pub(super) fn wanted(args: &Download, sums: Option<&Sums>) -> Result<Vec<Wanted>, String> {
    let (mut wanted, are_named) = (Vec::new(), args.content_disposition);
    for pattern in &args.urls {
        for url in globs::expand(pattern).map_err(|e| e.to_string())? {
            let hint = hint(&url);
            wanted.push(parsed(url, are_named).map_err(|why| why + hint)?);
        }
    }
    if let Some(path) = &args.input_file {
        for (line, url) in list::read(path)? {
            wanted.push(
                parsed(url, are_named).map_err(|why| format!("{}, line {line}: {why}", list::shown(path)))?,
            );
        }
    }
    if is_embedded(args) {
        wanted.extend(files::ten().map(embedded));
    }
    names::distinct(wanted.iter().map(|file| (file.shown.as_str(), file.part.as_str())))
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

/// The file of this URL, which its server may name (`is_named`).
fn parsed(url: String, is_named: bool) -> Result<Wanted, String> {
    let parsed = Url::parse(&url).map_err(|e| format!("\"{}\": {e}", url::shown(&url)))?;
    let host = format!("{}:{}", parsed.host(), parsed.port());
    let shown = parsed.to_string();
    let (name, unnamed) = match names::file_name(parsed.path()) {
        Ok(name) => (name, None),
        Err(e) if is_named => ("unnamed".to_owned(), Some(e.to_string())),
        Err(e) => return Err(format!("{parsed}: {e}")),
    };
    let part = if is_named { format!("{name}-{}", checksum::short(&shown)) } else { name.clone() };
    Ok(Wanted { url, key: shown.clone(), shown, host, name, unnamed, part })
}

fn embedded(file: files::File) -> Wanted {
    let url = format!("/{}", file.name);
    let (shown, key, host) = (url.clone(), url.clone(), String::new());
    Wanted { url, shown, key, host, part: file.name.clone(), name: file.name, unnamed: None }
}

/// `demo serv`: as `demo` alone downloads, a command that is spelled wrong is taken for a URL.
fn hint(url: &str) -> &'static str {
    match url.is_empty() || url.contains(['.', '/', ':']) {
        true => "",
        false => ", and there is no such command: try --help",
    }
}
