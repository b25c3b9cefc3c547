//! What the embedded server serves: the ten files of the demo, or a folder; and how slowly.

use std::fmt::Write;
use std::fs::{self, File};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use http_client::url::percent_decoded;
use runtime::spawn_blocking;

use crate::files;

const TEXT: &str = "text/plain; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";

/// What is served, and how slowly.
pub struct Site {
    source: Source,
    latency: Option<Duration>,
    rate: Option<u64>,
}

enum Source {
    Ten(Vec<(files::File, Arc<[u8]>)>),
    Folder(PathBuf),
}

/// Something that was found under a path.
pub(crate) struct Page {
    pub(crate) bytes: Bytes,
    pub(crate) len: u64,
    /// What tells this version of it from the next: a strong entity tag, if there is one.
    pub(crate) tag: Option<String>,
    /// Its media type.
    pub(crate) kind: &'static str,
    /// How long to wait before the answer.
    pub(crate) latency: Duration,
    /// How many bytes to send a second.
    pub(crate) rate: Option<u64>,
}

pub(crate) enum Bytes {
    Memory(Arc<[u8]>),
    /// An open file, positioned at its start.
    File(File),
}

impl Site {
    /// The ten files of the demo, `/file1.txt` to `/file10.txt`, each at its own pace.
    pub fn ten() -> Site {
        let files = files::ten().into_iter().map(|file| {
            let contents = file.contents().into();
            (file, contents)
        });
        Site { source: Source::Ten(files.collect()), latency: None, rate: None }
    }

    /// The files in a folder and below it, at once and as fast as it goes.
    pub fn folder(dir: PathBuf) -> Site {
        Site { source: Source::Folder(dir), latency: None, rate: None }
    }

    /// Waits this long before each answer, if given.
    pub fn latency(self, latency: Option<Duration>) -> Site {
        Site { latency, ..self }
    }

    /// Sends at most this many bytes a second, if given.
    pub fn rate(self, rate: Option<u64>) -> Site {
        Site { rate, ..self }
    }

    /// What is under the path of a request, which begins with `/` and is percent-encoded. `None`: nothing, or nothing
    /// that may be had, and which of the two is not told.
    pub(crate) async fn find(&self, path: &str) -> Option<Page> {
        let page = match &self.source {
            Source::Ten(files) if path == "/" => {
                Page::listing(path, files.iter().map(|(file, _)| file.name.clone()))
            }
            Source::Ten(files) => {
                let (file, contents) =
                    files.iter().find(|(file, _)| path.strip_prefix('/') == Some(&file.name))?;
                let page = Page::memory(contents.clone(), TEXT);
                // They never change.
                let tag = Some(format!("\"{}\"", file.name));
                Page { latency: file.latency, rate: Some(file.rate), tag, ..page }
            }
            Source::Folder(dir) => {
                let (path, found) = (path.to_owned(), dir.join(below(path)?));
                // Opening a file or reading a folder blocks: a disk may have to wake up.
                spawn_blocking(move || open(&path, &found)).await.ok()?.ok()?
            }
        };
        Some(Page { latency: self.latency.unwrap_or(page.latency), rate: self.rate.or(page.rate), ..page })
    }
}

impl Page {
    fn memory(bytes: Arc<[u8]>, kind: &'static str) -> Page {
        Page {
            len: bytes.len() as u64,
            bytes: Bytes::Memory(bytes),
            tag: None,
            kind,
            latency: Duration::ZERO,
            rate: None,
        }
    }

    /// A line of text.
    pub(crate) fn text(text: &str) -> Page {
        Page::memory(text.as_bytes().into(), TEXT)
    }

    /// A page with a link to each of the names below `path`.
    fn listing(path: &str, names: impl Iterator<Item = String>) -> Page {
        let base = path.trim_end_matches('/');
        let mut html = String::from("<!doctype html><meta charset=\"utf-8\"><title>Files</title><ul>\n");
        for name in names {
            let _ = writeln!(html, "<li><a href=\"{base}/{}\">{}</a>", encoded(&name), escaped(&name));
        }
        Page::memory(html.as_bytes().into(), HTML)
    }
}

/// A path of a URL as one below a folder, never beside or above it.
fn below(path: &str) -> Option<PathBuf> {
    let decoded = String::from_utf8(percent_decoded(path)).ok()?;
    // Decoded first and looked at then, so that `%2e%2e%2f` is what it is. A backslash separates on Windows, and a
    // colon there begins a drive or a stream.
    let inner = decoded.strip_prefix('/')?;
    let forbidden: &[char] = if cfg!(windows) { &['\0', '\\', ':'] } else { &['\0', '\\'] };
    let path = Path::new(inner);
    let plain = path.components().all(|part| matches!(part, Component::Normal(_)));
    (plain && !inner.contains(forbidden)).then(|| path.to_owned())
}

fn open(path: &str, found: &Path) -> io::Result<Page> {
    if found.is_dir() {
        let mut names = Vec::new();
        for entry in fs::read_dir(found)? {
            let entry = entry?;
            if let Ok(name) = entry.file_name().into_string() {
                names.push(if entry.path().is_dir() { name + "/" } else { name });
            }
        }
        names.sort();
        return Ok(Page::listing(path, names.into_iter()));
    }
    // Looked at before it is opened: opening a pipe waits for who writes to it.
    let metadata = fs::metadata(found)?;
    if !metadata.is_file() {
        return Err(io::ErrorKind::NotFound.into());
    }
    let (file, len) = (File::open(found)?, metadata.len());
    let (tag, kind) = (tag(&metadata), kind(found));
    Ok(Page { bytes: Bytes::File(file), len, tag, kind, latency: Duration::ZERO, rate: None })
}

/// From the time of its last change and its length, as nginx makes it; but with the nanoseconds. None where the file
/// system tells no time, and in the first seconds after a change, as clocks of file systems tick slowly: another may
/// follow within the same tick.
fn tag(metadata: &fs::Metadata) -> Option<String> {
    let changed = metadata.modified().ok()?;
    let is_settled = changed.elapsed().is_ok_and(|age| age > Duration::from_secs(2));
    let since = changed.duration_since(UNIX_EPOCH).ok().filter(|_| is_settled)?;
    Some(format!("\"{:x}-{:x}\"", since.as_nanos(), metadata.len()))
}

fn kind(path: &Path) -> &'static str {
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("txt" | "md") => TEXT,
        Some("html" | "htm") => HTML,
        Some("css") => "text/css",
        Some("js") => "text/javascript",
        Some("json") => "application/json",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("svg") => "image/svg+xml",
        Some("pdf") => "application/pdf",
        _ => "application/octet-stream",
    }
}

/// Percent-encodes what may not stand in a URL's path.
fn encoded(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(byte));
            }
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

/// Text that HTML takes for nothing else.
fn escaped(name: &str) -> String {
    name.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
