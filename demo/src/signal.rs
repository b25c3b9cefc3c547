//! Ctrl-C as one more thing to wait for.
//!
//! A signal interrupts whatever runs, at any instruction, so its handler may do next to nothing. Ours writes one byte
//! into a socket pair (the *self-pipe trick*; the handler is signal-hook's). The other end is a source of the loop like
//! any other: a task awaits it, and what is to be done on Ctrl-C is then done in ordinary code, at an ordinary place.
//! (A thread that waits for signals would do it too, but this program shows that it needs none.)
//!
//! Windows has no such signals: there Ctrl-C ends the process as it always does.

use std::io;

/// Waits for `work`, or for a signal that asks the process to end. Then `work` is dropped where it stands, and the
/// error is the exit code that says so (130 for Ctrl-C).
///
/// # Errors
/// If the OS has no file descriptor left for the signals' pipes.
pub async fn unless_interrupted<F: Future>(work: F) -> io::Result<Result<F::Output, u8>> {
    #[cfg(unix)]
    {
        use runtime::{Either, race};

        let (interrupt, terminate) = (unix::Signal::new(unix::SIGINT)?, unix::Signal::new(unix::SIGTERM)?);
        let signal = race(interrupt.arrived(), terminate.arrived());
        Ok(match race(work, signal).await {
            Either::Left(output) => Ok(output),
            // As a shell counts: 128 and the signal's number.
            Either::Right(Either::Left(())) => Err(128 + unix::SIGINT as u8),
            Either::Right(Either::Right(())) => Err(128 + unix::SIGTERM as u8),
        })
    }
    #[cfg(not(unix))]
    Ok(Ok(work.await))
}

#[cfg(unix)]
mod unix {
    use std::io::{self, Read};
    use std::os::unix::net::UnixStream as Pair;

    use runtime::Async;
    use runtime::mio::net::UnixStream;
    pub(super) use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::low_level::{pipe, unregister};

    /// One kind of signal, as something that can be read.
    pub(super) struct Signal {
        readable: Async<UnixStream>,
        id: signal_hook::SigId,
    }

    impl Signal {
        pub(super) fn new(signal: i32) -> io::Result<Self> {
            let (reader, writer) = Pair::pair()?;
            let id = pipe::register(signal, writer)?;
            reader.set_nonblocking(true)?;
            Ok(Signal { readable: Async::new(UnixStream::from_std(reader))?, id })
        }

        /// Waits until the signal has come.
        pub(super) async fn arrived(&self) {
            // Whatever the read says but "would block" means that there is something: a byte.
            let _ = self.readable.read_with(|mut pipe| pipe.read(&mut [0])).await;
        }
    }

    impl Drop for Signal {
        fn drop(&mut self) {
            // The OS's own handling does not come back with this, so it is for the end of the process.
            unregister(self.id);
        }
    }
}
