//! One line for a program of one's own: an observer that writes the run to a file when it is over.

use std::cell::RefCell;
use std::env;
use std::io::{self, Write};
use std::path::Path;

use runtime::trace::{Event, Observer};

use super::file::{FileError, Output};
use super::record::Recorder;
use crate::text;

/// An observer that records a runtime, and when that is dropped writes what it did to this file: `.html` is the player,
/// `.json` a trace for Perfetto, `.jsonl` the log.
///
/// ```
/// # let dir = std::env::temp_dir().join(format!("roundabout-to-file-{}", std::process::id()));
/// # std::fs::create_dir_all(&dir)?;
/// # let path = dir.join("run.html");
/// let runtime = runtime::Builder::new().observer(demo::trace::to_file(&path)?).build()?;
/// runtime.block_on(async {
///     runtime::yield_now().await;
/// });
/// drop(runtime); // at the end of `main` this happens by itself
/// assert!(path.exists());
/// # std::fs::remove_dir_all(&dir)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The file is written, too, when a panic goes through `block_on`, as the runtime is dropped on its way. And on Ctrl-C: this
/// takes over the signal, and at the next event (the signal ends the loop's sleep, which is one) writes the file and lets the
/// signal end the process. A second Ctrl-C ends it at once. A program that waits for Ctrl-C with
/// [`unless_interrupted`](crate::signal::unless_interrupted) ends as it does without this. One that has a handler of
/// another kind takes a [`Recorder`] and writes its log itself; and `std::process::exit` drops nothing, so there is
/// no file then.
///
/// What goes wrong in the end is told on stderr, in a line: nobody is left to give an error to.
///
/// # Errors
/// [`FileError`] if the path has another ending, or its folder takes no files.
pub fn to_file(path: impl AsRef<Path>) -> Result<ToFile, FileError> {
    let output = Output::create(path.as_ref())?;
    let program = env::args_os().next().unwrap_or_default();
    let title = Path::new(&program).file_stem().unwrap_or_default().to_string_lossy().into_owned();
    Ok(ToFile {
        recorder: Recorder::new(title),
        output: RefCell::new(Some(output)),
        #[cfg(unix)]
        interrupted: interrupt::flag(),
    })
}

/// The observer of [`to_file`].
pub struct ToFile {
    recorder: Recorder,
    /// None once it is written.
    output: RefCell<Option<Output>>,
    #[cfg(unix)]
    interrupted: std::sync::Arc<std::sync::atomic::AtomicBool>,
}

impl ToFile {
    fn write(&self) {
        let Some(output) = self.output.take() else { return };
        let path = text::one_line(&output.path().to_string_lossy());
        let log = self.recorder.take();
        // stderr may be closed, and there is nobody else to tell.
        let _ = match output.write(&log) {
            Ok(()) => {
                writeln!(io::stderr(), "Wrote {path}: {}", text::counted(log.events.len() as u64, "event"))
            }
            Err(why) => writeln!(io::stderr(), "{why}"),
        };
    }
}

impl Observer for ToFile {
    fn event(&self, event: &Event<'_>) {
        self.recorder.event(event);
        #[cfg(unix)]
        if self.interrupted.load(std::sync::atomic::Ordering::Relaxed) && !crate::signal::is_awaited() {
            self.write();
            interrupt::end_the_process();
        }
    }
}

impl Drop for ToFile {
    fn drop(&mut self) {
        self.write();
    }
}

#[cfg(unix)]
mod interrupt {
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    use signal_hook::consts::SIGINT;
    use signal_hook::{flag, low_level};

    /// What Ctrl-C sets from now on, instead of ending the process; if it is set already, it does end it.
    pub(super) fn flag() -> Arc<AtomicBool> {
        let interrupted = Arc::<AtomicBool>::default();
        // They fail for signals that cannot be handled, which this one is not. If they did, Ctrl-C were as it always is.
        let _ = flag::register_conditional_default(SIGINT, interrupted.clone());
        let _ = flag::register(SIGINT, interrupted.clone());
        interrupted
    }

    /// As if nobody had handled the signal, so that a shell sees what it was.
    pub(super) fn end_the_process() {
        let _ = low_level::emulate_default_handler(SIGINT);
    }
}
