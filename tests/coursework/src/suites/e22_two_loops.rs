//! 22: two threads, one runtime each, passing work. An open exercise: only what comes of it is checked.
//!
//! The works run on the answer's threads. So they find no fault there; they note what they see, and the check judges when all is over.

use std::future::poll_fn;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::thread::{self, ThreadId};
use std::time::Duration;

use runtime::{sleep, stats};

use crate::check::{Check, require, times};
use crate::log::Log;
use crate::probe::{cpu_time, gate};

/// What is done on a side: a closure that may cross threads, and makes a future that need not.
pub type Work<T> = Box<dyn FnOnce(<T as Pass>::Courier) -> Pin<Box<dyn Future<Output = ()>>> + Send>;

/// What the exercise asks for.
pub trait Pass: Sized + 'static {
    /// What a work gets, to pass others on with.
    type Courier: Clone + 'static;

    /// Runs these works on two sides, and all that they pass on, and says how many came to their end on each side.
    fn run(capacity: usize, first: [Vec<Work<Self>>; 2]) -> [usize; 2];
    /// On which side it is.
    fn side(courier: &Self::Courier) -> usize;
    /// Gives a work to the other side, and waits while too many lie there.
    fn pass(courier: &Self::Courier, work: Work<Self>) -> impl Future<Output = ()>;
}

/// The checks of exercise 22.
pub fn checks<T: Pass>() -> Vec<Check> {
    const NO_END: &str = "`run` does not return. It ends when no work is left on either side, none runs and none lies between them: who sees that, and \
                          who is woken for it?";
    const IN_TURN: &str = "A work waits for another one on the same side, which never begins. Each work is a task: the side takes the next in while the first \
                           one waits. (And a side that waits with its whole thread, in a `recv` of the standard library, runs nobody.)";
    const FULL: &str = "Both sides pass on more than lies between them, and both wait for room, for ever: each waits for the other to take something in. To \
                        take in must not wait for anything that a work waits for.";
    vec![
        Check::new("with nothing to do it ends", nothing::<T>).hang(36, NO_END),
        Check::new("each side does its own, on a thread and a loop of its own", own_thread::<T>).hang(0, NO_END),
        Check::new("what is passed is done on the other side", passed::<T>).hang(8, NO_END),
        Check::new("the works of a side run at once", at_once::<T>).hang(0, IN_TURN),
        Check::new("a work is woken by one of the other side", woken_across::<T>).hang(7, IN_TURN),
        Check::new("a side that has nothing to do is there when something comes", late::<T>).hang(8, NO_END),
        Check::new("to and fro a hundred times", ping_pong::<T>).hang(8, NO_END),
        Check::new("it waits while too many lie on the other side", bounded::<T>).hang(0, FULL),
        Check::new("both may be full", both_full::<T>).hang(0, FULL),
        Check::new("a pass that is given up holds up nobody", given_up::<T>)
            .hang(37, "A `pass` was dropped while it waited for room. Then either those behind it wait for ever, or `run` waits for a work that was never passed."),
        Check::new("while both wait, neither is busy", idle::<T>).hang(0, NO_END),
        Check::new("a work that panics ends alone", panics::<T>)
            .hang(20, "A work panicked, and `run` waits for it. What is to happen at its end belongs into a destructor."),
        Check::new("five hundred, each of which passes two on, five times", storm::<T>).hang(8, NO_END),
    ]
}

/// What the works have seen.
#[derive(Clone)]
struct Facts(Arc<Seen>);

struct Seen {
    log: Option<Log>,
    began: Mutex<Vec<Began>>,
    numbers: Mutex<Vec<(&'static str, u64)>>,
}

/// A work that began.
#[derive(Clone, Debug)]
struct Began {
    name: String,
    side: usize,
    thread: ThreadId,
    /// The runtime that it runs on, if any.
    runtime: Option<u64>,
    ended: bool,
}

impl Facts {
    fn new() -> Facts {
        Facts(Arc::new(Seen { log: Log::current(), began: Mutex::default(), numbers: Mutex::default() }))
    }

    fn event(&self, text: &str) {
        if let Some(log) = &self.0.log {
            log.event(text);
        }
    }

