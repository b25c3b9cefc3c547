//! The loop, stopped at each event: an observer that shows where it stands, and waits for Enter.
//!
//! The observer is called in the middle of what the loop is doing, on its thread. As long as this one does not return, the
//! loop stands still: no task, no timer and no socket goes on.

use std::cell::Cell;
use std::io;

use runtime::trace::{Event, Observer};

use crate::lesson::{Stage, Style, Table};
use crate::trace::Recorder;
use crate::trace::names::Names;
use crate::trace::replay::Machine;
use crate::trace::story::Story;

/// Records, and stops at each event until the reader has had enough; the rest is only told.
pub(super) fn stepper(stage: &Stage, recorder: Recorder) -> impl Observer + use<> {
    stage.section("Step by step", ABOUT_THE_CLOCK);
    let (stage, stops) = (stage.clone(), Cell::new(true));
    move |event: &Event<'_>| {
        recorder.event(event);
        let log = recorder.so_far();
        let mut story = Story::new(&log);
        let sentence = log.events.iter().map(|event| story.tell(event)).last().unwrap_or_default();
        let number = format!("#{:<2}", log.events.len());
        if stops.get() {
            stage.line("");
            stage.painted(Style::Bold, &format!("{number} {sentence}"));
            show(&stage, story.machine(), &Names::of(&log));
            stage.painted(Style::Dim, "Enter: the next event. q and Enter: on to the end.");
            stops.set(wants_more());
            // After the last stop, what follows stands apart.
            if !stops.get() {
                stage.line("");
            }
        } else {
            let mut told = Table::new(["", ""]);
            told.row(number).with(sentence);
            stage.table(&told);
        }
    }
}

const ABOUT_THE_CLOCK: &str = "The clock is a virtual one here: it stands still while you read and while tasks run (a poll \
                               takes 0 ns), and jumps to the next deadline when all wait.";

/// All that the loop has in its hands.
fn show(stage: &Stage, machine: &Machine, names: &Names) {
    let Machine { queue, running, tasks, timers, sources, .. } = machine;
    let waiting = tasks.iter().filter_map(|(task, state)| {
        Some(format!("{} for {}", names.short(*task), names.waited(state.waits_for()?, Some(*task))))
    });
    let mut table = Table::new(["", ""]);
    table.row("runs").with(running.map_or("-".to_owned(), |task| names.short(task)));
    table.row("run queue").with(list(queue.iter().map(|task| names.short(*task))));
    table.row("waiting").with(list(waiting));
    table.row("timers").with(list(timers.keys().map(|timer| format!("timer {timer}"))));
    table.row("sources").with(list(sources.keys().map(|source| names.source(*source, None))));
    stage.table(&table);
}

fn list(items: impl Iterator<Item = String>) -> String {
    let items = items.collect::<Vec<_>>().join(", ");
    if items.is_empty() { "-".to_owned() } else { items }
}

/// Whether the next event is to be stopped at, too. The end of stdin says no.
fn wants_more() -> bool {
    let mut line = String::new();
    matches!(io::stdin().read_line(&mut line), Ok(n) if n > 0) && line.trim() != "q"
}
