//! The timeline for a terminal: a line a task, from left to right what it did.
//!
//! Each column is a piece of the time. A poll lasts some microseconds, and a column many milliseconds; so what shows in a
//! column is how often the task was polled in it (or that it ran for most of it), and only if it was not polled, what it
//! waited for. Of the loop it shows for how much of the time it was awake. Groups of tasks are folded into one line each.

use std::collections::{BTreeMap, HashMap};

use super::cells::{Cell, Cells, Doing, Glyph, legend};
use super::event::What;
use super::log::Log;
use super::names::{Names, span};
use super::replay::{Machine, Stage, is_root};
use crate::text;

pub use super::cells::Look;

/// From so many lines on, the root has none: in a run of many tasks it waits for all of them, and that is all.
const CROWDED: usize = 12;

/// The most lines there are.
const MOST: usize = 40;

/// The timeline of a log, as lines, each with its line break.
///
/// ```
/// use demo::trace::{Recorder, timeline};
///
/// let recorder = Recorder::new("two yields");
/// runtime::Builder::new().observer(recorder.clone()).build()?.block_on(async {
///     runtime::Task::new().name("yields").spawn(runtime::yield_now()).await.unwrap();
/// });
/// let look = timeline::Look { columns: 80, coloured: false, unicode: false };
/// let drawn = timeline::draw(&recorder.take(), look);
/// assert!(drawn.lines().any(|line| line.starts_with("yields ")));
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn draw(log: &Log, look: Look) -> String {
    let columns = look.columns.max(40);
    let (mut lanes, left_out) = lanes(log);
    let name_width = lanes.iter().map(|lane| text::width(&lane.name)).max().unwrap_or(0).min(columns / 4);
    // On the right stands how often each was polled.
    let polls_width =
        "polls".len().max(lanes.iter().map(|lane| text::count(lane.polls).len()).max().unwrap_or(0));
    let width = columns - name_width - polls_width - 2;
    fill(log, &mut lanes, width);

    let mut out = String::new();
    let mut line = |text: &str| {
        match look.unicode {
            true => out.push_str(text.trim_end()),
            false => out.push_str(&text.trim_end().replace('µ', "u").replace('…', "~")),
        }
        out.push('\n');
    };
    line(&format!("{:name_width$} {} {:>polls_width$}", "", axis(log.end(), width), "polls"));
    let mut shown = Vec::new();
    for lane in &lanes {
        let name = text::shorten(&lane.name, name_width);
        let pad = " ".repeat(name_width - text::width(&name));
        let mut cells = Cells::new(look);
        for (column, cell) in lane.cells.iter().enumerate() {
            let glyph = match lane.end {
                Some((end, ok)) if end == column => Glyph::End(ok),
                _ if lane.tasks.is_empty() => cell.glyph_of_loop(),
                _ => cell.glyph(),
            };
            shown.push(glyph);
            cells.push(glyph);
        }
        line(&format!("{name}{pad} {} {:>polls_width$}", cells.done(), text::count(lane.polls)));
    }
    if left_out > 0 {
        line(&format!("{:name_width$} and {}", "", text::counted(left_out as u64, "more task")));
    }
    if log.header.cut {
        line(&text::shorten("The run went on, but the recorder stopped here, at its limit.", columns));
    }
    line(&legend(&shown, look, columns));
    out
}

/// A line: the loop, a task, or a group of tasks.
struct Lane {
    name: String,
    /// Its tasks; none for the loop.
    tasks: Vec<u32>,
    cells: Vec<Cell>,
    polls: u64,
    /// In which column it ended, and whether well. A group has no end.
    end: Option<(usize, bool)>,
}

impl Lane {
    fn new(name: String, tasks: Vec<u32>) -> Lane {
        Lane { name, tasks, cells: Vec::new(), polls: 0, end: None }
    }
}

/// The lines of a log, still empty, and how many tasks have none.
fn lanes(log: &Log) -> (Vec<Lane>, usize) {
    let names = Names::of(log);
    let (mut tasks, mut groups) = (Vec::new(), BTreeMap::<&str, Vec<u32>>::new());
    let mut polls = HashMap::<u32, u64>::new();
    for event in &log.events {
        match &event.what {
            What::Spawned { task, group: Some(group), .. } => groups.entry(group).or_default().push(*task),
            What::Spawned { task, .. } => tasks.push((*task, is_root(event))),
            What::Polled { task } => *polls.entry(*task).or_default() += 1,
            _ => {}
        }
    }
    if 1 + tasks.len() + groups.len() > CROWDED {
        tasks.retain(|(_, is_root)| !is_root);
    }
    let room = MOST.saturating_sub(1 + groups.len());
    let left_out = tasks.len().saturating_sub(room);
    tasks.truncate(room);
    let mut lanes = vec![Lane::new("loop".to_owned(), Vec::new())];
    lanes.extend(tasks.into_iter().map(|(task, _)| Lane::new(names.short(task), vec![task])));
    lanes.extend(groups.into_iter().map(|(group, tasks)| Lane::new(text::one_line(group), tasks)));
    for lane in &mut lanes {
        lane.polls = match lane.tasks[..] {
            [] => polls.values().sum(),
            _ => lane.tasks.iter().filter_map(|task| polls.get(task)).sum(),
        };
    }
    (lanes, left_out)
}

