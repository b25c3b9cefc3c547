//! 15: a solution.

use std::cell::RefCell;
use std::rc::Rc;

use runtime::TaskId;
use runtime::trace::{Event, Observer, What};

pub const RAN: char = '█';
pub const QUEUED: char = '▒';
pub const WAITS: char = '·';
pub const READY: char = '✓';
pub const PANICKED: char = '!';
pub const CANCELLED: char = '✗';
pub const ABSENT: char = ' ';

#[derive(Clone)]
pub struct Lanes(Rc<Inner>);

struct Inner {
    lanes: RefCell<Vec<Lane>>,
    show: Box<dyn Fn(&Lanes)>,
}

struct Lane {
    task: TaskId,
    name: String,
    /// What the next column shows, unless it is this task's own.
    now: char,
    columns: String,
}

impl Lanes {
    pub fn new(show: impl Fn(&Lanes) + 'static) -> Lanes {
        Lanes(Rc::new(Inner { lanes: RefCell::default(), show: Box::new(show) }))
    }

    pub fn draw(&self) -> String {
        let lanes = self.0.lanes.borrow();
        let width = lanes.iter().map(|lane| lane.name.chars().count()).max().unwrap_or(0);
        lanes.iter().map(|lane| format!("{:width$} {}\n", lane.name, lane.columns)).collect()
    }

    fn spawned(&self, task: TaskId, name: Option<&str>) {
        let mut lanes = self.0.lanes.borrow_mut();
        let columns = lanes.first().map_or(0, |lane| lane.columns.chars().count());
        let name = name.map_or_else(|| task.to_string(), str::to_owned);
        lanes.push(Lane { task, name, now: WAITS, columns: ABSENT.to_string().repeat(columns) });
    }

    fn set(&self, task: TaskId, now: char) {
        let mut lanes = self.0.lanes.borrow_mut();
        if let Some(lane) = lanes.iter_mut().find(|lane| lane.task == task && lane.now != ABSENT) {
            lane.now = now;
        }
    }

    /// A column, in which this task has this sign.
    fn column(&self, task: TaskId, sign: char) {
        for lane in self.0.lanes.borrow_mut().iter_mut() {
            lane.columns.push(if lane.task == task { sign } else { lane.now });
            if lane.task == task && sign != RAN {
                lane.now = ABSENT;
            }
        }
        // The borrow is over: it may draw.
        (self.0.show)(self);
    }
}

impl Observer for Lanes {
    fn event(&self, event: &Event<'_>) {
        match event.what {
            What::Spawned { task, name, .. } => self.spawned(task, name),
            What::Queued { task, .. } => self.set(task, QUEUED),
            // From here on a wake counts for the next poll.
            What::Polled { task } => self.set(task, WAITS),
            What::Pending { task, .. } => self.column(task, RAN),
            What::Ready { task } => self.column(task, READY),
            What::Panicked { task } => self.column(task, PANICKED),
            What::Cancelled { task } => self.column(task, CANCELLED),
            _ => {}
        }
    }
}
