//! What one sees while files come in.
//!
//! Three views, chosen once at the start (and a fourth, [`silent`](Progress::silent), for who wants none):
//! - **Lines**, unless stdout and stderr are both a terminal: `Downloaded NAME` on stdout as each file is done. (With
//!   `--json` stdout is for programs, and this goes to stderr.)
//! - **Each**, on a terminal, up to 20 files: a bar for each, from the first moment to the last.
//! - **Many**, on a terminal, more files: one line for the whole, and bars for some of those that run.
//!
//! A failure is one line on stderr in all of them. Where there are bars, lines are printed above them. (Bars on
//! stderr while stdout is a pipe were tried: in `demo | tee log` the lines come back into the same terminal, behind
//! the back of whoever draws the bars, and tear them apart.)
//!
//! Nothing here ticks: the screen changes because a task called, never because time went by, so there is no thread
//! and no timer beside the loop. And a call is cheap: a bar is drawn again at most once a [`FRAME`], what comes
//! in between is added up. Everything is on the loop's thread, so counters are plain cells.
//!
//! Output that cannot be written (a closed pipe, as in `demo | head`) is given up without a word: the files are what
//! was asked for.

mod screen;

use std::cell::{Cell, RefCell};
use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::rc::Rc;
use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use terminal_size::{Width, terminal_size};

use self::screen::{Screen, Total};
use crate::download::record::Record;
use crate::text;

/// The shortest time between two drawings of the same thing: 20 pictures a second.
pub const FRAME: Duration = Duration::from_millis(50);

/// Up to this many files have a bar each, all the time: they fit a terminal of 24 lines.
const EACH: usize = 20;

/// Owns what is shown of a download of many files. Hand each task its [`FileBar`], then [`finish`](Self::finish).
///
/// ```
/// use demo::progress::Progress;
///
/// let progress = Progress::new(["a.txt", "b.txt"], false);
/// let (a, b) = (progress.file("a.txt"), progress.file("b.txt"));
/// a.requested();
/// a.started(0, Some(5)); // the answer's head is there, and says how long the body is
/// a.advanced(5);
/// a.done(); // prints `Downloaded a.txt`
/// b.failed(&"connection refused"); // prints `Failed b.txt: connection refused`
/// progress.finish();
/// ```
pub struct Progress {
    view: Rc<View>,
    json: bool,
}

/// How many columns the terminal has, if stdout is one.
pub(crate) fn columns() -> Option<usize> {
    let (Width(columns), _) = io::stdout().is_terminal().then(terminal_size).flatten()?;
    Some(columns.into())
}

enum View {
    Silent,
    Lines { to_stderr: bool },
    Each(Screen),
    Many(Screen, Total),
}

impl Progress {
    /// For files of these names; what counts is how many they are and how wide the widest is.
    ///
    /// Bars appear if stdout and stderr are terminals and `TERM` is not `dumb`; colours unless `NO_COLOR` is set. With
    /// `json`, stdout is for [records](Self::record).
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>, json: bool) -> Self {
        let (mut files, mut widest) = (0, 0);
        for name in names {
            files += 1;
            widest = widest.max(text::width(name));
        }
        let screen = if io::stdout().is_terminal() { Screen::on_stderr(widest) } else { None };
        let view = match screen {
            None => View::Lines { to_stderr: json },
            Some(screen) if files <= EACH => View::Each(screen),
            Some(screen) => {
                let total = Total::new(&screen, files as u64);
                View::Many(screen, total)
            }
        };
        Progress { view: Rc::new(view), json }
    }

    /// Nothing is shown.
    pub fn silent() -> Self {
        Progress { view: Rc::new(View::Silent), json: false }
    }

    /// Prints the line of JSON of a file that came to its end, if that was asked for.
    pub fn record(&self, record: &Record) {
        match &*self.view {
            _ if !self.json => {}
            View::Lines { .. } => drop(writeln!(io::stdout(), "{}", record.line())),
            bars => bars.say(&record.line()),
        }
    }

    /// The handle through which the task of one file tells how it goes. Take them in the order in which the files
    /// are to stand on the screen.
    pub fn file(&self, name: &str) -> FileBar {
        let name = text::one_line(name);
        let bar = match &*self.view {
            View::Each(screen) => Some(screen.add(&name)),
            View::Silent | View::Lines { .. } | View::Many(..) => None,
        };
        FileBar {
            view: self.view.clone(),
            name: RefCell::new(name),
            bar: RefCell::new(bar),
            since: Cell::new(None),
            undrawn: Cell::new(0),
            next_frame: Cell::new(None),
            ended: Cell::new(false),
        }
    }

    /// Draws what is not on the screen yet because it came within a [`FRAME`] of the last picture.
    ///
    /// Nothing is lost without it, since the next call for any file draws. It is for somebody who knows that there
    /// will be none for long.
    pub fn refresh(&self) {
        if let View::Many(_, total) = &*self.view {
            total.draw();
        }
        if let Some(screen) = self.view.screen() {
            screen.print_queued();
        }
    }

    /// Draws the last picture and leaves it, with the cursor on the line below.
    pub fn finish(self) {
        self.refresh();
        if let View::Many(_, total) = &*self.view {
            total.finish();
        }
        if let Some(screen) = self.view.screen() {
            screen.freeze();
        }
    }
}

