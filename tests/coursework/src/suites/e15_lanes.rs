//! 15: an observer that draws what the loop does.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use runtime::trace::{Event, Observer, mark, span};
use runtime::{Task, sync};

use crate::check::{Check, fault, require, survives, times};
use crate::log;
use crate::probe::{gate, on_loop, pause, spawn};

/// What the exercise asks for.
pub trait Lanes15: Observer + Clone + 'static {
    /// A drawing, empty. `show` is called after each new column.
    fn new(show: impl Fn(&Self) + 'static) -> Self;
    /// The picture as it is now, a line for each task.
    fn draw(&self) -> String;
}

/// The checks of exercise 15.
pub fn checks<T: Lanes15>() -> Vec<Check> {
    vec![
        Check::new("a column for each poll of the main future", alone::<T>),
        Check::new("a lane for each task, named, in the order of their spawns", named::<T>),
        Check::new("who waits, and who stands in the queue", waits::<T>),
        Check::new("who is woken in its own poll stands in the queue after it", in_own_poll::<T>),
        Check::new("a task that panics", panics::<T>),
        Check::new("a task that is aborted", aborted::<T>),
        Check::new("tasks that are left when block_on returns", left_over::<T>),
        Check::new("a late wake does not bring a task back", late_wake::<T>),
        Check::new("a task in the place of an old one has a lane of its own", same_slot::<T>),
        Check::new("of other events it takes no notice", other_events::<T>),
        Check::new("`show` is called once for each column, and may draw", show::<T>),
        Check::new("it can be drawn at any time", any_time::<T>),
    ]
}

/// The kinds of events that the drawing is about.
const DRAWN: [&str; 7] = ["Spawned", "Queued", "Polled", "Pending", "Ready", "Panicked", "Cancelled"];

/// Passes events on to the answer, and says so if it panics at one that it need not know.
struct Told<T>(T);

impl<T: Lanes15> Observer for Told<T> {
    fn event(&self, event: &Event<'_>) {
        let kind = format!("{:?}", event.what);
        let kind = kind.split([' ', '{']).next().unwrap_or_default();
        if DRAWN.contains(&kind) {
            return self.0.event(event);
        }
        let text = format!(
            "Your observer panicked when it was told of `{kind}`. It hears of everything, also of kinds that are added later: of \
             what it does not know it takes no notice."
        );
        survives(0, &text, || self.0.event(event));
    }
}

/// The picture of a run.
fn picture<T: Lanes15>(main: impl Future<Output = ()>) -> String {
    let lanes = T::new(|_| ());
    on_loop().observer(Told(lanes.clone())).run(main);
    lanes.draw()
}

