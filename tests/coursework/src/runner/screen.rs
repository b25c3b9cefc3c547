//! 80 columns, with colours on a terminal.

use std::env;
use std::io::{self, IsTerminal, Write};

use super::course;

/// The widest line.
const WIDTH: usize = 80;

/// Where the runner prints.
pub(super) struct Screen {
    /// How wide.
    pub(super) width: usize,
    /// Whether with colours.
    pub(super) coloured: bool,
}

/// How a text looks.
#[derive(Clone, Copy)]
pub(super) enum Style {
    Plain,
    Bold,
    Dim,
    Good,
    Bad,
    Call,
}

impl Screen {
    /// stdout. Colours are for terminals only, and not where `NO_COLOR` asks for none (<https://no-color.org>).
    pub(super) fn of_terminal() -> Screen {
        let no_colour = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let is_dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
        let columns = terminal_size::terminal_size().map_or(WIDTH, |(columns, _)| usize::from(columns.0));
        Screen {
            width: columns.clamp(40, WIDTH),
            coloured: io::stdout().is_terminal() && !no_colour && !is_dumb,
        }
    }

    /// The text with its colour, or without.
    pub(super) fn paint(&self, style: Style, text: &str) -> String {
        // SGR, ECMA-48 8.3.117: bold, faint, green, red, cyan; 0 ends it.
        let code = match style {
            Style::Plain => return text.to_owned(),
            Style::Bold => "1",
            Style::Dim => "2",
            Style::Good => "32",
            Style::Bad => "31",
            Style::Call => "36",
        };
        if self.coloured { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// A line as it is.
    pub(super) fn line(&self, line: &str) {
        // Output that cannot be written (a closed pipe) is given up: the exit code tells the rest.
        let _ = writeln!(io::stdout(), "{line}");
    }

    /// A text, broken into lines that begin with so many blanks. A paragraph that is indented itself is a picture: its lines
    /// stay as they are.
    pub(super) fn prose(&self, indent: usize, style: Style, text: &str) {
        for paragraph in text.split("\n\n") {
            if paragraph.starts_with("    ") {
                paragraph.lines().for_each(|line| self.line(&format!("{:indent$}{line}", "")));
                continue;
            }
            for line in wrapped(paragraph, self.width - indent) {
                self.line(&format!("{:indent$}{}", "", self.paint(style, &line)));
            }
        }
    }

    /// Wipes it, if it is a terminal.
    pub(super) fn clear(&self) {
        if self.coloured {
            // Erase all of the display, and what has scrolled out of it; then to the top left.
            let _ = write!(io::stdout(), "\x1b[2J\x1b[3J\x1b[H").and_then(|()| io::stdout().flush());
        }
    }

    /// What takes its time, until [`idle`](Self::idle). On a terminal only.
    pub(super) fn busy(&self, what: &str) {
        if self.coloured {
            // The line is wiped, and the cursor stays at its beginning: what is printed next takes its place.
            let _ =
                write!(io::stdout(), "\r\x1b[K\x1b[2m{what} …\x1b[0m\r").and_then(|()| io::stdout().flush());
        }
    }

    /// That is over.
    pub(super) fn idle(&self) {
        if self.coloured {
            let _ = write!(io::stdout(), "\r\x1b[K").and_then(|()| io::stdout().flush());
        }
    }

    /// A command that one may type next.
    pub(super) fn call(&self, arguments: &str, what: &str) {
        let command = format!("cargo run -p coursework -- {arguments}");
        let command = if arguments.is_empty() { "cargo run -p coursework".to_owned() } else { command };
        self.line(&format!(
            "  {}  {}",
            self.paint(Style::Call, &format!("{command:<42}")),
            self.paint(Style::Dim, what)
        ));
    }

    /// A file to look into.
    pub(super) fn file(&self, path: &std::path::Path) -> String {
        self.paint(Style::Bold, &course::short(path))
    }
}

/// The text in lines of at most `columns` characters, broken at its blanks.
pub(super) fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= columns => {
                *line += &format!(" {word}");
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
