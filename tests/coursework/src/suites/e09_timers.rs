//! 09: timers, and `sleep`.

use std::cell::{Cell, RefCell};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use crate::check::{Check, fault, require, times};
use crate::log;
use crate::probe::{cpu_time, gate, helper};

/// What the exercise asks for.
pub trait Timers: 'static {
    /// As in exercise 06, with timers.
    fn block_on<F: Future>(main: F) -> F::Output;
    /// As in exercise 06.
    fn spawn(task: impl Future<Output = ()> + 'static);
    /// Is ready when so much time has passed.
    fn sleep(duration: Duration) -> impl Future<Output = ()> + 'static;
    /// Is ready at this instant.
    fn sleep_until(deadline: Instant) -> impl Future<Output = ()> + 'static;
    /// How many deadlines are set.
    fn set() -> usize;
}

const MS: Duration = Duration::from_millis(1);

/// Longer than any check's patience.
const LONG: Duration = Duration::from_secs(600);

/// The checks of exercise 09.
pub fn checks<T: Timers>() -> Vec<Check> {
    const ASLEEP: &str = "A deadline is long over, and nobody was woken.";
    vec![
        Check::new("a sleep takes its time", takes_its_time::<T>).hang(0, ASLEEP),
        Check::new("no sleep ends early, however short", never_early::<T>).hang(22, ASLEEP),
        Check::new("the shorter sleep ends first", shorter_first::<T>).hang(0, ASLEEP),
        Check::new("equal deadlines all come, in their order", equal::<T>).hang(
            21,
            "Five tasks wait for the same instant, and not all were woken: equal deadlines overwrite each other. The map's key needs a number \
             besides the instant.",
        ),
        Check::new("while all sleep, the thread does, too", idle::<T>).hang(0, ASLEEP),
        Check::new("a deadline that is over is no reason to wait", over::<T>).hang(0, ASLEEP),
        Check::new("Duration::MAX waits for ever, and does not overflow", for_ever::<T>).hang(24, ASLEEP),
        Check::new("a sleep that is dropped leaves nothing behind", dropped::<T>).hang(23, ASLEEP),
        Check::new("an earlier deadline shortens the wait", earlier::<T>).hang(
            25,
            "The loop waits for a far deadline, though a nearer one was set since. Ask for the next deadline each time before you wait.",
        ),
        Check::new("a wake from another thread ends the wait", from_thread::<T>)
            .hang(8, "The loop waits for a deadline, a task was woken by another thread, and the loop did not get up."),
        Check::new("a task that always wakes itself does not stop the clock", busy::<T>)
            .hang(14, "Timers are looked at only when there is nothing else to do: one task that wakes itself keeps all deadlines from coming."),
        Check::new("a sleep that is polled by another task wakes that one", moved::<T>).hang(
            6,
            "A sleep was polled by one task, then awaited by another, and the second was not woken: the timer still holds the first waker.",
        ),
    ]
}

fn takes_its_time<T: Timers>() {
    for wanted in [1, 5, 20] {
        let start = Instant::now();
        T::block_on(T::sleep(wanted * MS));
        let took = start.elapsed();
        log::event(format_args!("a sleep of {wanted} ms took {took:.1?}"));
        require(took >= wanted * MS, 22, || format!("A sleep of {wanted} ms ended after {took:.1?}: early."));
    }
}

fn never_early<T: Timers>() {
    T::block_on(async {
        for n in 1..=20 {
            let wanted = Duration::from_micros(50 * n);
            let start = Instant::now();
            T::sleep(wanted).await;
            let took = start.elapsed();
            require(took >= wanted, 22, || {
                format!(
                    "A sleep of {wanted:?} ended after {took:?}: early. A part of a millisecond was cut off, not rounded up."
                )
            });
        }
    });
}

/// Spawns tasks that sleep until then; in which order they came.
fn order<T: Timers>(deadlines: impl IntoIterator<Item = Instant>) -> Vec<usize> {
    let order = Rc::new(RefCell::new(Vec::new()));
    let seen = order.clone();
    T::block_on(async move {
        let (gate, passage) = gate("main");
        let deadlines: Vec<_> = deadlines.into_iter().collect();
        let count = deadlines.len();
        for (n, deadline) in deadlines.into_iter().enumerate() {
            let (order, gate) = (order.clone(), gate.clone());
            T::spawn(async move {
                T::sleep_until(deadline).await;
                log::event(format_args!("task {n}: its deadline has come"));
                order.borrow_mut().push(n);
                if order.borrow().len() == count {
                    gate.open();
                }
            });
        }
        passage.await;
    });
    seen.take()
}