    fn note(&self, what: &'static str, number: u64) {
        self.event(&format!("{what}: {number}"));
        self.0.numbers.lock().unwrap_or_else(PoisonError::into_inner).push((what, number));
    }

    fn noted(&self, what: &str) -> Option<u64> {
        let numbers = self.0.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        numbers.iter().find(|(known, _)| *known == what).map(|(_, number)| *number)
    }

    fn began(&self) -> Vec<Began> {
        self.0.began.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn named(&self, name: &str) -> Vec<Began> {
        self.began().into_iter().filter(|began| began.name == name).collect()
    }

    fn begin(&self, name: &str, side: usize) -> usize {
        self.event(&format!("{name}: begins on side {side}"));
        let began = Began {
            name: name.to_owned(),
            side,
            thread: thread::current().id(),
            runtime: runtime::id(),
            ended: false,
        };
        let mut all = self.0.began.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(began);
        all.len() - 1
    }

    fn end(&self, at: usize) {
        let mut all = self.0.began.lock().unwrap_or_else(PoisonError::into_inner);
        all[at].ended = true;
        let name = all[at].name.clone();
        drop(all);
        self.event(&format!("{name}: ends"));
    }

    /// This one was done once, on this side.
    fn must_be_done(&self, name: &str, side: usize) {
        let began = self.named(name);
        require(!began.is_empty(), 8, || {
            format!(
                "`run` returned, and the work {name:?} was never begun: it was lost on its way, or passed to a side that had ended. A side may end only \
                 when nothing is left on the other one either, as that may pass something at any time."
            )
        });
        require(began.len() == 1, 0, || {
            format!("The work {name:?} was begun {}, not once.", times(began.len()))
        });
        require(began[0].ended, 0, || {
            format!(
                "`run` returned, and the work {name:?} was begun and not ended: it was dropped in its middle."
            )
        });
        require(began[0].side == side, 0, || {
            format!(
                "The work {name:?} belongs to side {side}, and its courier says that it is on side {}.",
                began[0].side
            )
        });
    }

    /// All works of a side were on one thread and one runtime, and those of the other on others.
    fn must_be_apart(&self) {
        let began = self.began();
        for side in 0..2 {
            let its: Vec<_> = began.iter().filter(|began| began.side == side).collect();
            let Some(first) = its.first() else { continue };
            require(first.runtime.is_some(), 0, || {
                format!(
                    "The work {:?} ran outside of a runtime: no timer and no socket would work in it.",
                    first.name
                )
            });
            let stray =
                its.iter().find(|began| (began.thread, began.runtime) != (first.thread, first.runtime));
            require(stray.is_none(), 7, || {
                let (name, thread) =
                    stray.map_or(("", None), |stray| (stray.name.as_str(), Some(stray.thread)));
                format!(
                    "Both of side {side}, the work {:?} ran on thread {:?} and the work {name:?} on {thread:?}, or on another loop: a side is one thread with one loop.",
                    first.name, first.thread
                )
            });
        }
        let thread_of =
            |side| began.iter().find(|began| began.side == side).map(|began| (began.thread, began.runtime));
        if let (Some(a), Some(b)) = (thread_of(0), thread_of(1)) {
            require(a.0 != b.0 && a.1 != b.1, 7, || {
                format!(
                    "Works of side 0 and of side 1 ran on the same thread ({:?}): what is passed goes to the other side's loop, which is another thread. A `spawn` \
                     on the own loop, or a Handle that was made on the wrong thread, does not get it there.",
                    a.0
                )
            });
        }
    }
}

/// A work that notes its begin and its end.
fn work<T: Pass, F: Future<Output = ()> + 'static>(
    facts: &Facts,
    name: impl Into<String>,
    body: impl FnOnce(T::Courier) -> F + Send + 'static,
) -> Work<T> {
    let (facts, name) = (facts.clone(), name.into());
    Box::new(move |courier| {
        Box::pin(async move {
            let at = facts.begin(&name, T::side(&courier));
            body(courier).await;
            facts.end(at);
        })
    })
}

fn run<T: Pass>(facts: &Facts, capacity: usize, first: [Vec<Work<T>>; 2]) -> [usize; 2] {
    let counts = T::run(capacity, first);
    facts.event(&format!("run returns {counts:?}"));
    counts
}

fn must_count(counts: [usize; 2], expected: [usize; 2]) {
    require(counts == expected, 0, || {
        format!(
            "{} works came to their end on side 0, and {} on side 1; `run` says {counts:?}.",
            expected[0], expected[1]
        )
    });
}

fn nothing<T: Pass>() {
    must_count(run::<T>(&Facts::new(), 1, [vec![], vec![]]), [0, 0]);
}

fn own_thread<T: Pass>() {
    let facts = Facts::new();
    for round in 0..2 {
        let works = |side: usize, n: usize| {
            (0..n)
                .map(|i| work::<T, _>(&facts, format!("{round}.{side}.{i}"), |_| async {}))
                .collect::<Vec<Work<T>>>()
        };
        let counts = run::<T>(&facts, 1, [works(0, 5), works(1, 3)]);
        for (side, n) in [(0, 5), (1, 3)] {
            (0..n).for_each(|i| facts.must_be_done(&format!("{round}.{side}.{i}"), side));
        }
        must_count(counts, [5, 3]);
        if round == 0 {
            facts.must_be_apart();
        }
    }
}

fn passed<T: Pass>() {
    let facts = Facts::new();
    let (inner, innermost) = (facts.clone(), facts.clone());
    let first = work::<T, _>(&facts, "first", move |courier| async move {
        let second = work::<T, _>(&inner, "passed by it", move |courier| async move {
            let third = work::<T, _>(&innermost, "passed back", |_| async {});
            T::pass(&courier, third).await;
        });
        T::pass(&courier, second).await;
    });
    let counts = run::<T>(&facts, 1, [vec![first], vec![]]);
    for (name, side) in [("first", 0), ("passed by it", 1), ("passed back", 0)] {
        facts.must_be_done(name, side);
    }
    facts.must_be_apart();
    must_count(counts, [2, 1]);
}

fn at_once<T: Pass>() {
    let facts = Facts::new();
    let mut sides: [Vec<Work<T>>; 2] = Default::default();
    for (side, works) in sides.iter_mut().enumerate() {
        let (gate, passage) = gate(format!("gate of side {side}"));
        works.push(work::<T, _>(&facts, format!("waits on {side}"), move |_| passage));
        works.push(work::<T, _>(&facts, format!("opens on {side}"), move |_| async move { gate.open() }));
    }
    must_count(run::<T>(&facts, 1, sides), [2, 2]);
    // The same with works that are passed.
    let facts = Facts::new();
    let (inner, (gate, passage)) = (facts.clone(), gate("gate"));
    let first = work::<T, _>(&facts, "first", move |courier| async move {
        T::pass(&courier, work::<T, _>(&inner, "waits", move |_| passage)).await;
        T::pass(&courier, work::<T, _>(&inner, "opens", move |_| async move { gate.open() })).await;
    });
    let counts = run::<T>(&facts, 1, [vec![first], vec![]]);
    ["waits", "opens"].into_iter().for_each(|name| facts.must_be_done(name, 1));
    must_count(counts, [1, 2]);
}

fn woken_across<T: Pass>() {
    let facts = Facts::new();
    let (inner, (gate, passage)) = (facts.clone(), gate("answer"));
    let asks = work::<T, _>(&facts, "asks", move |courier| async move {
        T::pass(&courier, work::<T, _>(&inner, "answers", move |_| async move { gate.open() })).await;
        passage.await;
    });
    let counts = run::<T>(&facts, 1, [vec![asks], vec![]]);
    facts.must_be_done("asks", 0);
    facts.must_be_done("answers", 1);
    must_count(counts, [1, 1]);
}

const LATE: Duration = Duration::from_millis(5);

fn late<T: Pass>() {
    let facts = Facts::new();
    let (inner, innermost) = (facts.clone(), facts.clone());
    let first = work::<T, _>(&facts, "sleeps, then passes", move |courier| async move {
        sleep(LATE).await;
        let second = work::<T, _>(&inner, "sleeps, then passes back", move |courier| async move {
            sleep(LATE).await;
            T::pass(&courier, work::<T, _>(&innermost, "comes back", |_| async {})).await;
        });
        T::pass(&courier, second).await;
    });
    let counts = run::<T>(&facts, 1, [vec![first], vec![]]);
    for (name, side) in [("sleeps, then passes", 0), ("sleeps, then passes back", 1), ("comes back", 0)] {
        facts.must_be_done(name, side);
    }
    must_count(counts, [2, 1]);
}

fn ping_pong<T: Pass>() {
    fn ball<T: Pass>(facts: &Facts, left: usize) -> Work<T> {
        let inner = facts.clone();
        work::<T, _>(facts, format!("{left} left"), move |courier| async move {
            if let Some(left) = left.checked_sub(1) {
                T::pass(&courier, ball::<T>(&inner, left)).await;
            }
        })
    }
    let facts = Facts::new();
    let counts = run::<T>(&facts, 1, [vec![ball::<T>(&facts, 100)], vec![]]);
    (0..=100).for_each(|left| facts.must_be_done(&format!("{left} left"), left % 2));
    facts.must_be_apart();
    must_count(counts, [51, 50]);
}

/// A work that holds the whole thread of its side until it is told to go on.
fn holds<T: Pass>(facts: &Facts, held: Sender<()>, go_on: Receiver<()>) -> Work<T> {
    work::<T, _>(facts, "holds its thread", move |_| async move {
        let _ = held.send(());
        let _ = go_on.recv(); // blocks: that is the purpose
    })
}

fn bounded<T: Pass>() {
    const CAPACITY: usize = 3;
    let facts = Facts::new();
    let ((held, is_held), (release, go_on)) = (channel(), channel());
    let inner = facts.clone();
    let passes = work::<T, _>(&facts, "passes 20", move |courier| async move {
        let _ = is_held.recv();
        let mut release = Some(release);
        for n in 0..20 {
            let mut pass =
                Box::pin(T::pass(&courier, work::<T, _>(&inner, format!("passed {n}"), |_| async {})));
            let ready = poll_fn(|cx| Poll::Ready(pass.as_mut().poll(cx).is_ready())).await;
            if !ready {
                if let Some(release) = release.take() {
                    inner.note("passed while the other side was held", n);
                    drop(release);
                }
                pass.await;
            }
        }
    });
    let counts = run::<T>(&facts, CAPACITY, [vec![passes], vec![holds::<T>(&facts, held, go_on)]]);
    let accepted = facts.noted("passed while the other side was held").unwrap_or(20);
    require(accepted <= CAPACITY as u64, 0, || {
        format!(
            "Side 1 was held in the middle of a work and took nothing in, the capacity is {CAPACITY}, and side 0 passed {accepted} works to it \
             without waiting. Whoever makes work faster than the other side does it has to wait, or the memory fills."
        )
    });
    (0..20).for_each(|n| facts.must_be_done(&format!("passed {n}"), 1));
    must_count(counts, [1, 21]);
}

fn both_full<T: Pass>() {
    const EACH: usize = 300;
    let facts = Facts::new();
    let floods = |name: &'static str| {
        let inner = facts.clone();
        work::<T, _>(&facts, name, move |courier| async move {
            for n in 0..EACH {
                T::pass(&courier, work::<T, _>(&inner, format!("{name}: {n}"), |_| async {})).await;
            }
        })
    };
    let counts = run::<T>(&facts, 2, [vec![floods("to 1")], vec![floods("to 0")]]);
    for (name, side) in [("to 1", 1), ("to 0", 0)] {
        (0..EACH).for_each(|n| facts.must_be_done(&format!("{name}: {n}"), side));
    }
    facts.must_be_apart();
    must_count(counts, [EACH + 1; 2]);
}

