//! The log as a story, in lines: each event in words, with its time and its number. The words are [`Story`]'s.

use std::io::{self, Write};

use super::event::What;
use super::log::Log;
use super::names::span;
use super::story::Story;
use crate::text;

/// Writes the story of a log, each event on a line with its time and its number.
///
/// With `columns`, longer lines are broken there, between words. With `coloured`, times and numbers are dim.
///
/// # Errors
/// Those of the writer.
pub fn write(log: &Log, columns: Option<usize>, coloured: bool, mut to: impl Write) -> io::Result<()> {
    let mut story = Story::new(log);
    let digits = log.events.len().to_string().len();
    for event in &log.events {
        // What happens within a poll stands further in.
        let inner = if story.machine().running.is_some() && !ends_poll(&event.what) { "  " } else { "" };
        let sentence = text::one_line(&story.tell(event));
        let start =
            format!("{:>8}  {:>width$}  ", span(event.t), format!("#{}", event.n), width = digits + 1);
        let margin = start.chars().count() + inner.len();
        let lines = match columns {
            None => vec![sentence],
            // A terminal that is narrower than a word or two scrolls.
            Some(columns) => text::wrapped(&sentence, columns.saturating_sub(margin).max(20)),
        };
        for (nth, line) in lines.iter().enumerate() {
            match (nth, coloured) {
                (0, false) => writeln!(to, "{start}{inner}{line}")?,
                (0, true) => writeln!(to, "\x1b[2m{start}\x1b[0m{inner}{line}")?,
                _ => writeln!(to, "{:margin$}{line}", "")?,
            }
        }
    }
    if log.header.cut {
        writeln!(to, "The run went on, but the recorder stopped here, at its limit.")?;
    }
    Ok(())
}

/// Whether the event ends the poll that runs.
fn ends_poll(what: &What) -> bool {
    matches!(what, What::Pending { .. } | What::Ready { .. } | What::Panicked { .. } | What::Turn)
}