impl View {
    fn screen(&self) -> Option<&Screen> {
        match self {
            View::Silent | View::Lines { .. } => None,
            View::Each(screen) | View::Many(screen, _) => Some(screen),
        }
    }

    fn say(&self, line: &str) {
        match self {
            View::Silent => {}
            // Stdout flushes at each line break: whoever reads along sees it at once, for one system call a file.
            View::Lines { to_stderr: false } => drop(writeln!(io::stdout(), "{line}")),
            View::Lines { to_stderr: true } => drop(writeln!(io::stderr(), "{line}")),
            View::Each(screen) => screen.print(line),
            // 10,000 lines would be 10,000 pictures, which take longer than the files.
            View::Many(screen, _) => screen.print_at_frame(line),
        }
    }

    fn complain(&self, line: &str) {
        match (self, self.screen()) {
            (View::Silent, _) => {}
            (_, None) => drop(writeln!(io::stderr(), "{line}")),
            (_, Some(screen)) => screen.print(line),
        }
    }

    /// The word in an ANSI colour, if colours are wanted.
    fn painted(&self, word: &str, colour: &str) -> String {
        match self.screen() {
            Some(screen) if screen.is_coloured() => format!("\x1b[{colour}m{word}\x1b[0m"),
            _ => word.to_owned(),
        }
    }
}

/// How one file goes. If it is dropped before its end (the task was cancelled, as by Ctrl-C), the picture is left
/// as it stands.
pub struct FileBar {
    view: Rc<View>,
    /// As it may be printed.
    name: RefCell<String>,
    /// None in the view of lines; in the view of many, while it waits or has found no place.
    bar: RefCell<Option<ProgressBar>>,
    /// When the request went out, or failing that, when the answer came.
    since: Cell<Option<Instant>>,
    /// Bytes that the bar was not told of yet.
    undrawn: Cell<u64>,
    /// The bar is left alone until then.
    next_frame: Cell<Option<Instant>>,
    ended: Cell<bool>,
}

/// How a file's download came to its end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Done,
    Failed,
}

impl FileBar {
    /// The file's turn has come: its time counts from now on, and what is waited for is the other side. Before, it
    /// waited for its place among those that run.
    pub fn requested(&self) {
        self.since.set(Some(Instant::now()));
        if let (Some(screen), Some(bar)) = (self.view.screen(), &*self.bar.borrow()) {
            screen.show_waiting(bar);
        }
    }

