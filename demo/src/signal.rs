//! Ctrl-C as one more thing to wait for.
//!
//! A signal interrupts whatever runs, at any instruction, so its handler may do next to nothing. Ours writes one byte
//! into a socket pair (the *self-pipe trick*; the handler is signal-hook's). The other end is a source of the loop like
//! any other: a task awaits it, and what is to be done on Ctrl-C is then done in ordinary code, at an ordinary place.
//! (A thread that waits for signals would do it too, but this program shows that it needs none.)
//!
//! Ordinary code may be held up: the loop waits for the jobs of the blocking pool that run, and a lookup or a disk can
//! hang. So a second signal ends the process at once, from within the handler, as the OS would have done with the first.
//!
//! Windows has no such signals: there Ctrl-C ends the process as it always does.

use std::io;
#[cfg(unix)]
use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, Ordering},
};

/// Set while a signal is to end the process at once, as [`to_file`](crate::trace::to_file) has nothing to write.
#[cfg(unix)]
pub(crate) static ENDS_AT_ONCE: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// Somebody waits for signals, or has: they are not to be handled in any other way.
#[cfg(unix)]
static AWAITED: AtomicBool = AtomicBool::new(false);

/// Whether [`unless_interrupted`] was called in this process.
#[cfg(unix)]
pub(crate) fn is_awaited() -> bool {
    AWAITED.load(Ordering::Relaxed)
}

/// Waits for `work`, or for a signal that asks the process to end: Ctrl-C, `kill`, or that its terminal is gone. Then
/// `work` is dropped where it stands, and the error is the exit code that says so (128 and the signal's number, as a
/// shell counts: 130 for Ctrl-C).
///
/// From then on, and also when `work` is done, the next signal ends the process at once: to be used once a process, for
/// its main part.
///
/// # Errors
/// If the OS has no file descriptor left for the signals' pipe.
pub async fn unless_interrupted<F: Future>(work: F) -> io::Result<Result<F::Output, u8>> {
    #[cfg(unix)]
    {
        use runtime::{Either, race};

        let signals = unix::Signals::new()?;
        AWAITED.store(true, Ordering::Relaxed);
        if let Some(ends) = ENDS_AT_ONCE.get() {
            ends.store(false, Ordering::SeqCst);
        }
        Ok(match race(work, signals.arrived()).await {
            Either::Left(output) => Ok(output),
            Either::Right(signal) => Err(128 + signal),
        })
    }
    #[cfg(not(unix))]
    Ok(Ok(work.await))
}

#[cfg(unix)]
pub(crate) mod unix {
    use std::fs;
    use std::io::{self, Read};
    use std::os::unix::net::UnixStream as Pair;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    use runtime::Async;
    use runtime::mio::net::UnixStream;
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::flag;
    use signal_hook::low_level::pipe;

    /// The signals that ask the process to end, as something that can be read.
    pub(super) struct Signals {
        readable: Async<UnixStream>,
        /// The one that came.
        number: Arc<AtomicUsize>,
        /// One came before, or nobody waits for it any more: the next ends the process.
        is_last: Arc<AtomicBool>,
    }

    impl Signals {
        pub(super) fn new() -> io::Result<Self> {
            let (reader, writer) = Pair::pair()?;
            reader.set_nonblocking(true)?;
            let readable = Async::new(UnixStream::from_std(reader))?;
            // That a signal may come is no sign that the program gets on.
            readable.set_background(true);
            let (number, is_last) = (Arc::<AtomicUsize>::default(), Arc::<AtomicBool>::default());
            // Last, so that nothing can fail behind a handler.
            for signal in [SIGINT, SIGTERM, SIGHUP] {
                if signal == SIGHUP && !is_heeded(signal) {
                    continue;
                }
                // They run in this order: what the first signal sets, the second finds.
                flag::register_conditional_shutdown(signal, 128 + signal, is_last.clone())?;
                flag::register(signal, is_last.clone())?;
                flag::register_usize(signal, number.clone(), signal as usize)?;
                pipe::register(signal, writer.try_clone()?)?;
            }
            Ok(Signals { readable, number, is_last })
        }

        /// Waits until one has come: its number.
        pub(super) async fn arrived(&self) -> u8 {
            // Whatever the read says but "would block" means that there is something: a byte.
            let _ = self.readable.read_with(|mut pipe| pipe.read(&mut [0])).await;
            self.number.load(Ordering::SeqCst) as u8
        }
    }

    impl Drop for Signals {
        fn drop(&mut self) {
            // To take the handlers away would not bring the OS's own back: the process could not be ended any more.
            self.is_last.store(true, Ordering::SeqCst);
        }
    }

    /// Whether the signal was not ignored when this process was started, as `nohup` has it: then it must stay so.
    /// Neither std nor signal-hook tells, but Linux does, in a file; elsewhere such signals are left alone.
    pub(crate) fn is_heeded(signal: i32) -> bool {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        let mask = mask.and_then(|digits| u64::from_str_radix(digits.trim(), 16).ok());
        mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 0)
    }
}
