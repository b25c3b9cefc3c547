//! Which files are to be had: from the URLs of the command line, those of a list, or the embedded server's ten.

use std::sync::Arc;

use http_client::url::{self, Url};

use super::checksum::{self, Sums};
use super::list;
use crate::cli::Download;
use crate::{files, globs, names};

/// One file to be had.
pub(super) struct Wanted {
    /// Perhaps with a password. That of the embedded server, whose port nobody knows yet, has another one for now.
    pub(super) url: Url,
    /// As it may be shown.
    pub(super) shown: Arc<str>,
    /// What its part is known by: the same, and for the embedded server, whose port is another each time, the path.
    pub(super) key: Arc<str>,
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
        for file in files::ten() {
            wanted.push(embedded(file)?);
        }
    }
    names::distinct(wanted.iter().map(|file| (&*file.shown, file.part.as_str())))
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
    let url = Url::parse(&url).map_err(|e| format!("\"{}\": {e}", url::shown(&url)))?;
    let shown: Arc<str> = url.as_str().into();
    let (name, unnamed) = match names::file_name(url.path()) {
        Ok(name) => (name, None),
        Err(e) if is_named => ("unnamed".to_owned(), Some(e.to_string())),
        Err(e) => return Err(format!("{url}: {e}")),
    };
    let part = if is_named { format!("{name}-{}", checksum::short(&shown)) } else { name.clone() };
    Ok(Wanted { url, key: shown.clone(), shown, name, unnamed, part })
}

fn embedded(file: files::File) -> Result<Wanted, String> {
    let wanted = parsed(format!("http://localhost/{}", file.name), false)?;
    Ok(Wanted { key: wanted.url.path().into(), ..wanted })
}

/// `demo serv`: as `demo` alone downloads, a command that is spelled wrong is taken for a URL.
fn hint(url: &str) -> &'static str {
    match url.is_empty() || url.contains(['.', '/', ':']) {
        true => "",
        false => ", and there is no such command: try --help",
    }
}