/// Fills the lines.
fn fill(log: &Log, lanes: &mut [Lane], width: usize) {
    let scale = Scale { end: log.end().max(1), width: width as u64 };
    let of: HashMap<u32, usize> = lanes
        .iter()
        .enumerate()
        .flat_map(|(nth, lane)| lane.tasks.iter().map(move |task| (*task, nth)))
        .collect();
    for lane in lanes.iter_mut() {
        lane.cells =
            (0..scale.width).map(|column| Cell { whole: scale.whole(column), ..Cell::default() }).collect();
    }
    let mut machine = Machine::default();
    let mut awake = Some(0);
    for event in &log.events {
        match &event.what {
            What::Asleep { .. } => {
                if let Some(since) = awake.take() {
                    scale.spread(since, event.t, &mut lanes[0].cells, |cell, time| cell.ran += time);
                }
            }
            What::Awake { .. } => awake = awake.or(Some(event.t)),
            What::Polled { task } => {
                let column = scale.column(event.t);
                if let Some(lane) = of.get(task) {
                    lanes[*lane].cells[column].polls += 1;
                }
            }
            _ => {}
        }
        // What a task did until now, if now it does something else.
        let task = event.what.task().filter(|task| of.contains_key(task));
        let before =
            task.and_then(|task| machine.tasks.get(&task)).map(|task| (task.stage.clone(), task.since));
        machine.apply(event);
        let (Some(task), Some((stage, since))) = (task, before) else { continue };
        let lane = &mut lanes[of[&task]];
        if machine.tasks.get(&task).is_some_and(|task| task.stage != stage || task.since != since) {
            spend(&stage, &scale, since, event.t, lane);
        }
        if lane.tasks.len() == 1 && lane.end.is_none() {
            let is_well = match event.what {
                What::Ready { .. } => Some(true),
                What::Panicked { .. } | What::Cancelled { .. } => Some(false),
                _ => None,
            };
            lane.end = is_well.map(|is_well| (scale.column(event.t), is_well));
        }
    }
    for (task, state) in &machine.tasks {
        if let Some(lane) = of.get(task) {
            spend(&state.stage, &scale, state.since, log.end(), &mut lanes[*lane]);
        }
    }
    if let Some(since) = awake {
        scale.spread(since, log.end(), &mut lanes[0].cells, |cell, time| cell.ran += time);
    }
}

fn spend(stage: &Stage, scale: &Scale, from: u64, to: u64, lane: &mut Lane) {
    match Doing::of(stage) {
        Some(doing) => scale.spread(from, to, &mut lane.cells, |cell, time| cell.did[doing as usize] += time),
        None if *stage == Stage::Running => {
            scale.spread(from, to, &mut lane.cells, |cell, time| cell.ran += time);
        }
        None => {}
    }
}

/// How time becomes columns.
struct Scale {
    end: u64,
    width: u64,
}

impl Scale {
    fn column(&self, t: u64) -> usize {
        let column = u128::from(t) * u128::from(self.width) / u128::from(self.end);
        column.min(u128::from(self.width) - 1) as usize
    }

    fn begin(&self, column: u64) -> u64 {
        (u128::from(column) * u128::from(self.end) / u128::from(self.width)) as u64
    }

    fn whole(&self, column: u64) -> u64 {
        self.begin(column + 1) - self.begin(column)
    }

    /// Gives each column its part of the time.
    fn spread(&self, from: u64, to: u64, cells: &mut [Cell], mut add: impl FnMut(&mut Cell, u64)) {
        let (first, last) = (self.column(from), self.column(to));
        for (column, cell) in cells.iter_mut().enumerate().take(last + 1).skip(first) {
            let (begin, end) = (self.begin(column as u64), self.begin(column as u64 + 1));
            add(cell, to.min(end).saturating_sub(from.max(begin)));
        }
    }
}

/// The times, where they are: round ones, each beginning in its column.
fn axis(end: u64, width: usize) -> String {
    let step = round(end.max(1).div_ceil((width as u64 / 14).max(1)));
    let mut line = "0".to_owned();
    for t in (1..).map(|tick| tick * step).take_while(|t| *t <= end) {
        let at = (u128::from(t) * width as u128 / u128::from(end)) as usize;
        let label = span(t);
        if at + text::width(&label) > width {
            break;
        }
        line += &" ".repeat(at.saturating_sub(text::width(&line)));
        line += &label;
    }
    line += &" ".repeat(width - text::width(&line).min(width));
    line
}

/// The next of 1, 2, 5, 10, 20, 50 and so on.
fn round(n: u64) -> u64 {
    let mut power = 1;
    while power * 10 < n {
        power *= 10;
    }
    [1, 2, 5, 10].map(|digit| digit * power).into_iter().find(|step| *step >= n).unwrap_or(n)
}