fn shorter_first<T: Timers>() {
    // On a machine that stands still for a while, all deadlines may be over before the first poll: then once more.
    let mut order = Vec::new();
    for _ in 0..3 {
        let start = Instant::now() + 5 * MS;
        order = self::order::<T>([30, 10, 20].map(|ms| start + ms * MS));
        if order == [1, 2, 0] {
            return;
        }
    }
    fault(0, format!("Tasks 0, 1 and 2 slept for 30, 10 and 20 ms, and got up in the order {order:?}."));
}

fn equal<T: Timers>() {
    let deadline = Instant::now() + 10 * MS;
    let order = order::<T>([deadline; 5]);
    require(order == [0, 1, 2, 3, 4], 21, || {
        format!("Tasks 0 to 4 had the same deadline, set in this order, and got up in the order {order:?}.")
    });
}

fn idle<T: Timers>() {
    let polls = Rc::new(Cell::new(0));
    let seen = polls.clone();
    let before = cpu_time();
    T::block_on(async move {
        let mut sleep = pin!(T::sleep(50 * MS));
        std::future::poll_fn(|cx| {
            polls.set(polls.get() + 1);
            sleep.as_mut().poll(cx)
        })
        .await;
    });
    let busy = cpu_time().saturating_sub(before);
    require(seen.get() <= 3, 0, || {
        format!(
            "A sleep of 50 ms was polled {}: twice is enough, once to set the deadline and once when it has come.",
            times(seen.get())
        )
    });
    require(busy < 6 * MS, 22, || {
        format!(
            "In a sleep of 50 ms the thread was busy for {busy:.1?}: it spins. Park it until the next deadline."
        )
    });
}

fn over<T: Timers>() {
    T::block_on(async {
        T::sleep(Duration::ZERO).await;
        T::sleep_until(Instant::now() - MS).await;
    });
}

/// Which of the two is ready first: `true` for `a`. The other one is dropped.
async fn first(a: impl Future<Output = ()>, b: impl Future<Output = ()>) -> bool {
    let (mut a, mut b) = (pin!(a), pin!(b));
    std::future::poll_fn(|cx| {
        if a.as_mut().poll(cx).is_ready() {
            return Poll::Ready(true);
        }
        b.as_mut().poll(cx).map(|()| false)
    })
    .await
}

fn for_ever<T: Timers>() {
    let ended = T::block_on(first(T::sleep(Duration::MAX), T::sleep(5 * MS)));
    require(!ended, 24, || "A sleep of Duration::MAX ended before one of 5 ms.".into());
}

fn dropped<T: Timers>() {
    T::block_on(async {
        let before = T::set();
        for _ in 0..100 {
            first(T::sleep(LONG), T::sleep(Duration::from_micros(10))).await;
        }
        let left = T::set() - before.min(T::set());
        require(left == 0, 23, || {
            format!(
                "100 sleeps were dropped before their time, and {left} deadlines are still set: a dropped sleep must take its own out."
            )
        });
    });
}

fn earlier<T: Timers>() {
    let start = Instant::now();
    T::block_on(async {
        T::spawn(T::sleep(LONG));
        T::sleep(5 * MS).await;
        // By now the loop has waited with the far deadline in its table.
        T::sleep(5 * MS).await;
    });
    let took = start.elapsed();
    require(took < LONG / 2, 25, || format!("Two sleeps of 5 ms took {took:.1?}."));
}

fn from_thread<T: Timers>() {
    let (gate, passage) = gate("main");
    let opens = helper(move || {
        while gate.polls() == 0 {
            thread::sleep(MS / 5);
        }
        thread::sleep(10 * MS);
        gate.open();
    });
    T::block_on(async {
        T::spawn(T::sleep(LONG));
        passage.await;
    });
    opens.join();
}

fn busy<T: Timers>() {
    T::block_on(async {
        T::spawn(std::future::poll_fn(|cx| {
            cx.waker().wake_by_ref();
            Poll::Pending
        }));
        T::sleep(5 * MS).await;
    });
}

fn moved<T: Timers>() {
    T::block_on(async {
        let place = Rc::new(Cell::new(None));
        let left = place.clone();
        let (gate, passage) = gate("handed on");
        T::spawn(async move {
            let mut sleep: Pin<Box<dyn Future<Output = ()>>> = Box::pin(T::sleep(20 * MS));
            std::future::poll_fn(|cx| Poll::Ready(sleep.as_mut().poll(cx).is_ready())).await;
            log::event(format_args!("first task: has polled the sleep, and hands it on"));
            left.set(Some(sleep));
            gate.open();
        });
        passage.await;
        let Some(sleep) = place.take() else { fault(0, "A task was spawned, and did not run.") };
        sleep.await;
    });
}