fn given_up<T: Pass>() {
    let facts = Facts::new();
    let ((held, is_held), (release, go_on)) = (channel(), channel::<()>());
    let inner = facts.clone();
    let passes = work::<T, _>(&facts, "passes and gives up", move |courier| async move {
        let _ = is_held.recv();
        let mut waiting = Vec::new();
        for n in 0..6 {
            waiting.push((
                n,
                Box::pin(T::pass(&courier, work::<T, _>(&inner, format!("passed {n}"), |_| async {}))),
            ));
        }
        let mut still = Vec::new();
        for (n, mut pass) in waiting {
            if !poll_fn(|cx| Poll::Ready(pass.as_mut().poll(cx).is_ready())).await {
                still.push((n, pass));
            }
        }
        // Every other one of those that wait is given up.
        let mut kept = Vec::new();
        for (n, pass) in still {
            if n % 2 == 0 {
                kept.push(pass);
            } else {
                inner.event(&format!("the pass of {n} is given up"));
            }
        }
        drop(release);
        for pass in kept {
            pass.await;
        }
    });
    run::<T>(&facts, 1, [vec![passes], vec![holds::<T>(&facts, held, go_on)]]);
    for n in 0..6 {
        let began = facts.named(&format!("passed {n}"));
        require(began.len() == 1 || (n % 2 == 1 && began.is_empty()), 37, || {
            format!(
                "Of six passes, some were given up while they waited. The work {n} was begun {}.",
                times(began.len())
            )
        });
    }
}

