//! The picture on a terminal: the bars, how they look, and the lines that go above them.

use std::cell::{Cell, RefCell};
use std::env;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::{End, FRAME};
use crate::text;

/// The part of the terminal that is drawn again and again, and the lines that go above it.
struct Screen {
    multi: MultiProgress,
    looks: Looks,
    coloured: bool,
    /// The bars of ended files, in the view of each: one that nobody holds would vanish at the next line.
    ended: RefCell<Vec<ProgressBar>>,
    /// Lines that wait for the next frame: a picture for each of 10,000 lines would cost more than the files.
    queued: RefCell<String>,
    printed: Cell<Option<Instant>>,
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
        let coloured = env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Some(Screen {
            looks: Looks::new(widest.clamp(8, 24), coloured),
            multi: MultiProgress::with_draw_target(target),
            coloured,
            ended: RefCell::default(),
            queued: RefCell::default(),
            printed: Cell::default(),
        })
    }

    /// A new bar, below the others.
    fn add(&self, name: &str) -> ProgressBar {
        let bar = ProgressBar::no_length().with_style(self.looks.queued.clone());
        let bar =
            self.multi.add(bar.with_prefix(text::shorten(&text::one_line(name), self.looks.name_width)));
        bar.tick();
        bar
    }

    fn print(&self, line: &str, at_once: bool) {
        let mut queued = self.queued.borrow_mut();
        if !queued.is_empty() {
            queued.push('\n');
        }
        queued.push_str(line);
        drop(queued);
        if at_once { self.print_queued() } else { self.print_if_due() }
    }

    fn print_if_due(&self) {
        if self.printed.get().is_none_or(|at| at.elapsed() >= FRAME) {
            self.print_queued();
        }
    }

    fn print_queued(&self) {
        let lines = self.queued.take();
        if !lines.is_empty() {
            self.printed.set(Some(Instant::now()));
            let _ = self.multi.println(lines);
        }
    }

    fn leave(&self) {
        // The last bar fills its line to the edge and the cursor hangs there.
        let _ = writeln!(io::stderr());
    }
}

/// The line for the whole, in the view of many.
struct Total {
    bar: ProgressBar,
    counts: Arc<Counts>,
    /// How many bars stand below it.
    shown: Cell<usize>,
}

/// Atomic because the library wants what it formats to be `Sync`; only one thread comes here.
#[derive(Debug, Default)]
struct Counts {
    bytes: AtomicU64,
    failed: AtomicU64,
}

impl Total {
    fn new(screen: &Screen, files: u64) -> Self {
        let counts = Arc::new(Counts::default());
        let width = 2 * text::count(files).len() + " of  files  1.23 MB".len();
        let style = style(&screen.looks.total.replace("WIDTH", &width.to_string())).with_key("counts", {
            let counts = Arc::clone(&counts);
            move |state: &ProgressState, out: &mut dyn fmt::Write| {
                let done = text::count(state.pos());
                let bytes = text::bytes(counts.bytes.load(Relaxed));
                let _ = write!(out, "{done} of {} files  {bytes}", text::count(state.len().unwrap_or(0)));
                let _ = match counts.failed.load(Relaxed) {
                    0 => Ok(()),
                    failed => write!(out, "  {} failed", text::count(failed)),
                };
            }
        });
        let bar = screen.multi.add(ProgressBar::new(files).with_style(style));
        bar.tick();
        Total { bar, counts, shown: Cell::new(0) }
    }
}

/// How a bar looks in each state. All have the same columns, so that a bar changes its colour and not its shape.
struct Looks {
    name_width: usize,
    queued: ProgressStyle,
    waiting: ProgressStyle,
    running: ProgressStyle,
    done: ProgressStyle,
    failed: ProgressStyle,
    stopped: ProgressStyle,
    /// A template, whose WIDTH depends on the number of files.
    total: &'static str,
}

impl Looks {
    fn new(name_width: usize, coloured: bool) -> Self {
        let file = |colour: &str, state: &str| {
            // Without colours the thick and the thin line still tell what is done.
            let (name, bar) = match (coloured, colour) {
                (false, _) => ("", String::new()),
                (true, "dim") => (".dim", ":.dim/dim".to_owned()),
                (true, _) => ("", format!(":.{colour}/dim")),
            };
            let state =
                if coloured { format!("{{{state}:>11.{colour}}}") } else { format!("{{{state}:>11}}") };
            style(&format!("{{prefix:{name_width}!{name}}} {{wide_bar{bar}}} {{size:>15}} {state}"))
        };
        let total =
            if coloured { "{wide_bar:.green/dim}  {counts:>WIDTH}" } else { "{wide_bar}  {counts:>WIDTH}" };
        Looks {
            name_width,
            queued: file("dim", "nothing"),
            waiting: file("dim", "waiting"),
            running: file("cyan", "rate"),
            done: file("green", "msg"),
            failed: file("red", "msg"),
            stopped: file("yellow", "msg"),
            total,
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    // The templates are ours and fixed; should one be wrong, a plain bar is better than no download.
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("━╸─")
        .with_key("waiting", |_: &ProgressState, out: &mut dyn fmt::Write| {
            let _ = write!(out, "waiting");
        })
        .with_key("size", |state: &ProgressState, out: &mut dyn fmt::Write| {
            let _ = match state.len() {
                Some(total) if state.pos() < total => write!(out, "{}", text::bytes_of(state.pos(), total)),
                None if state.pos() == 0 => Ok(()),
                _ => write!(out, "{}", text::bytes(state.pos())),
            };
        })
        .with_key("rate", |state: &ProgressState, out: &mut dyn fmt::Write| {
            // The first bytes come in a burst; what a rate made of them alone says is wild.
            let _ = match state.per_sec() {
                rate if rate >= 1.0 && state.elapsed() > 2 * FRAME => {
                    write!(out, "{}/s", text::bytes(rate as u64))
                }
                _ => Ok(()),
            };
        })
}
