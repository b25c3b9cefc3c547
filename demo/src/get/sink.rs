//! Where the body goes: to stdout, to a device or a pipe, or to a file that is never half there.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use super::text;
use crate::save::Partial;

/// Where the body is to go.
pub(super) enum Target<'a> {
    Stdout,
    /// A device or a pipe (`-o /dev/null`).
    Device(&'a Path),
    File(&'a Path),
}

impl<'a> Target<'a> {
    pub(super) fn of(path: Option<&'a Path>) -> Self {
        match path {
            None => Target::Stdout,
            Some(path) if path == Path::new("-") => Target::Stdout,
            // Written to as it is: a file that is renamed onto it would replace it.
            Some(path) if fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir()) => {
                Target::Device(path)
            }
            Some(path) => Target::File(path),
        }
    }

    /// Before the request: a place that cannot be written to is said before all of the body has come.
    pub(super) fn open(self) -> Result<Sink, String> {
        let path = match self {
            Target::Stdout => return Ok(Sink::Stream(Box::new(io::stdout().lock()), "stdout".to_owned())),
            Target::Device(path) => {
                let name = path.display().to_string();
                return match File::options().write(true).open(path) {
                    Ok(device) => Ok(Sink::Stream(Box::new(device), name)),
                    Err(e) => Err(format!("cannot write to {name}: {e}")),
                };
            }
            Target::File(path) => path,
        };
        let refuse = || format!("cannot write {}: it is not the name of a file", path.display());
        let name = path.file_name().and_then(|name| name.to_str()).ok_or_else(refuse)?;
        let dir = path.parent().filter(|dir| *dir != Path::new("")).unwrap_or(Path::new("."));
        Partial::create(dir, name).map(Sink::File).map_err(text)
    }
}

/// Where the body goes.
pub(super) enum Sink {
    /// And how it is called.
    Stream(Box<dyn Write>, String),
    /// It has its name only once it is whole.
    File(Partial),
}

impl Sink {
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), String> {
        match self {
            Sink::Stream(out, name) => {
                out.write_all(bytes).map_err(|e| format!("cannot write to {name}: {e}"))
            }
            Sink::File(file) => file.write_all(bytes).map_err(text),
        }
    }

    /// All has been written.
    pub(super) fn done(self) -> Result<(), String> {
        match self {
            Sink::Stream(mut out, name) => out.flush().map_err(|e| format!("cannot write to {name}: {e}")),
            Sink::File(file) => file.commit().map_err(text),
        }
    }
}
