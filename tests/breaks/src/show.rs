//! What one sees: the list, and a break with what came of it. Made for 80 columns.

use std::fmt::Write;
use std::io::IsTerminal;
use std::time::Duration;

use crate::bench::{Outcome, Seen};
use crate::edit::Made;
use crate::list::{Break, Then};
use crate::traps::Trap;

/// How wide a line may be.
pub const WIDTH: usize = 80;

/// How many lines of what a test, or the compiler, wrote are shown, and how many events.
const LINES: usize = 12;

/// Colours, or none.
#[derive(Clone, Copy, Debug)]
pub struct Paint(bool);

impl Paint {
    /// Colours, if standard output is a terminal that is not told to have none.
    pub fn of_stdout() -> Paint {
        Paint(std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none())
    }

    /// No colours.
    pub fn none() -> Paint {
        Paint(false)
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.0 && !code.is_empty() && !text.is_empty() {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    fn dim(self, text: &str) -> String {
        self.with("2", text)
    }

    fn red(self, text: &str) -> String {
        self.with("31", text)
    }

    fn green(self, text: &str) -> String {
        self.with("32", text)
    }
}

/// The list of all breaks, under the headings of the traps.
pub fn list(breaks: &[Break], traps: &[Trap], paint: Paint) -> String {
    let edits = breaks.iter().filter(|one| one.then != Then::RuledOut).count();
    let mut text = format!(
        "{edits} edits of the source, each of which falls into a known trap of event loops\n\
         (TRAPS.md), and is caught by a test.\n"
    );
    let mut section = "";
    for trap in traps {
        if trap.section != section {
            section = &trap.section;
            text += &format!("\n{}\n", paint.bold(section));
        }
        for one in breaks.iter().filter(|one| one.trap == trap.number) {
            let file = one.edits.first().map_or("", |edit| edit.file.as_str());
            let title = format!("{:<43}", one.title);
            let (title, file) = match one.then {
                Then::RuledOut => (paint.dim(&title), ""),
                _ => (title, file),
            };
            text += format!("{:>4}  {title} {}", one.id, paint.dim(file)).trim_end();
            text += "\n";
        }
    }
    text += "\ncargo run -p breaks -- 1        make the edits of trap 1 in a copy, and watch\n\
             cargo run -p breaks -- 6b       one of those of trap 6\n\
             cargo run -p breaks -- --all    check that each fails as it says\n";
    text
}

/// One break, with what was seen of it and, if there are any, the last events of the loop.
pub fn seen(
    one: &Break,
    trap: &str,
    unbroken: Duration,
    seen: &Seen,
    events: &[String],
    paint: Paint,
) -> String {
    let mut text = format!("{}\n\n", paint.bold(&format!("{}  {}", one.id, one.title)));
    text += &wrap(&format!("Trap {}: {trap}", one.trap), 4);
    for (edit, made) in one.edits.iter().zip(&seen.made) {
        let _ =
            write!(text, "\n{}\n{}", paint.dim(&format!("{}:{}", edit.file, made.line)), diff(made, paint));
    }
    let outcome = match (seen.outcome, seen.took.as_secs_f64()) {
        (Outcome::DoesNotCompile, _) => "does not compile".to_owned(),
        (Outcome::Hangs, took) => format!("hangs      was ended after {took:.1} s"),
        (outcome, took) => format!("{:<10} {took:.1} s", outcome.word()),
    };
    let (test, before) = match one.test.as_str() {
        "" => ("the compiler", "compiles".to_owned()),
        test => (test, format!("passes     {:.1} s", unbroken.as_secs_f64())),
    };
    let [before, after] = [paint.green(&before), paint.red(&outcome)];
    let _ = write!(text, "\n{test}\n    as the source is   {before}\n    with this edit     {after}\n");
    let told = telling(&seen.output, &one.test, one.then.says());
    if !told.is_empty() {
        text += "\n";
        told.iter().for_each(|line| text += &quoted(line, paint));
    }
    if !events.is_empty() {
        text += "\nThe last that the loop did:\n";
        let from = events.len().saturating_sub(LINES);
        events[from..].iter().for_each(|event| text += &quoted(event, paint));
    }
    text += "\n";
    text += &wrap(&one.why, 4);
    text
}

/// What was there and what is now, line by line; a line that is the same stands there once.
fn diff(made: &Made, paint: Paint) -> String {
    let [before, after] = [&made.before, &made.after]
        .map(|side| side.lines().filter(|line| !line.trim().is_empty()).collect::<Vec<_>>());
    let indent =
        before.iter().chain(&after).map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
    let same = |(a, b): &(&&str, &&str)| a == b;
    let head = before.iter().zip(&after).take_while(same).count();
    let tail = before[head..].iter().rev().zip(after[head..].iter().rev()).take_while(same).count();
    let parts = [
        (&before[..head], "     ", ""),
        (&before[head..before.len() - tail], "  -  ", "31"),
        (&after[head..after.len() - tail], "  +  ", "32"),
        (&before[before.len() - tail..], "     ", ""),
    ];
    let mut text = String::new();
    for (lines, sign, colour) in parts {
        for line in lines {
            text += &paint.with(colour, &format!("{sign}{}", line.get(indent..).unwrap_or(line)));
            text += "\n";
        }
    }
    text
}

/// Of what a test wrote, the part around what the break says must be there.
fn telling<'a>(output: &'a str, test: &str, says: &str) -> Vec<&'a str> {
    const NOISE: [&str; 6] = [
        "running 1 test",
        "failures:",
        "test result:",
        "note: run with",
        "test ",
        "this happened in the usual order",
    ];
    let noise = |line: &&str| {
        let line = line.trim();
        !line.is_empty() && line != test && !NOISE.iter().any(|noise| line.starts_with(noise))
    };
    let lines: Vec<&str> = output.lines().filter(noise).collect();
    let at = lines.iter().position(|line| line.contains(says)).unwrap_or(0);
    // The line above says where.
    lines.into_iter().skip(at.saturating_sub(1)).take(LINES).collect()
}

