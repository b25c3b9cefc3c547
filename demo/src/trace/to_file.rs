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
/// The file is written, too, when a panic goes through `block_on`, as the runtime is dropped on its way. And on Ctrl-C,
/// SIGTERM and SIGHUP: this takes over the signals, and at the next event (a signal ends the loop's sleep, which is one)
/// writes the file and lets the signal end the process. A second one ends it at once, and so does the first after all
/// files are written. The OS gives a signal to the main thread as a rule, so a runtime on another one writes its file when its
/// loop wakes for another reason. A program that waits for Ctrl-C with
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
    #[cfg(unix)]
    interrupt::begin();
    Ok(ToFile { recorder: Recorder::new(title), output: RefCell::new(Some(output)) })
}

/// The observer of [`to_file`].
pub struct ToFile {
    recorder: Recorder,
    /// None once it is written.
    output: RefCell<Option<Output>>,
}

impl ToFile {
    fn write(&self) {
        let Some(output) = self.output.take() else { return };
        let path = text::one_line(&output.path().to_string_lossy());
        let log = self.recorder.take();
        // stderr may be closed, and there is nobody else to tell.
        let _ = match output.write(&log) {
            Ok(()) => {
                writeln!(io::stderr(), "Wrote {path}: {}", log.size())
            }
            Err(why) => writeln!(io::stderr(), "{why}"),
        };
        #[cfg(unix)]
        interrupt::end();
    }
}

impl Observer for ToFile {
    fn event(&self, event: &Event<'_>) {
        self.recorder.event(event);
        #[cfg(unix)]
        if let Some(signal) = interrupt::arrived().filter(|_| !crate::signal::is_awaited()) {
            self.write();
            interrupt::end_the_process(signal);
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
    use std::ffi::c_int;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    use std::sync::{Arc, Mutex, OnceLock, PoisonError};

    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::{flag, low_level};

    use crate::signal::{ENDS_AT_ONCE, unix::is_heeded};

    /// How many files of this process are not written yet.
    static OPEN: Mutex<usize> = Mutex::new(0);

    /// The signal that came.
    static NUMBER: OnceLock<Arc<AtomicUsize>> = OnceLock::new();

    /// One more file is to be written before a signal ends the process.
    pub(super) fn begin() {
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        *open += 1;
        NUMBER.get_or_init(take_over);
        if let Some(ends) = ENDS_AT_ONCE.get().filter(|_| arrived().is_none()) {
            ends.store(false, Ordering::SeqCst);
        }
    }

    /// What the signals do from now on, instead of ending the process: they say so here, and the second one does end it.
    // Once a process: handlers that are taken away do not bring back what the OS did before them.
    fn take_over() -> Arc<AtomicUsize> {
        let number = Arc::<AtomicUsize>::default();
        let ends = ENDS_AT_ONCE.get_or_init(Arc::<AtomicBool>::default);
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            if signal == SIGHUP && !is_heeded(signal) {
                continue;
            }
            // They fail for signals that cannot be handled, which these are not. If they did, all were as it always is.
            let _ = flag::register_conditional_default(signal, ends.clone());
            let _ = flag::register(signal, ends.clone());
            let _ = flag::register_usize(signal, number.clone(), signal as usize);
        }
        number
    }

    /// A file is written. Without any left, a signal does again what it always does.
    pub(super) fn end() {
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        *open = open.saturating_sub(1);
        if let Some(ends) = ENDS_AT_ONCE.get().filter(|_| *open == 0 && !crate::signal::is_awaited()) {
            ends.store(true, Ordering::SeqCst);
        }
    }

    /// The signal, if one has come.
    pub(super) fn arrived() -> Option<c_int> {
        let number = NUMBER.get()?.load(Ordering::Relaxed);
        c_int::try_from(number).ok().filter(|number| *number != 0)
    }

    /// As if nobody had handled the signal, so that a shell sees what it was; but not while other files are to be written.
    pub(super) fn end_the_process(signal: c_int) {
        let open = *OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        if open == 0 {
            let _ = low_level::emulate_default_handler(signal);
        }
    }
}