fn idle<T: Pass>() {
    const WAIT: Duration = Duration::from_millis(40);
    let facts = Facts::new();
    let (gate, passage) = gate("the end");
    let (here, there) = (facts.clone(), facts.clone());
    let waits = work::<T, _>(&facts, "waits for side 1", move |_| async move {
        let (polls, busy) = (stats().polls, cpu_time());
        passage.await;
        here.note("polls on side 0 meanwhile", stats().polls - polls);
        here.note("busy on side 0 meanwhile, in µs", (cpu_time() - busy).as_micros() as u64);
    });
    let sleeps = work::<T, _>(&facts, "sleeps on side 1", move |_| async move {
        let (polls, busy) = (stats().polls, cpu_time());
        sleep(WAIT).await;
        there.note("polls on side 1 meanwhile", stats().polls - polls);
        there.note("busy on side 1 meanwhile, in µs", (cpu_time() - busy).as_micros() as u64);
        gate.open();
    });
    must_count(run::<T>(&facts, 1, [vec![waits], vec![sleeps]]), [1, 1]);
    for (polls, busy) in [
        ("polls on side 0 meanwhile", "busy on side 0 meanwhile, in µs"),
        ("polls on side 1 meanwhile", "busy on side 1 meanwhile, in µs"),
    ] {
        let (n, us) = (facts.noted(polls).unwrap_or(0), facts.noted(busy).unwrap_or(0));
        require(n <= 30 && us <= 20_000, 0, || {
            format!(
                "One work slept for 40 ms, one waited for it, and nothing was passed. {polls}: {n}; {busy}: {us}. A side that waits for work asks again and again. It leaves \
                 its waker where the other side finds it, and sleeps."
            )
        });
    }
}

