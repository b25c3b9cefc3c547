//! Where the body goes: to stdout, to a device or a pipe, or to a file that is never half there.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Seek, Write};
use std::path::{Path, PathBuf};

use super::text;
use crate::save::Partial;

/// Where the body is to go.
pub(super) enum Target {
    Stdout,
    /// A device or a pipe (`-o /dev/null`).
    Device(PathBuf),
    File(PathBuf),
}

impl Target {
    pub(super) fn of(path: Option<&Path>) -> Self {
        let stdout = ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"].map(Path::new);
        let Some(path) = path.filter(|path| !stdout.contains(path)) else { return Target::Stdout };
        let Ok(found) = fs::metadata(path) else { return Target::File(path.to_owned()) };
        // Written to as they are: a file that is renamed onto one would replace it. And what this process has open
        // already may be a file, to which others go on to write.
        let is_open = path.starts_with("/dev/fd") || path == Path::new("/dev/stderr");
        if is_open || !found.is_file() && !found.is_dir() {
            return Target::Device(path.to_owned());
        }
        // A link stays one: what it leads to is replaced.
        match fs::canonicalize(path) {
            Ok(real) if path.is_symlink() => Target::File(real),
            _ => Target::File(path.to_owned()),
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
        match Partial::create(dir, name).and_then(Partial::like_the_old) {
            Ok(file) => Ok(Sink::File(file)),
            // The folder takes no new files, but an old one may be writable, as curl would write it.
            Err(e) if matches!(e.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem) => {
                let old = File::options().write(true).open(&path).map_err(|_| text(e))?;
                Ok(Sink::InPlace(old, path))
            }
            Err(e) => Err(text(e)),
        }
    }
}

/// Where the body goes.
pub(super) enum Sink {
    /// And how it is called.
    Stream(Box<dyn Write>, String),
    /// It has its name only once it is whole.
    File(Partial),
    /// An old file in a folder that takes no new ones: a body that breaks off leaves it cut short, as with curl.
    InPlace(File, PathBuf),
}

impl Sink {
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), String> {
        match self {
            Sink::Stream(out, name) => {
                out.write_all(bytes).map_err(|e| format!("cannot write to {name}: {e}"))
            }
            Sink::File(file) => file.write_all(bytes).map_err(text),
            Sink::InPlace(..) if bytes.is_empty() => Ok(()),
            Sink::InPlace(file, path) => {
                // Emptied as late as can be: until then the request may fail.
                let is_first = file.stream_position().is_ok_and(|at| at == 0);
                let emptied = if is_first { file.set_len(0) } else { Ok(()) };
                let written = emptied.and_then(|()| file.write_all(bytes));
                written.map_err(|e| format!("cannot write {}: {e}", path.display()))
            }
        }
    }

    /// All has been written.
    pub(super) fn done(self) -> Result<(), String> {
        match self {
            Sink::Stream(mut out, name) => out.flush().map_err(|e| format!("cannot write to {name}: {e}")),
            Sink::File(file) => file.commit().map_err(text),
            Sink::InPlace(mut file, path) => file
                .stream_position()
                .and_then(|end| file.set_len(end))
                .map_err(|e| format!("cannot write {}: {e}", path.display())),
        }
    }
}
