//! The picture on a terminal: the bars, how they look, and the lines that go above them.

use std::cell::{Cell, RefCell};
use std::env;
use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::{End, FRAME, columns};
use crate::text;

/// The most bars that stand below the total: both, and some lines above, fit a terminal of 24 lines.
const PLACES: usize = 16;

/// From then on the rate shown is that of the last seconds.
const SETTLED: Duration = Duration::from_secs(5);

/// The part of the terminal that is drawn again and again, and the lines that go above it.
pub(super) struct Screen {
    multi: MultiProgress,
    looks: Looks,
    is_coloured: bool,
    /// The bars of ended files, in the view of each: one that nobody holds would vanish at the next line.
    ended: RefCell<Vec<ProgressBar>>,
    /// Lines that wait for the next frame.
    queued: RefCell<String>,
    /// When lines were printed last.
    printed: Cell<Option<Instant>>,
    is_frozen: Cell<bool>,
}

impl Screen {
    /// A picture on stderr, for names of up to `widest` columns; none where it would not be seen.
    pub(super) fn on_stderr(widest: usize) -> Option<Self> {
        // The library draws nothing on a hidden target (no terminal, or a dumb one): ask it, so that we never differ.
        let target = ProgressDrawTarget::stderr();
        if target.is_hidden() {
            return None;
        }
        // https://no-color.org: set and not empty.
        let is_coloured = env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Some(Screen {
            multi: MultiProgress::with_draw_target(target),
            looks: Looks::new(widest, columns().unwrap_or(80), is_coloured),
            is_coloured,
            ended: RefCell::default(),
            queued: RefCell::default(),
            printed: Cell::default(),
            is_frozen: Cell::default(),
        })
    }

    pub(super) fn is_coloured(&self) -> bool {
        self.is_coloured
    }

    /// A new bar, below the others.
    pub(super) fn add(&self, name: &str) -> ProgressBar {
        let bar = ProgressBar::no_length()
            .with_style(self.looks.queued.clone())
            .with_prefix(text::shorten(name, self.looks.name_width));
        // Not drawn before it is a member, or the library loses count of its lines.
        let bar = self.multi.add(bar);
        bar.tick();
        bar
    }

    pub(super) fn show_waiting(&self, bar: &ProgressBar) {
        bar.set_style(self.looks.waiting.clone());
        bar.tick();
    }

    /// Nothing happens for this time. (It does not count down: nothing here ticks.)
    pub(super) fn show_pause(&self, bar: &ProgressBar, time: Duration) {
        bar.set_style(self.looks.pausing.clone());
        bar.set_message(match time.is_zero() {
            true => "↻ again".to_owned(),
            false => format!("↻ {}", text::duration(time)),
        });
        bar.tick();
    }

    /// From its first `from` bytes on, for a file of this length.
    pub(super) fn show_running(&self, bar: &ProgressBar, from: u64, total: Option<u64>) {
        let mut style = self.looks.running.clone();
        if from > 0 {
            // What was there before came at no rate.
            style = style.with_key("rate", move |state: &ProgressState, out: &mut dyn fmt::Write| {
                put(out, &rate(state, from));
            });
        }
        bar.set_style(style);
        bar.reset();
        bar.set_position(from);
        bar.reset_eta();
        match total {
            Some(total) => bar.set_length(total),
            None => bar.unset_length(),
        }
    }

    /// Stays as it is until the end.
    pub(super) fn show_end(&self, bar: ProgressBar, how: End, message: String) {
        if how == End::Done {
            bar.set_length(bar.position()); // it may not have been known before
        }
        bar.set_style(match how {
            End::Done => self.looks.done.clone(),
            End::Failed => self.looks.failed.clone(),
        });
        bar.abandon_with_message(message);
        self.ended.borrow_mut().push(bar);
    }

    /// Leaves the picture as it stands, with the cursor on the line below; what is printed later goes there.
    ///
    /// After Ctrl-C nothing can be drawn over it: the terminal has written `^C` behind the last bar, and so broken
    /// the line; where the picture begins is no longer known.
    pub(super) fn freeze(&self) {
        if !self.is_frozen.replace(true) {
            self.multi.set_draw_target(ProgressDrawTarget::hidden());
            // The last bar fills its line to the edge, where the cursor hangs.
            let _ = writeln!(io::stderr());
        }
    }

    pub(super) fn remove(&self, bar: &ProgressBar) {
        self.multi.remove(bar);
    }

    /// Prints a line above the bars, now.
    pub(super) fn print(&self, line: &str) {
        self.queue(line);
        self.print_queued();
    }

    /// Prints a line above the bars, with the next frame.
    pub(super) fn print_at_frame(&self, line: &str) {
        self.queue(line);
        self.print_if_due();
    }

    pub(super) fn print_if_due(&self) {
        if self.printed.get().is_none_or(|at| at.elapsed() >= FRAME) {
            self.print_queued();
        }
    }

    pub(super) fn print_queued(&self) {
        let lines = self.queued.take();
        if !lines.is_empty() {
            self.printed.set(Some(Instant::now()));
            let _ = match self.is_frozen.get() {
                false => self.multi.println(lines),
                true => writeln!(io::stderr(), "{lines}"),
            };
        }
    }

    fn queue(&self, line: &str) {
        let mut queued = self.queued.borrow_mut();
        if !queued.is_empty() {
            queued.push('\n');
        }
        queued.push_str(line);
    }
}

/// The line for the whole, in the view of many. It stands above the bars, so that it keeps its place when they come
/// and go.
pub(super) struct Total {
    bar: ProgressBar,
    counts: Arc<Counts>,
    /// How many bars stand below it.
    places_taken: Cell<usize>,
}

