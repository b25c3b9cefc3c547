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

/// Records, and stops at each event.
pub(super) fn stepper(stage: &Stage, recorder: Recorder) -> impl Observer + use<> {
    let (stage, stops) = (stage.clone(), Cell::new(true));
    move |event: &Event<'_>| {
        recorder.event(event);
        if stops.get() {
            show(&stage, &recorder);
            stage.painted(Style::Dim, "Enter: the next event. q and Enter: on to the end.");
            stops.set(wants_more());
        }
    }
}

/// The event, and all that the loop has in its hands after it.
fn show(stage: &Stage, recorder: &Recorder) {
    let log = recorder.so_far();
    let (mut story, names) = (Story::new(&log), Names::of(&log));
    let sentence = log.events.iter().map(|event| story.tell(event)).last().unwrap_or_default();
    stage.line("");
    stage.painted(Style::Bold, &format!("#{} {sentence}", log.events.len()));

    let Machine { queue, running, tasks, timers, sources, .. } = story.machine();
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
