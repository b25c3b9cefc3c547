//! 19: an async source for a timer of the OS's. In real time, as it is the OS that ticks: a check takes milliseconds, and none asks
//! that something comes *soon*.

use std::cell::Cell;
use std::fs;
use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use runtime::trace::{Event, What};
use runtime::{join, stats, yield_now};

use crate::check::{Check, fault, require, survives, times};
use crate::log;
use crate::probe::{on_loop, spawn};

/// What the exercise asks for.
pub trait Timer: Sized + 'static {
    /// A timer that is not set.
    ///
    /// # Errors
    /// The OS's.
    fn new() -> io::Result<Self>;
    /// Expires after `first`, and then every `period`, or never again where that is zero. What was set before is forgotten.
    ///
    /// # Errors
    /// The OS's.
    fn set(&self, first: Duration, period: Duration) -> io::Result<()>;
    /// Waits until it has expired, and says how often since the last tick.
    fn tick(&self) -> impl Future<Output = io::Result<u64>>;
}

const MS: Duration = Duration::from_millis(1);
const HOUR: Duration = Duration::from_secs(3600);

/// The checks of exercise 19.
pub fn checks<T: Timer>() -> Vec<Check> {
    const NO_TICK: &str = "The tick does not come. If the process was busy: a read said WouldBlock, and was tried again and again; \
                           `read_with` waits instead. If it slept: `tick` answered Pending, and the reactor does not know of it.";
    vec![
        Check::new("a tick comes, and not too early", one_tick::<T>).hang(27, NO_TICK),
        Check::new("a period ticks again and again", periodic::<T>).hang(27, NO_TICK),
        Check::new("while it waits, others run", others_run::<T>).hang(35, "`tick` holds the thread: the descriptor blocks. It is opened with TimerfdFlags::NONBLOCK."),
        Check::new("while it waits, it is not polled", no_spin::<T>).hang(28, NO_TICK),
        Check::new("what was missed is counted", missed::<T>).hang(27, NO_TICK),
        Check::new("an event without a tick is no tick", spurious::<T>)
            .hang(28, "After an event that brought no tick, the next tick does not come. After `WouldBlock` one has to wait again."),
        Check::new("a tick that is dropped has taken nothing", dropped::<T>)
            .hang(37, "A `tick` was dropped while it waited, and what had expired was not there for the next one."),
        Check::new("two tasks may wait for one timer", two_tasks::<T>)
            .hang(30, "Two tasks waited for ticks of one timer, and one of them was forgotten. The poll form keeps one waker a direction: the later \
                       task takes the place of the earlier. `read_with` gives each its own place."),
        Check::new("it can be set anew while somebody waits", set_anew::<T>).hang(25, NO_TICK),
        Check::new("no time at all is at once", at_once::<T>)
            .hang(22, "set(Duration::ZERO, …) is to expire at once, and does not: an it_value of zero stops a timerfd. A nanosecond is short, too."),
        Check::new("Duration::MAX is never, and no panic", never::<T>).hang(24, NO_TICK),
        Check::new("it is registered once, not for each tick", registered_once::<T>).hang(27, NO_TICK),
        Check::new("a timer that is dropped leaves nothing behind", nothing_left::<T>).hang(32, NO_TICK),
    ]
}

fn open<T: Timer>() -> T {
    T::new().unwrap_or_else(|e| fault(0, format!("No timer could be made: {e}.")))
}

fn set<T: Timer>(timer: &T, first: Duration, period: Duration) {
    log::event(format_args!("set: first after {first:?}, then every {period:?}"));
    if let Err(e) = timer.set(first, period) {
        fault(24, format!("set({first:?}, {period:?}) gave an error: {e}."));
    }
}

fn ticks(tick: io::Result<u64>) -> u64 {
    log::event(format_args!("tick: {tick:?}"));
    match tick {
        Ok(0) => fault(
            28,
            "A tick of 0: the timer had not expired, and `tick` was ready all the same. An event is a hint, what the read says counts.",
        ),
        Ok(ticks) => ticks,
        Err(e) if e.kind() == io::ErrorKind::WouldBlock => fault(
            28,
            "`tick` gave the error WouldBlock: there is nothing yet. That is no error here; it means to wait.",
        ),
        Err(e) => {
            fault(0, format!("`tick` gave an error: {e}. (A read from a timerfd wants a buffer of 8 bytes.)"))
        }
    }
}

fn run<F: Future>(future: F) -> F::Output {
    on_loop().real_time().run(future)
}

/// How often each happened on the loop.
#[derive(Clone, Default)]
struct Counts(Rc<[Cell<usize>; 2]>);

