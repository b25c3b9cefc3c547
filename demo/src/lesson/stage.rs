//! Where a lesson stands: what it prints to, where its runtimes and its child processes come from.
//!
//! Texts are broken into lines of 80 columns, or of the terminal's if it has fewer. Colours are for terminals only, and
//! not where `NO_COLOR` asks for none (<https://no-color.org>) or the terminal is a dumb one.

mod recordings;

use std::cell::RefCell;
use std::env;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::rc::Rc;

use runtime::trace::{Event, Observer};
use runtime::{Builder, Runtime};

use super::{Outcome, Table};
use crate::trace::{Log, Recorder, Wanted, narrate};
use crate::{event_loop, progress, text};

/// The widest line.
const WIDTH: usize = 80;

/// How far texts stand in.
const INDENT: usize = 2;

/// The stage of a lesson. Clones are of the same stage.
#[derive(Clone)]
pub struct Stage {
    out: Rc<RefCell<Box<dyn Write>>>,
    width: usize,
    coloured: bool,
    /// The name of the lesson, for the titles of recordings.
    lesson: &'static str,
    /// Stop at each event and wait for Enter.
    pub step: bool,
    /// The binary of which the child processes are made.
    pub(super) program: PathBuf,
    /// What is to become of the recordings.
    views: Wanted,
    /// A recorder for each runtime of the present try.
    recorded: Rc<RefCell<Vec<Recorder>>>,
}

/// How a text looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// As it is.
    #[default]
    Plain,
    /// A title.
    Bold,
    /// Of little weight.
    Dim,
    /// As wanted.
    Good,
    /// Gone wrong.
    Bad,
}

impl Style {
    /// The text with its colour, or without.
    pub fn paint(self, text: &str, coloured: bool) -> String {
        // SGR, ECMA-48 8.3.117: bold, faint, green, red; 0 ends it.
        let code = match self {
            Style::Plain => return text.to_owned(),
            Style::Bold => "1",
            Style::Dim => "2",
            Style::Good => "32",
            Style::Bad => "31",
        };
        if coloured && !text.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

impl Stage {
    /// On the terminal, or wherever stdout goes.
    pub fn of_terminal(step: bool, views: Wanted) -> Stage {
        let no_colour = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let is_dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
        Stage {
            width: progress::columns().map_or(WIDTH, |columns| columns.clamp(40, WIDTH)),
            coloured: io::stdout().is_terminal() && !no_colour && !is_dumb,
            step,
            views,
            // Without its own path, a lesson that needs child processes says so when it starts one.
            ..Stage::new(io::stdout(), env::current_exe().unwrap_or_default())
        }
    }

    /// Without output, for tests: they look at what is measured. `program` is the demo's binary.
    pub fn quiet(program: impl Into<PathBuf>) -> Stage {
        Stage::new(io::sink(), program.into())
    }

    fn new(out: impl Write + 'static, program: PathBuf) -> Stage {
        Stage {
            out: Rc::new(RefCell::new(Box::new(out))),
            width: WIDTH,
            coloured: false,
            lesson: "",
            step: false,
            program,
            views: Wanted::default(),
            recorded: Rc::default(),
        }
    }

    /// The stage for the lesson of this name.
    pub(super) fn of(&self, lesson: &'static str) -> Stage {
        Stage { lesson, ..self.clone() }
    }

    /// Every runtime of a lesson comes from here. `title` says which of its runs this one is.
    ///
    /// # Errors
    /// If the OS does not give what a loop needs.
    pub fn runtime(&self, title: &str, settings: Builder) -> Outcome<Runtime> {
        let settings = match self.recorder(title) {
            Some(recorder) => settings.observer(recorder),
            None => settings,
        };
        Ok(event_loop(settings)?)
    }

    /// A [`runtime`](Self::runtime) with an observer of the lesson's own.
    ///
    /// # Errors
    /// If the OS does not give what a loop needs.
    pub fn watched(&self, title: &str, settings: Builder, own: impl Observer + 'static) -> Outcome<Runtime> {
        let settings = match self.recorder(title) {
            Some(recorder) => settings.observer(move |event: &Event<'_>| {
                recorder.event(event);
                own.event(event);
            }),
            None => settings.observer(own),
        };
        Ok(event_loop(settings)?)
    }

    /// What a lesson is about.
    pub(super) fn heading(&self, text: &str) {
        self.line(&Style::Bold.paint(text, self.coloured));
        self.line(&Style::Dim.paint(&"=".repeat(text::width(text).min(self.width)), self.coloured));
    }

    /// The title of a section.
    pub(super) fn title(&self, title: &str) {
        self.line("");
        self.line(&Style::Bold.paint(title, self.coloured));
    }

    /// A section that is a text.
    pub(super) fn section(&self, title: &str, text: &str) {
        self.title(title);
        self.prose(text);
    }

    /// A text, broken into lines.
    pub fn prose(&self, text: &str) {
        self.painted(Style::Plain, text);
    }

    /// A text, broken into lines, that looks like this. A line of its own that stands in, such as a command, stays so.
    pub fn painted(&self, style: Style, text: &str) {
        for paragraph in text.lines() {
            let inset = INDENT + paragraph.len() - paragraph.trim_start().len();
            for line in text::wrapped(paragraph, self.width - inset) {
                self.line(&format!("{:inset$}{}", "", style.paint(&line, self.coloured)));
            }
        }
    }

    /// What a program said, line by line, where the rest of a line that is too long stands further in.
    pub fn quote(&self, text: &str) {
        for line in text.lines() {
            for (n, part) in text::wrapped(line, self.width - 3 * INDENT).iter().enumerate() {
                let inset = if n == 0 { 2 * INDENT } else { 3 * INDENT };
                self.line(&format!("{:inset$}{}", "", Style::Dim.paint(part, self.coloured)));
            }
        }
    }

    /// A table.
    pub fn table(&self, table: &Table) {
        for line in table.lines(self.width - INDENT, self.coloured) {
            self.line(&format!("{:INDENT$}{line}", ""));
        }
    }

    /// What happened in a run, in sentences.
    pub fn story(&self, log: &Log) {
        let mut told = Vec::new();
        // Into memory: that does not fail.
        let _ = narrate::write(log, Some(self.width), self.coloured, &mut told);
        let _ = self.out.borrow_mut().write_all(&told);
    }

    /// A line as it is, such as one of a program's text: it should not be longer than 80 columns.
    pub fn line(&self, line: &str) {
        // Output that cannot be written (a closed pipe) is given up: the exit code tells the rest.
        let _ = writeln!(self.out.borrow_mut(), "{line}");
    }
}