/// A line of what something wrote, in at most three.
fn quoted(line: &str, paint: Paint) -> String {
    const ROOM: usize = WIDTH - 6;
    // Who panicked is a thread of the test's, whatever it is called.
    let line = line.find("panicked at ").map_or(line, |at| &line[at..]);
    let chars: Vec<char> = line.chars().collect();
    let mut text = String::new();
    for part in chars.chunks(ROOM).take(3) {
        text.extend([paint.dim("    │ "), part.iter().collect(), "\n".to_owned()]);
    }
    text
}

/// Words in lines of at most [`WIDTH`], with an indent; an empty line begins a new paragraph.
pub fn wrap(text: &str, indent: usize) -> String {
    let mut lines = String::new();
    for (n, paragraph) in text.trim().split("\n\n").enumerate() {
        if n > 0 {
            lines += "\n";
        }
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            if !line.is_empty() && indent + line.chars().count() + 1 + word.chars().count() > WIDTH {
                let _ = writeln!(lines, "{:indent$}{line}", "");
                line.clear();
            }
            if !line.is_empty() {
                line += " ";
            }
            line += word;
        }
        let _ = writeln!(lines, "{:indent$}{line}", "");
    }
    lines
}

/// One line on a break that was checked: how long it took to build, and the test.
pub fn checked(one: &Break, seen: &Seen, paint: Paint) -> String {
    let word = match &seen.wrong {
        None => paint.green(&format!("{:<16}", seen.outcome.word())),
        Some(_) => paint.red(&format!("{:<16}", "NOT AS IT SAYS")),
    };
    let [built, took] = [seen.built_in, seen.took].map(|time| time.as_secs_f64());
    format!("{:>4}  {:<43} {word} {built:>4.0} {took:>5.1} s", one.id, one.title)
}

/// What is not as a break says it, with the end of the output.
pub fn wrong(one: &Break, seen: &Seen, paint: Paint) -> String {
    let Some(wrong) = &seen.wrong else { return String::new() };
    let mut text = wrap(&format!("{}: {wrong}", one.id), 6);
    let lines: Vec<_> = seen.output.lines().filter(|line| !line.trim().is_empty()).collect();
    let from = lines.len().saturating_sub(30);
    lines[from..].iter().for_each(|line| text += &quoted(line, paint));
    text
}

/// A trap that nothing of ours can fall into.
pub fn ruled_out(one: &Break, trap: &str, paint: Paint) -> String {
    let head = paint.bold(&format!("{}  {}", one.id, one.title));
    format!("{head}\n\n{}\n{}", wrap(&format!("Trap {}: {trap}", one.trap), 4), wrap(&one.why, 4))
}