impl Counts {
    fn run<F: Future>(&self, future: F) -> F::Output {
        let counts = self.clone();
        let watch = move |event: &Event<'_>| {
            let at = match event.what {
                What::Registered { .. } => 0,
                What::Deregistered { .. } => 1,
                _ => return,
            };
            counts.0[at].set(counts.0[at].get() + 1);
        };
        on_loop().real_time().observer(watch).run(future)
    }

    fn registered(&self) -> usize {
        self.0[0].get()
    }

    fn deregistered(&self) -> usize {
        self.0[1].get()
    }
}

/// Polls `tick` once, before its time. On a machine so busy that the time has passed, it is set anew and tried again.
fn waits<T: Timer, R>(timer: &T, first: Duration, then: impl FnOnce() -> R) -> R {
    for _ in 0..100 {
        let start = Instant::now();
        set(timer, first, Duration::ZERO);
        let polled = pin!(timer.tick()).as_mut().poll(&mut Context::from_waker(Waker::noop()));
        match polled {
            Poll::Pending => return then(),
            Poll::Ready(tick) if start.elapsed() < first => {
                let tick = ticks(tick);
                fault(28, format!("Set to {first:?}, and after {:?} it ticked: {tick}.", start.elapsed()));
            }
            Poll::Ready(_) => {}
        }
    }
    fault(0, format!("100 times the timer was set to {first:?}, and `tick` was ready at its first poll."));
}

fn one_tick<T: Timer>() {
    let (took, tick) = run(async {
        let timer: T = open();
        let start = Instant::now();
        set(&timer, 3 * MS, Duration::ZERO);
        let tick = timer.tick().await;
        (start.elapsed(), ticks(tick))
    });
    require(took >= 3 * MS, 22, || format!("Set to 3 ms, and the tick came after {took:?}."));
    require(tick == 1, 0, || format!("It was set to expire once, and the tick says {tick}."));
}

fn periodic<T: Timer>() {
    let (took, sum) = run(async {
        let timer: T = open();
        let start = Instant::now();
        set(&timer, MS, MS);
        let mut sum = 0;
        for _ in 0..5 {
            sum += ticks(timer.tick().await);
        }
        (start.elapsed(), sum)
    });
    let most = took.as_millis();
    require(sum >= 5 && u128::from(sum) <= most, 22, || {
        format!(
            "Every millisecond, for {took:?}: 5 ticks said that it had expired {sum} times, and {most} is the most."
        )
    });
}

fn others_run<T: Timer>() {
    let start = Instant::now();
    run(async {
        let timer: T = open();
        set(&timer, HOUR, Duration::ZERO);
        // Where the read blocks this hangs; so that it need not, a timer of 30 ms first.
        for _ in 0..20 {
            let begin = Instant::now();
            set(&timer, 30 * MS, Duration::ZERO);
            let before = begin.elapsed();
            let polled = pin!(timer.tick()).as_mut().poll(&mut Context::from_waker(Waker::noop()));
            let after = begin.elapsed();
            if polled.is_pending() {
                return;
            }
            require(before >= 30 * MS || after < 30 * MS, 35, || {
                format!(
                    "The timer was set to 30 ms, and the first poll of `tick` took {:?}: it held the thread until the timer expired. Nothing else ran \
                     meanwhile. The descriptor is opened with TimerfdFlags::NONBLOCK.",
                    after - before
                )
            });
        }
    });
    log::event(format_args!("over after {:?}", start.elapsed()));
}

fn no_spin<T: Timer>() {
    let polls = run(async {
        let timer: T = open();
        set(&timer, 20 * MS, Duration::ZERO);
        let before = stats().polls;
        ticks(timer.tick().await);
        stats().polls - before
    });
    require(polls <= 4, 28, || {
        format!(
            "The timer was set to 20 ms, and the task that waited for it was polled {polls} times meanwhile; twice would do. A read through `get_ref` that \
             says WouldBlock does not tell the reactor: `readable` is ready again at once. `read_with` and `try_read_with` do tell it."
        )
    });
}

fn missed<T: Timer>() {
    let (held, tick) = run(async {
        let timer: T = open();
        let start = Instant::now();
        set(&timer, MS, MS);
        thread::sleep(10 * MS); // a task that holds the thread
        let held = start.elapsed();
        (held, ticks(timer.tick().await))
    });
    require(tick >= 10, 0, || {
        format!(
            "Every millisecond, and a task held the thread for {held:?}: the first tick after that says {tick}, and at least 10 had expired. The read gives their \
             number, in 8 bytes."
        )
    });
}