/// Lines without the blanks at their ends.
fn trimmed(picture: &str) -> Vec<String> {
    let mut lines: Vec<_> = picture.lines().map(|line| line.trim_end().to_owned()).collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

/// The picture must be this one.
fn expect(drawn: &str, expected: &[&str], trap: u8, meaning: &str) {
    let drawn = trimmed(drawn);
    if drawn == expected {
        return;
    }
    let inset =
        |lines: &[String]| lines.iter().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n");
    let expected: Vec<_> = expected.iter().map(ToString::to_string).collect();
    let drawn = if drawn.is_empty() { "    (nothing)".to_owned() } else { inset(&drawn) };
    fault(
        trap,
        format!("This is the picture:\n\n{drawn}\n\nand it shall be:\n\n{}\n\n{meaning}", inset(&expected)),
    );
}

fn alone<T: Lanes15>() {
    let drawn = picture::<T>(async {
        pause().await;
        pause().await;
    });
    expect(
        &drawn,
        &["root ██✓"],
        0,
        "The main future was polled three times: two of the polls gave Pending, the last one Ready. A column is drawn when \
         a poll is over.",
    );
}

fn named<T: Lanes15>() {
    let drawn = picture::<T>(async {
        let one = Task::new().name("a worker").spawn(async {});
        let two = Task::new().spawn(async {});
        let _ = two.await;
        let _ = one.await;
    });
    expect(
        &drawn,
        &["root     █··✓", "a worker ▒✓", "#3       ▒▒✓"],
        0,
        "A task's name is in its `Spawned`; one without a name is called by its id, `#3`. The names have the same width, with \
         blanks, then comes one blank more. Who was spawned and not yet polled stands in the queue.",
    );
}

fn waits<T: Lanes15>() {
    let drawn = picture::<T>(async {
        let sleeper = spawn("sleeper", runtime::sleep(Duration::from_secs(2)));
        let other = spawn("other", runtime::sleep(Duration::from_secs(1)));
        let _ = sleeper.await;
        let _ = other.await;
    });
    expect(
        &drawn,
        &["root    █····✓", "sleeper ▒█··✓", "other   ▒▒█✓"],
        0,
        "Who was polled and gave Pending waits (·) until it is `Queued` again (▒). When `sleeper` was polled, `other` still \
         stood in the queue; after that both waited for their times, and `root` for them.",
    );
}

fn in_own_poll<T: Lanes15>() {
    let drawn = picture::<T>(async {
        let a = spawn("a", pause());
        let b = spawn("b", pause());
        a.await.ok();
        b.await.ok();
    });
    expect(
        &drawn,
        &["root █···▒✓", "a    ▒█▒✓", "b    ▒▒█▒✓"],
        1,
        "`a` and `b` wake themselves in their first poll. So `Queued` comes before the `Pending` of the same poll, and must \
         not be forgotten with it: a task waits from the begin of its poll until it is queued, and `Pending` changes nothing in that.",
    );
}

fn panics<T: Lanes15>() {
    let drawn = picture::<T>(async {
        let bad = Task::new().name("bad").spawn(async {
            pause().await;
            panic!("as the check wants it");
        });
        let _ = bad.await;
        pause().await;
    });
    expect(
        &drawn,
        &["root █··█✓", "bad  ▒█!"],
        0,
        "A poll that ends in a panic has `Panicked` in place of `Ready`.",
    );
}

fn aborted<T: Lanes15>() {
    let drawn = picture::<T>(async {
        let (_gate, passage) = gate("its gate");
        let task = spawn("task", passage);
        pause().await;
        pause().await;
        task.abort();
        let _ = task.await;
    });
    expect(
        &drawn,
        &["root █▒██·✓", "task ▒█·▒✗"],
        0,
        "A task that is aborted is queued, and ends without a poll: `Cancelled`. That is a column, too, and after it the task \
         is not there any more.",
    );
}

fn left_over<T: Lanes15>() {
    let drawn = picture::<T>(async {
        let waits = spawn("waits", std::future::pending::<()>());
        let ready = spawn("ready", pause());
        pause().await;
        drop((waits, ready));
    });
    expect(
        &drawn,
        &["root  █▒▒✓", "waits ▒█··✗", "ready ▒▒█▒▒✗"],
        0,
        "Tasks that are left when `block_on` returns are cancelled, the oldest first: a column for each.",
    );
}

fn late_wake<T: Lanes15>() {
    let drawn = picture::<T>(async {
        let (gate, passage) = gate("its gate");
        gate.open();
        let task = spawn("task", passage);
        let _ = task.await;
        gate.wake();
        pause().await;
    });
    expect(
        &drawn,
        &["root █·█✓", "task ▒✓"],
        4,
        "The waker of `task` was called after its end. The loop says `Queued` then, and `Late` when it comes to it: a task that \
         is over stays blank.",
    );
}

fn same_slot<T: Lanes15>() {
    let keys = Rc::new(RefCell::new(Vec::new()));
    let seen = keys.clone();
    let drawn = picture::<T>(async {
        for name in ["first", "second"] {
            let task = spawn(name, async {});
            seen.borrow_mut().push(task.id().key());
            let _ = task.await;
        }
    });
    let keys = keys.take();
    expect(
        &drawn,
        &["root   █·█·✓", "first  ▒✓", "second   ▒✓"],
        5,
        &format!(
            "`first` had the key {} in the table of tasks, and `second` has {}. The key is not the name of a task: its whole \
             TaskId is.",
            keys[0], keys[1]
        ),
    );
}

fn other_events<T: Lanes15>() {
    let drawn = picture::<T>(async {
        mark("half-way", "a mark");
        let part = span("part", "a span");
        let permits = sync::Semaphore::new(1);
        drop(permits.acquire(1).await);
        drop(part);
        let group = runtime::task_group(async |group| {
            group.spawn(async { Ok(()) });
            Ok::<(), ()>(())
        });
        let _ = group.await;
        let _ = runtime::timeout(Duration::from_secs(1), std::future::pending::<()>()).await;
        log::event(format_args!("main: the other events are over"));
    });
    expect(
        &drawn,
        &["root ██✓"],
        0,
        "There were a mark, a span, permits, a task group (whose children are no tasks) and a timer. None of these makes a lane or \
         a column: the main future was polled three times.",
    );
}

fn show<T: Lanes15>() {
    let shown = Rc::new(RefCell::new(Vec::new()));
    let log = shown.clone();
    let lanes = T::new(move |lanes| {
        let text = "`show` called `draw`, which panicked: something is still borrowed while `show` runs. It is code of \
                    somebody else: end the borrow first.";
        let drawn = survives(16, text, || lanes.draw());
        log.borrow_mut().push(drawn);
    });
    on_loop().observer(Told(lanes)).run(async {
        let _ = spawn("task", pause()).await;
    });
    let shown = shown.take();
    require(shown.len() == 4, 0, || {
        format!(
            "The main future was polled twice, and so was the task: that is 4 columns, and `show` was called {}.",
            times(shown.len())
        )
    });
    expect(
        shown.first().map_or("", String::as_str),
        &["root █", "task ▒"],
        0,
        "That is what `show` saw first.",
    );
}

fn any_time<T: Lanes15>() {
    let lanes = T::new(|_| ());
    require(trimmed(&lanes.draw()).is_empty(), 0, || {
        format!("Before anything has happened, `draw` gave {:?}.", lanes.draw())
    });
    let seen = Rc::new(Cell::new(None));
    on_loop().observer(Told(lanes.clone())).run(async {
        let (seen, lanes) = (seen.clone(), lanes.clone());
        let _ = spawn("looks", async move { seen.set(Some(lanes.draw())) }).await;
    });
    let drawn = seen.take().unwrap_or_default();
    expect(&drawn, &["root  █", "looks ▒"], 0, "A task has drawn it in its first poll, after one column.");
    expect(&lanes.draw(), &["root  █·✓", "looks ▒✓"], 0, "That is the whole run.");
}