    /// What came so far was in vain, or not enough: after this time, retry number `n` of `of` follows.
    pub fn waiting(&self, time: Duration, (n, of): (u32, u32), reason: &impl Display) {
        match (self.view.screen(), &*self.bar.borrow()) {
            (Some(screen), Some(bar)) => screen.show_pause(bar, time),
            (Some(_), None) => {}
            (None, _) => {
                let name = self.name.borrow();
                let reason = text::one_line(&reason.to_string());
                let wait = match time.is_zero() {
                    true => "Retry".to_owned(),
                    false => format!("Waiting {} for retry", text::duration(time)),
                };
                self.view.complain(&format!("{wait} {n} of {of}: {name}: {reason}"));
            }
        }
    }

    /// The pause is over.
    pub fn asked_again(&self) {
        if let (Some(screen), Some(bar)) = (self.view.screen(), &*self.bar.borrow()) {
            screen.show_waiting(bar);
        }
    }

    /// The server names the file otherwise.
    pub fn rename(&self, name: &str) {
        *self.name.borrow_mut() = text::one_line(name);
    }

    /// The answer's head is there; `total` is the length of the file, if it says so, and its first `from` bytes are there
    /// already. Once more (after a retry), the bar starts over.
    pub fn started(&self, from: u64, total: Option<u64>) {
        let Some(screen) = self.view.screen() else { return };
        if self.since.get().is_none() {
            self.since.set(Some(Instant::now()));
        }
        self.undrawn.set(0);
        let mut bar = self.bar.borrow_mut();
        if let View::Many(_, all) = &*self.view
            && bar.is_none()
            && all.take_place()
        {
            *bar = Some(screen.add(&self.name.borrow()));
        }
        if let Some(bar) = &*bar {
            screen.show_running(bar, from, total);
        }
    }

    /// This many more bytes of the body are there.
    pub fn advanced(&self, bytes: u64) {
        let Some(screen) = self.view.screen() else { return };
        self.undrawn.set(self.undrawn.get().saturating_add(bytes));
        let now = Instant::now();
        if self.next_frame.get().is_some_and(|next| now < next) {
            return;
        }
        self.next_frame.set(Some(now + FRAME));
        self.draw();
        if let View::Many(_, total) = &*self.view {
            total.draw();
            screen.print_if_due();
        }
    }

    /// The file is whole and has its name.
    pub fn done(self) {
        self.end(End::Done, || {
            let took = self.since.get().map_or(String::new(), |since| text::duration(since.elapsed()));
            format!("✓ {took}")
        });
        self.view.say(&format!("{} {}", self.view.painted("Downloaded", "32"), self.name.borrow()));
    }

    /// All `len` bytes of the file were there already: it was not asked for.
    pub fn was_whole(self, len: u64) {
        self.started(len, Some(len));
        self.end(End::Done, || "✓ was there".to_owned());
        self.view.say(&format!("{} {}", self.view.painted("Already whole:", "32"), self.name.borrow()));
    }

    /// The file failed; the reason is printed in one line.
    pub fn failed(self, reason: &impl Display) {
        self.end(End::Failed, || "✗ failed".to_owned());
        let reason = text::one_line(&reason.to_string());
        let (failed, name) = (self.view.painted("Failed", "31"), self.name.borrow());
        self.view.complain(&format!("{failed} {name}: {reason}"));
    }

    /// Tells the bar and the total of the bytes that came since the last time.
    fn draw(&self) {
        let bytes = self.undrawn.take();
        if let View::Many(_, total) = &*self.view {
            total.add_bytes(bytes);
        }
        if let Some(bar) = &*self.bar.borrow() {
            bar.inc(bytes);
        }
    }

    fn end(&self, how: End, message: impl FnOnce() -> String) {
        self.ended.set(true);
        self.draw();
        match (&*self.view, self.bar.take()) {
            (View::Each(screen), Some(bar)) => screen.show_end(bar, how, message()),
            (View::Many(screen, total), bar) => {
                if let Some(bar) = bar {
                    screen.remove(&bar);
                    total.free_place();
                }
                total.count(how);
            }
            (View::Silent | View::Lines { .. } | View::Each(_), _) => {}
        }
    }
}

impl Drop for FileBar {
    fn drop(&mut self) {
        if !self.ended.get()
            && let Some(screen) = self.view.screen()
        {
            screen.freeze();
        }
    }
}