/// Atomic because the library wants what it formats to be `Sync`; only one thread comes here.
#[derive(Default)]
struct Counts {
    bytes: AtomicU64,
    failed: AtomicU64,
}

impl Total {
    pub(super) fn new(screen: &Screen, files: u64) -> Self {
        let counts = Arc::new(Counts::default());
        let shown = counts.clone();
        let style = screen.looks.total(files).with_key(
            "counts",
            move |state: &ProgressState, out: &mut dyn fmt::Write| {
                let (done, bytes) = (text::count(state.pos()), text::bytes(shown.bytes.load(Relaxed)));
                let failed = match shown.failed.load(Relaxed) {
                    0 => String::new(),
                    n => format!("  {} failed", text::count(n)),
                };
                put(out, &format!("{done} of {} files  {bytes}{failed}", text::count(files)));
            },
        );
        let bar = screen.multi.add(ProgressBar::new(files).with_style(style));
        bar.tick();
        Total { bar, counts, places_taken: Cell::new(0) }
    }

    /// Whether there is room for one more bar, which is then taken.
    pub(super) fn take_place(&self) -> bool {
        let taken = self.places_taken.get();
        self.places_taken.set(taken + usize::from(taken < PLACES));
        taken < PLACES
    }

    pub(super) fn free_place(&self) {
        self.places_taken.set(self.places_taken.get().saturating_sub(1));
    }

    pub(super) fn add_bytes(&self, bytes: u64) {
        self.counts.bytes.fetch_add(bytes, Relaxed);
    }

    /// One file has come to its end.
    pub(super) fn count(&self, how: End) {
        if how == End::Failed {
            self.counts.failed.fetch_add(1, Relaxed);
        }
        self.bar.inc(1);
    }

    pub(super) fn draw(&self) {
        self.bar.tick();
    }

    pub(super) fn finish(&self) {
        self.bar.abandon();
    }
}

/// How a bar looks in each state. All have the same columns, so that a bar changes its colour and not its shape.
struct Looks {
    columns: usize,
    name_width: usize,
    is_coloured: bool,
    queued: ProgressStyle,
    waiting: ProgressStyle,
    running: ProgressStyle,
    pausing: ProgressStyle,
    done: ProgressStyle,
    failed: ProgressStyle,
}

impl Looks {
    /// For names of up to `widest` columns, on a terminal of `columns`.
    fn new(widest: usize, columns: usize, is_coloured: bool) -> Self {
        // A narrow terminal shows no sizes, and a very narrow one no bars.
        let (between, end, room) = match columns {
            60.. => ("{wide_bar} {size:>15} ", 11, 24),
            36.. => ("{wide_bar} ", 11, 16),
            _ => ("", 9, columns.saturating_sub(1 + 9)),
        };
        let name_width = widest.max(8).min(room);
        // Without colours the thick and the thin line still tell what is done.
        let painted = |colours: String| if is_coloured { format!(".{colours}") } else { String::new() };
        let look = |state: &str, colour: &str| {
            let name = if colour == "dim" { painted(colour.to_owned()) } else { String::new() };
            let (bar, tone) = (painted(format!("{colour}/dim")), painted(colour.to_owned()));
            let between = between.replace("wide_bar", &format!("wide_bar:{bar}"));
            style(&format!("{{prefix:{name_width}!{name}}} {between}{{{state}:>{end}{tone}}}"))
        };
        Looks {
            columns,
            name_width,
            is_coloured,
            queued: look("nothing", "dim"),
            waiting: look("waiting", "dim"),
            running: look("rate", "cyan"),
            pausing: look("msg", "yellow"),
            done: look("msg", "green"),
            failed: look("msg", "red"),
        }
    }

    /// For this many files; `counts` is the caller's to add.
    fn total(&self, files: u64) -> ProgressStyle {
        // As wide as it ever gets while nothing fails, so that the bar keeps its length.
        let width = 2 * text::count(files).len() + " of  files  1.23 MB".len();
        if self.columns < 60 {
            return style(&format!("{{counts:{}!}}", self.columns));
        }
        let colour = if self.is_coloured { ".green/dim" } else { "" };
        style(&format!("{{wide_bar:{colour}}}  {{counts:>{width}}}"))
    }
}

fn style(template: &str) -> ProgressStyle {
    // The templates are ours and fixed; should one be wrong, a plain bar is better than no download.
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("━╸─")
        .with_key("waiting", |_: &ProgressState, out: &mut dyn fmt::Write| put(out, "waiting"))
        .with_key("size", |state: &ProgressState, out: &mut dyn fmt::Write| put(out, &size(state)))
        .with_key("rate", |state: &ProgressState, out: &mut dyn fmt::Write| put(out, &rate(state, 0)))
}

fn size(state: &ProgressState) -> String {
    match (state.pos(), state.len()) {
        (0, None) => String::new(),
        (done, Some(total)) if done < total => text::bytes_of(done, total),
        (done, _) => text::bytes(done),
    }
}

/// The library's estimate follows changes, but needs a while to settle. Until then the mean is better; and of the
/// first burst of bytes neither says anything.
fn rate(state: &ProgressState, from: u64) -> String {
    let per_second = match state.elapsed() {
        elapsed if elapsed < 2 * FRAME => return String::new(),
        elapsed if elapsed < SETTLED => state.pos().saturating_sub(from) as f64 / elapsed.as_secs_f64(),
        _ => state.per_sec(),
    };
    format!("{}/s", text::bytes(per_second as u64))
}

/// Writes to a string, which cannot fail.
fn put(out: &mut dyn fmt::Write, shown: &str) {
    let _ = out.write_str(shown);
}