fn panics<T: Pass>() {
    let facts = Facts::new();
    let inner = facts.clone();
    let panics = work::<T, _>(&facts, "panics", move |courier| async move {
        T::pass(&courier, work::<T, _>(&inner, "passed before that", |_| async {})).await;
        resume_unwind(Box::new("on purpose"));
    });
    let at_once: Work<T> = Box::new(|_| resume_unwind(Box::new("before there is a future")));
    let counts =
        run::<T>(&facts, 1, [vec![panics, work::<T, _>(&facts, "beside it", |_| async {})], vec![at_once]]);
    facts.must_be_done("passed before that", 1);
    facts.must_be_done("beside it", 0);
    must_count(counts, [1, 1]);
}

fn storm<T: Pass>() {
    fn tree<T: Pass>(facts: &Facts, name: String, depth: usize) -> Work<T> {
        let (inner, own) = (facts.clone(), name.clone());
        work::<T, _>(facts, name, move |courier| async move {
            for branch in ["a", "b"] {
                if depth > 0 {
                    T::pass(&courier, tree::<T>(&inner, format!("{own}{branch}"), depth - 1)).await;
                }
            }
        })
    }
    for round in 0..5 {
        let facts = Facts::new();
        let roots = |side: usize| {
            vec![
                tree::<T>(&facts, format!("{round}{side}0"), 6),
                tree::<T>(&facts, format!("{round}{side}1"), 6),
            ]
        };
        let counts = run::<T>(&facts, 4, [roots(0), roots(1)]);
        let began = facts.began();
        require(began.len() == 508 && began.iter().all(|began| began.ended), 8, || {
            format!(
                "Of 508 works {} were begun and {} ended, in round {round} of 5. What is on its way when a side looks whether it may end is work, too.",
                began.len(),
                began.iter().filter(|began| began.ended).count()
            )
        });
        facts.must_be_apart();
        must_count(counts, [254, 254]);
    }
}
