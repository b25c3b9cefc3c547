//! A log, or a view of it, as a file: which, its name says.

use std::error::Error;
use std::fmt::{self, Display, Formatter};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::log::Log;
use super::{html, jsonl, perfetto};
use crate::save::{Partial, SaveError};
use crate::text;

/// What a file of a trace holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `.html`: the player, one page with all it needs in it.
    Page,
    /// `.json`: trace events for Perfetto and Chrome.
    Perfetto,
    /// `.jsonl`: the log itself.
    Log,
}

impl Format {
    /// The format that the file's name asks for.
    ///
    /// # Errors
    /// [`FileError`] if its ending is none of these.
    ///
    /// ```
    /// use demo::trace::Format;
    /// assert_eq!(Format::of("run.html".as_ref()).unwrap(), Format::Page);
    /// assert!(Format::of("run.txt".as_ref()).unwrap_err().to_string().contains(".jsonl"));
    /// ```
    pub fn of(path: &Path) -> Result<Format, FileError> {
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("html" | "htm") => Ok(Format::Page),
            Some("json") => Ok(Format::Perfetto),
            Some("jsonl") => Ok(Format::Log),
            _ => Err(FileError { path: path.to_owned(), why: Why::Ending }),
        }
    }
}

/// A file that will hold a trace. That its place takes files is tried before the run; it is made after it, so that a run
/// that is ended by force leaves nothing behind, and has its name only once it is whole: until then it is a [`Partial`].
pub struct Output {
    format: Format,
    path: PathBuf,
}

impl Output {
    /// Tries the place of the file.
    ///
    /// # Errors
    /// [`FileError`] if its name does not end in `.html`, `.json` or `.jsonl`, or its folder takes no files.
    pub fn create(path: &Path) -> Result<Output, FileError> {
        let format = Format::of(path)?;
        let output = Output { format, path: path.to_owned() };
        drop(output.begin()?);
        Ok(output)
    }

    fn begin(&self) -> Result<Partial, FileError> {
        let fail = |why| FileError { path: self.path.clone(), why };
        let name = self.path.file_name().and_then(|name| name.to_str()).ok_or_else(|| fail(Why::Ending))?;
        let dir = self.path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(".".as_ref());
        Partial::create(dir, name).map_err(|e| fail(Why::Save(e)))
    }

    /// Writes the view, and gives the file its name.
    ///
    /// # Errors
    /// [`FileError`] if it cannot be written; there is no file then.
    pub fn write(self, log: &Log) -> Result<(), FileError> {
        let file = self.begin()?;
        let Output { format, path } = self;
        let mut to = BufWriter::with_capacity(256 * 1024, Writer(file));
        let written = match format {
            Format::Page => html::write(log, &mut to),
            Format::Perfetto => perfetto::write(log, &mut to),
            Format::Log => jsonl::write(log, &mut to),
        };
        let flushed = written.and_then(|()| to.into_inner().map_err(io::IntoInnerError::into_error));
        match flushed {
            Ok(Writer(file)) => file.commit().map_err(|e| FileError { path, why: Why::Save(e) }),
            Err(e) => Err(FileError { path, why: Why::Io(e) }),
        }
    }

    /// What it will be called.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// A partial file, as something to write into.
struct Writer(Partial);

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write_all(bytes).map_err(|e| e.kind())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(()) // nothing is held back here
    }
}

/// A trace could not be written: where, and why.
///
/// Its `Debug` is the same line as its `Display`: that is what a `main` that gives it back prints.
pub struct FileError {
    path: PathBuf,
    why: Why,
}

#[derive(Debug)]
enum Why {
    Ending,
    Save(SaveError),
    Io(io::Error),
}

impl Display for FileError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let path = text::one_line(&self.path.to_string_lossy());
        match &self.why {
            Why::Ending => write!(
                f,
                "cannot write the trace to {path}: call it .html (the player), .json (for Perfetto) or .jsonl (the log)"
            ),
            // What a `SaveError` says would be about the downloads' folder.
            Why::Save(e) => match e.source() {
                Some(source) => write!(f, "cannot write the trace to {path}: {source}"),
                None => write!(f, "cannot write the trace to {path}"),
            },
            Why::Io(e) => write!(f, "cannot write the trace to {path}: {e}"),
        }
    }
}

impl fmt::Debug for FileError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(self, f)
    }
}

impl Error for FileError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.why {
            Why::Ending => None,
            Why::Save(e) => Some(e),
            Why::Io(e) => Some(e),
        }
    }
}
