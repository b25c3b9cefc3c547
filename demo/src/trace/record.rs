//! The recorder: an observer that keeps all it hears.
//!
//! It runs in the loop, at each event, so it does as little as it can: it packs the event's numbers into a few words
//! ([`pack`](super::pack)), and copies texts only when they are new. All else, formatting above all, is done later, by the
//! views. With the runtime's own part (numbering, and looking at the clock) an event takes about 50 ns, and some 21 bytes.
//!
//! It stops at a limit of events, and at one of their texts (the first 4 KiB of each are kept, 64 MiB of all together), as a
//! server that runs for days would fill the memory; the log then says that it was cut. What it has is the beginning of the
//! run, and that makes sense by itself: an end without its beginning would not.

use std::cell::RefCell;
use std::mem;
use std::rc::Rc;

use runtime::trace::{self, Observer};

use super::log::{Clock, Header, Log};
use super::pack::Packed;
use super::sources;

/// How many events are kept unless another limit is set: 4,194,304. They take about 90 MB while the run goes on, and 385 MB
/// at its end, when they are unpacked to be made into views.
pub const LIMIT: u32 = 1 << 22;

/// Keeps the events of a runtime, to be made into views later. Clones are of the same recorder.
///
/// ```
/// use demo::trace::Recorder;
///
/// let recorder = Recorder::new("a yield");
/// let runtime = runtime::Builder::new().observer(recorder.clone()).build()?;
/// runtime.block_on(runtime::yield_now());
/// let log = recorder.take();
/// assert!(!log.header.cut && log.events.len() > 4);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct Recorder(Rc<RefCell<Kept>>);

struct Kept {
    header: Header,
    limit: u32,
    packed: Packed,
}

impl Recorder {
    /// A recorder whose log will have this title.
    pub fn new(title: impl Into<String>) -> Self {
        Recorder::with_limit(title, LIMIT)
    }

    /// A recorder that keeps so many events.
    pub fn with_limit(title: impl Into<String>, limit: u32) -> Self {
        Recorder(Rc::new(RefCell::new(Kept { header: Header::new(title), limit, packed: Packed::default() })))
    }

    /// The log so far. What happens after it was taken is not recorded: a log begins with the beginning.
    pub fn take(&self) -> Log {
        let (mut header, packed) = {
            let mut kept = self.0.borrow_mut();
            kept.limit = 0;
            (kept.header.clone(), mem::take(&mut kept.packed))
        };
        header.lines = sources::lines(packed.places());
        Log { header, events: packed.unpack() }
    }

    /// A copy of the log so far, while the run goes on; the lines of source are not in it. It copies all: for a look
    /// at each event of a short run, not of a long one.
    ///
    /// ```
    /// use demo::trace::Recorder;
    ///
    /// let recorder = Recorder::new("a yield");
    /// let runtime = runtime::Builder::new().observer(recorder.clone()).build()?;
    /// let so_far = runtime.block_on(async { recorder.so_far() });
    /// assert!(so_far.events.len() < recorder.take().events.len());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn so_far(&self) -> Log {
        let (header, packed) = {
            let kept = self.0.borrow();
            (kept.header.clone(), kept.packed.clone())
        };
        Log { header, events: packed.unpack() }
    }
}

impl Observer for Recorder {
    fn event(&self, event: &trace::Event<'_>) {
        // An observer is never called from within itself. If it were, one event were lost, but no program ended.
        let Ok(mut kept) = self.0.try_borrow_mut() else { return };
        let kept = &mut *kept;
        if kept.packed.len() >= kept.limit || kept.packed.is_full() {
            kept.header.cut = true;
            return;
        }
        if kept.packed.len() == 0 {
            kept.header.clock = Clock::of_this_runtime();
        }
        kept.packed.push(event);
    }
}
