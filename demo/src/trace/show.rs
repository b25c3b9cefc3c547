//! The views for a terminal.

use std::env;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::PathBuf;

use super::log::Log;
use super::narrate;
use super::timeline::{self, Look};
use crate::progress;

/// What was asked for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Write it to this file.
    pub file: Option<PathBuf>,
    /// Tell it in sentences.
    pub narrate: bool,
    /// Draw its timeline.
    pub timeline: bool,
    /// Do both on stderr: stdout is for something else.
    pub on_stderr: bool,
}

/// Prints the views that are wanted. What is not taken (a closed pipe, as in `demo --narrate | head`) is given up.
pub(super) fn show(log: &Log, wanted: &Wanted) {
    let (to, is_terminal): (Box<dyn Write>, _) = match wanted.on_stderr {
        true => (Box::new(io::stderr().lock()), io::stderr().is_terminal()),
        false => (Box::new(io::stdout().lock()), io::stdout().is_terminal()),
    };
    let mut to = BufWriter::new(to);
    let columns = if is_terminal { progress::columns() } else { None };
    // https://no-color.org: set and not empty.
    let no_colour = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let coloured = is_terminal && !no_colour && env::var_os("TERM").is_none_or(|term| term != "dumb");
    if wanted.narrate {
        let _ = writeln!(to).and_then(|()| narrate::write(log, columns, coloured, &mut to));
    }
    if wanted.timeline {
        // What goes to a file is drawn as for the usual terminal.
        let look = Look { columns: columns.unwrap_or(80), coloured, unicode: is_terminal && is_utf8() };
        let _ = write!(to, "\n{}", timeline::draw(log, look));
    }
    let _ = to.flush();
}

/// The terminal takes UTF-8, by the locale: the first of these variables that is set and not empty says so (POSIX 8.2).
fn is_utf8() -> bool {
    let locale =
        ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(env::var_os).find(|value| !value.is_empty());
    let locale = locale.unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    cfg!(windows) || locale.contains("utf-8") || locale.contains("utf8")
}