fn spurious<T: Timer>() {
    run(async {
        let timer: T = open();
        let early = loop {
            set(&timer, 2 * MS, Duration::ZERO);
            let mut tick = Box::pin(timer.tick());
            let mut polls = 0;
            let second = poll_fn(|cx| {
                polls += 1;
                if polls == 1 {
                    return match tick.as_mut().poll(cx) {
                        Poll::Ready(tick) => Poll::Ready(Err(tick)), // so busy a machine: once more
                        Poll::Pending => Poll::Pending,
                    };
                }
                // It has expired, and the reactor has said so; before the task had its turn, somebody set it anew.
                if let Err(e) = timer.set(HOUR, Duration::ZERO) {
                    fault(0, format!("set gave an error: {e}."));
                }
                log::event(format_args!("the event came; now it is set to an hour"));
                Poll::Ready(Ok(match tick.as_mut().poll(cx) {
                    Poll::Ready(tick) => Some(tick),
                    Poll::Pending => None,
                }))
            })
            .await;
            match second {
                Ok(None) => {
                    // And it goes on to wait.
                    set(&timer, MS, Duration::ZERO);
                    ticks(tick.await);
                    break None;
                }
                Ok(early) => break early,
                Err(_) => {}
            }
        };
        if let Some(tick) = early {
            let tick = ticks(tick);
            fault(28, format!("The timer had been set to an hour just before, and it ticked: {tick}."));
        }
    });
}

fn dropped<T: Timer>() {
    let tick = run(async {
        let timer: T = open();
        waits(&timer, 2 * MS, || log::event(format_args!("the tick is dropped while it waits")));
        thread::sleep(4 * MS);
        ticks(timer.tick().await)
    });
    require(tick == 1, 37, || format!("It was set to expire once, and the tick says {tick}."));
}

fn two_tasks<T: Timer>() {
    run(async {
        let timer: Rc<T> = Rc::new(open());
        let tasks = ["a", "b"].map(|name| {
            let timer = timer.clone();
            spawn(name, async move { ticks(timer.tick().await) })
        });
        yield_now().await; // both wait
        set(&*timer, 3 * MS, 3 * MS);
        for task in tasks {
            let _ = task.await;
        }
    });
}

fn set_anew<T: Timer>() {
    let took = run(async {
        let timer: T = open();
        set(&timer, HOUR, Duration::ZERO);
        let start = Instant::now();
        let (tick, ()) = join(timer.tick(), async { set(&timer, 2 * MS, Duration::ZERO) }).await;
        ticks(tick);
        start.elapsed()
    });
    require(took >= 2 * MS, 26, || {
        format!("Set to an hour and then to 2 ms, and the tick came after {took:?}.")
    });
}

fn at_once<T: Timer>() {
    run(async {
        let timer: T = open();
        set(&timer, Duration::ZERO, Duration::ZERO);
        ticks(timer.tick().await);
        set(&timer, Duration::from_micros(100), Duration::from_micros(100));
        for _ in 0..3 {
            ticks(timer.tick().await);
        }
    });
}

fn never<T: Timer>() {
    run(async {
        let timer: T = open();
        survives(
            24,
            "set(Duration::MAX, Duration::MAX) panicked: its seconds do not fit into the OS's number. Take the most that does.",
            || {
                set(&timer, Duration::MAX, Duration::MAX);
            },
        );
        let polled = pin!(timer.tick()).as_mut().poll(&mut Context::from_waker(Waker::noop()));
        if let Poll::Ready(tick) = polled {
            fault(24, format!("Set to Duration::MAX, and it ticked at once: {}.", ticks(tick)));
        }
        set(&timer, MS, Duration::ZERO);
        ticks(timer.tick().await);
    });
}

fn registered_once<T: Timer>() {
    let counts = Counts::default();
    counts.run(async {
        let timer: T = open();
        set(&timer, MS, MS);
        for _ in 0..5 {
            ticks(timer.tick().await);
        }
    });
    require(counts.registered() == 1, 27, || {
        format!(
            "For 5 ticks the timer was registered with the reactor {}. To register costs two calls of the OS, and forgets who waits: `Async::new` once, when \
             the timer is made.",
            times(counts.registered())
        )
    });
}

fn nothing_left<T: Timer>() {
    let open_files = || fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    let counts = Counts::default();
    let (before, after) = counts.run(async {
        let before = open_files();
        for _ in 0..20 {
            let timer: T = open();
            set(&timer, MS, Duration::ZERO);
            ticks(timer.tick().await);
        }
        (before, open_files())
    });
    require(counts.registered() == counts.deregistered(), 32, || {
        format!(
            "{} sources were registered, and {} deregistered.",
            counts.registered(),
            counts.deregistered()
        )
    });
    require(after <= before, 32, || {
        format!(
            "20 timers were made and dropped. Before that {before} files were open, now {after} are: the descriptors are not closed. An `OwnedFd` closes when it \
             is dropped; a number (`into_raw_fd`) does not."
        )
    });
}
