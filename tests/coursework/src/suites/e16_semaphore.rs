//! 16: a semaphore.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use crate::check::{Check, fault, require, survives, times};
use crate::log;
use crate::probe::{ByHand, Moment, by_hand, calling_waker, count_waker, on_loop, spawn};

/// What the exercise asks for: a handle to a semaphore, whose clones are of the same one.
pub trait Semaphore16: Clone + 'static {
    /// Permits in somebody's hands. They go back when it is dropped.
    type Permit: 'static;
    /// With so many permits.
    fn new(permits: usize) -> Self;
    /// Waits for so many, all at once.
    fn acquire(&self, n: usize) -> impl Future<Output = Self::Permit> + 'static;
    /// So many, if they are there and nobody waits.
    fn try_acquire(&self, n: usize) -> Option<Self::Permit>;
    /// How many are in nobody's hands, and kept for nobody who was woken.
    fn available(&self) -> usize;
}

/// The checks of exercise 16.
pub fn checks<T: Semaphore16>() -> Vec<Check> {
    vec![
        Check::new("permits that are there are had at the first poll", free::<T>),
        Check::new("a future that was not polled takes nothing", lazy::<T>),
        Check::new("the future is over, the permit is not", outlives::<T>),
        Check::new("who finds too few waits, and is woken when they come back", waits::<T>),
        Check::new("first come, first served, and one permit wakes one", in_order::<T>),
        Check::new("permits that come back together wake as many as they do for", together::<T>),
        Check::new("nobody takes the permit from under who was woken", newcomer::<T>),
        Check::new("small requests do not overtake a large one", large::<T>),
        Check::new("a large request gets what comes back bit by bit", bit_by_bit::<T>),
        Check::new("who stops waiting leaves the line", leaves::<T>),
        Check::new("when a large request leaves, those behind it go on", large_leaves::<T>),
        Check::new("who was woken and is dropped hands its permit on", handed_on::<T>),
        Check::new("polled twice, it stands in line once", polled_twice::<T>),
        Check::new("the waker of the latest poll is woken", latest_waker::<T>),
        Check::new("a waker may use the semaphore", wake_uses_it::<T>),
        Check::new("so may a waker that is dropped", drop_uses_it::<T>),
        Check::new("in a thousand random steps no permit is lost or made", random::<T>),
        Check::new("on the loop: ten downloads, three at a time", downloads::<T>),
    ]
}

/// A request for so many, polled once.
fn ask<T: Semaphore16>(
    semaphore: &T,
    name: &'static str,
    n: usize,
) -> (ByHand<T::Permit>, Option<T::Permit>) {
    let mut request = by_hand(name, semaphore.acquire(n));
    let got = request.poll();
    (request, got)
}

/// A request for so many that must wait.
fn waiting<T: Semaphore16>(semaphore: &T, name: &'static str, n: usize, why: &str) -> ByHand<T::Permit> {
    let (request, got) = ask(semaphore, name, n);
    require(got.is_none(), 40, || format!("{name} asked for {n} and got it at once: {why}."));
    request
}

/// Permits that are there.
fn taken<T: Semaphore16>(semaphore: &T, n: usize) -> T::Permit {
    match ask(semaphore, "the first", n) {
        (_, Some(permit)) => permit,
        _ => fault(
            0,
            format!(
                "A semaphore with {} permits free, and nobody waiting, did not give {n} at the first poll.",
                semaphore.available()
            ),
        ),
    }
}

fn available<T: Semaphore16>(semaphore: &T, expected: usize, trap: u8, when: &str) {
    let available = semaphore.available();
    require(available == expected, trap, || {
        format!("{when}, `available` is {available}, and it must be {expected}.")
    });
}

/// Gives it back, and says so.
fn give_back<P>(permit: P) {
    log::event(format_args!("a permit is given back"));
    drop(permit);
}

fn free<T: Semaphore16>() {
    let semaphore = T::new(3);
    available(&semaphore, 3, 0, "At first, with 3 permits");
    let two = taken(&semaphore, 2);
    available(&semaphore, 1, 0, "Of 3 permits 2 are taken. Then");
    let one = semaphore.try_acquire(1);
    require(one.is_some(), 0, || {
        "One permit is free and nobody waits, and `try_acquire(1)` gave None.".into()
    });
    require(semaphore.try_acquire(1).is_none(), 0, || {
        "No permit is free, and `try_acquire(1)` gave one.".into()
    });
    give_back(two);
    available(&semaphore, 2, 0, "A permit for 2 of 3 was dropped, 1 is still out. Then");
}

fn lazy<T: Semaphore16>() {
    let semaphore = T::new(1);
    let request = semaphore.acquire(1);
    available(
        &semaphore,
        1,
        0,
        "`acquire(1)` was called and its future not polled yet: futures are lazy. Then",
    );
    drop(request);
    available(&semaphore, 1, 0, "That future was dropped without a poll. Then");
}

fn outlives<T: Semaphore16>() {
    let semaphore = T::new(1);
    let (request, permit) = ask(&semaphore, "a", 1);
    drop(request);
    available(
        &semaphore,
        0,
        0,
        "The future has given its permit, and was dropped, but the permit was not. Then",
    );
    drop(permit);
    available(&semaphore, 1, 0, "Then the permit was dropped, too. Now");
}

fn waits<T: Semaphore16>() {
    let semaphore = T::new(1);
    let first = taken(&semaphore, 1);
    let mut b = waiting(&semaphore, "b", 1, "the only permit is out");
    require(!b.is_woken(), 0, || {
        format!("b waits for a permit, none has come back, and its waker was called {}.", times(b.wakes()))
    });
    give_back(first);
    require(b.is_woken(), 0, || {
        "The permit was given back, and b, who waits for it, was not woken: nobody will ever poll b again."
            .into()
    });
    let permit = b.poll();
    require(permit.is_some(), 0, || "b was woken and polled, and has got no permit.".into());
    available(&semaphore, 0, 0, "b has the only permit. Then");
    give_back(permit);
    available(&semaphore, 1, 0, "b has given it back, and nobody waits. Then");
}

fn in_order<T: Semaphore16>() {
    let semaphore = T::new(1);
    let mut permit = Some(taken(&semaphore, 1));
    let mut line = ["b", "c", "d"].map(|name| waiting(&semaphore, name, 1, "the only permit is out"));
    for (n, expected) in [[1, 0, 0], [1, 1, 0], [1, 1, 1]].into_iter().enumerate() {
        give_back(permit.take());
        let wakes = line.each_ref().map(ByHand::wakes);
        require(wakes == expected, 0, || {
            format!(
                "b, c and d wait, in this order. The permit was given back for the {}. time, and by now they have been woken \
                 {wakes:?} times: it must be {expected:?}, each in its turn and nobody for nothing.",
                n + 1
            )
        });
        permit = line[n].poll();
    }
}

fn together<T: Semaphore16>() {
    let semaphore = T::new(2);
    let both = taken(&semaphore, 2);
    let mut b = waiting(&semaphore, "b", 1, "both are out");
    let mut c = waiting(&semaphore, "c", 1, "both are out");
    give_back(both);
    require(b.is_woken() && c.is_woken(), 0, || {
        format!(
            "Two permits came back together, and b and c wait for one each. b was woken {}, c {}: both can go on.",
            times(b.wakes()),
            times(c.wakes())
        )
    });
    let got = (b.poll(), c.poll());
    require(got.0.is_some() && got.1.is_some(), 0, || {
        "b and c were woken, and have not both got their permit.".into()
    });
}

fn newcomer<T: Semaphore16>() {
    let semaphore = T::new(1);
    let first = taken(&semaphore, 1);
    let mut b = waiting(&semaphore, "b", 1, "the only permit is out");
    give_back(first);
    // b is woken and has not had its turn: a busy loop may take a while.
    require(semaphore.try_acquire(1).is_none(), 40, || {
        "The permit came back and b, who waits, was woken. Before b had its turn, `try_acquire` took the permit: b wakes up for \
         nothing, and again and again. Grant it when you wake: from then on it is b's."
            .into()
    });
    let _c = waiting(&semaphore, "c", 1, "it was b's: b was woken for it, and has not had its turn yet");
    available(&semaphore, 0, 40, "The permit is kept for b, who was woken. Then");
    require(b.poll().is_some(), 40, || "b was woken for a permit that came back, and has not got it.".into());
}

fn large<T: Semaphore16>() {
    let semaphore = T::new(3);
    let first = taken(&semaphore, 2);
    let mut large = waiting(&semaphore, "large", 2, "only one is free");
    let small = waiting(
        &semaphore,
        "small",
        1,
        "one is free, but large (who wants 2) was there before; so the small ones overtake it, and it starves",
    );
    require(semaphore.try_acquire(1).is_none(), 40, || {
        "One permit is free, `large` waits for 2, and `try_acquire(1)` gave it away: who does not wait overtakes who does.".into()
    });
    give_back(first);
    let woken = (large.is_woken(), small.is_woken());
    require(woken == (true, true), 40, || {
        format!(
            "3 permits are free now. `large` wants 2 of them and `small` 1: woken were {woken:?}, and both can go on."
        )
    });
    require(large.poll().is_some(), 40, || "`large` was woken, and did not get its 2 permits.".into());
}

fn bit_by_bit<T: Semaphore16>() {
    let semaphore = T::new(3);
    let permits = [1, 1, 1].map(|n| taken(&semaphore, n));
    let mut large = waiting(&semaphore, "large", 3, "none is free");
    let small = waiting(&semaphore, "small", 1, "none is free");
    for (n, permit) in permits.into_iter().enumerate() {
        require(!large.is_woken() && !small.is_woken(), 40, || {
            format!(
                "`large` waits for 3 permits, and `small` behind it for 1. {n} came back, and woken were: large {}, small {}. \
                 What comes back is kept until there is enough for the first in line.",
                times(large.wakes()),
                times(small.wakes())
            )
        });
        give_back(permit);
    }
    let got = large.poll();
    require(got.is_some() && !small.is_woken(), 40, || {
        format!(
            "Three permits came back, one by one. `large`, who waits for 3, {} them, and `small` was woken {}.",
            if got.is_some() { "got" } else { "did not get" },
            times(small.wakes())
        )
    });
}

fn leaves<T: Semaphore16>() {
    let semaphore = T::new(1);
    let first = taken(&semaphore, 1);
    let b = waiting(&semaphore, "b", 1, "the only permit is out");
    let mut c = waiting(&semaphore, "c", 1, "the only permit is out");
    drop(b);
    give_back(first);
    require(c.is_woken() && c.poll().is_some(), 37, || {
        "b and c waited, b was dropped, the permit came back, and c did not get it: it went to a future that is gone.".into()
    });
    available(&semaphore, 1, 37, "All permits were dropped, and nobody waits. Then");
}

fn large_leaves<T: Semaphore16>() {
    let semaphore = T::new(2);
    let _first = taken(&semaphore, 1);
    let large = waiting(&semaphore, "large", 2, "only one is free");
    let mut small = waiting(&semaphore, "small", 1, "large was there before");
    drop(large);
    require(small.is_woken(), 37, || {
        "One permit is free. `large` waited for 2 and `small` behind it for 1. `large` was dropped, and `small` was not woken: what \
         was too little for the one is enough for the next, and nobody else will say so."
            .into()
    });
    require(small.poll().is_some(), 37, || "`small` was woken, and did not get its permit.".into());
}

fn handed_on<T: Semaphore16>() {
    let semaphore = T::new(1);
    let first = taken(&semaphore, 1);
    let b = waiting(&semaphore, "b", 1, "the only permit is out");
    let mut c = waiting(&semaphore, "c", 1, "the only permit is out");
    give_back(first);
    require(b.is_woken(), 0, || "The permit came back, and b, the first in line, was not woken.".into());
    drop(b); // as a timeout does it
    require(c.is_woken() && c.poll().is_some(), 37, || {
        format!(
            "b was woken for the permit, and dropped before its turn. c, who waits behind it, was woken {}: the permit is lost, \
             and c waits for ever. The destructor of who was granted a permit gives it back.",
            times(c.wakes())
        )
    });
    let first = taken(&semaphore, 1);
    let d = waiting(&semaphore, "d", 1, "the only permit is out");
    give_back(first);
    drop(d);
    available(
        &semaphore,
        1,
        37,
        "d was woken for the permit, and dropped before its turn; nobody else waits. Then",
    );
}

fn polled_twice<T: Semaphore16>() {
    let semaphore = T::new(1);
    let first = taken(&semaphore, 1);
    let mut b = waiting(&semaphore, "b", 1, "the only permit is out");
    let again = b.poll();
    require(again.is_none(), 0, || {
        "b waits, was polled once more, and got a permit that is not there.".into()
    });
    let mut c = waiting(&semaphore, "c", 1, "the only permit is out");
    give_back(first);
    give_back(b.poll());
    require(c.is_woken() && c.poll().is_some(), 0, || {
        "b waited, and was polled twice; c waited behind it. b got the permit and gave it back, and c did not get it: b stands in \
         line a second time. A future has one place."
            .into()
    });
}

fn latest_waker<T: Semaphore16>() {
    let semaphore = T::new(1);
    let first = taken(&semaphore, 1);
    let mut b = waiting(&semaphore, "b", 1, "the only permit is out");
    let (second, waker) = count_waker("b's second waker");
    let again = b.poll_with(&waker);
    require(again.is_none(), 0, || "b got a permit that is not there.".into());
    give_back(first);
    require(second.wakes() == 1 && b.wakes() == 0, 6, || {
        format!(
            "b was polled with one waker, then with another: it has moved to another task. When the permit came back, the first \
             was called {}, and the second {}.",
            times(b.wakes()),
            times(second.wakes())
        )
    });
}

fn wake_uses_it<T: Semaphore16>() {
    let semaphore = T::new(2);
    let first = taken(&semaphore, 2);
    let other = semaphore.clone();
    let seen = Rc::new(Cell::new(None));
    let mark = seen.clone();
    let waker = calling_waker("b", move |moment| {
        if moment == Moment::Woken {
            drop(other.try_acquire(1));
            mark.set(Some(other.available()));
        }
    });
    let mut b = by_hand("b", semaphore.acquire(1));
    require(b.poll_with(&waker).is_none(), 0, || "b got a permit that is not there.".into());
    let text = "b's waker used the semaphore when it was called, and panicked: something is still borrowed. To wake may run \
                anybody's code: take the waker out, end the borrow, then wake.";
    survives(16, text, || give_back(first));
    require(seen.get() == Some(1), 16, || {
        format!(
            "2 permits came back, and b was woken for one. In its waker, `available` was {:?}: when a waker is called, all must \
             be in order already.",
            seen.get()
        )
    });
    require(b.poll().is_some(), 0, || "b was woken, and did not get its permit.".into());
}

fn drop_uses_it<T: Semaphore16>() {
    let semaphore = T::new(1);
    let first = taken(&semaphore, 1);
    let waker = |semaphore: &T| {
        let other = semaphore.clone();
        calling_waker("b", move |moment| {
            if moment == Moment::Dropped {
                drop(other.try_acquire(1));
            }
        })
    };
    let mut b = by_hand("b", semaphore.acquire(1));
    require(b.poll_with(&waker(&semaphore)).is_none(), 0, || "b got a permit that is not there.".into());
    let text = "b was polled with another waker than before. The destructor of the old one used the semaphore, and panicked: it \
                was dropped while something was borrowed. Take it out, end the borrow, then drop it.";
    survives(17, text, || drop(b.poll_with(&waker(&semaphore))));
    let text = "b was dropped while it waited. The destructor of its waker used the semaphore, and panicked: it was dropped while \
                something was borrowed.";
    survives(17, text, || drop(b));
    give_back(first);
    available(&semaphore, 1, 37, "All permits were dropped, and nobody waits. Then");
}

/// A request in the random steps.
struct Request<P> {
    number: usize,
    n: usize,
    future: ByHand<P>,
    /// What the model says: it has been granted, and was not polled since.
    granted: bool,
}

fn random<T: Semaphore16>() {
    const ALL: usize = 4;
    let semaphore = T::new(ALL);
    let mut line: Vec<Request<T::Permit>> = Vec::new();
    let mut permits: Vec<(usize, T::Permit)> = Vec::new();
    let mut free = ALL;
    let mut state = 1_u64;
    // Knuth's linear congruential generator (MMIX): any will do that is the same each time.
    let mut roll = |most: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % most
    };
    for step in 1..=1000 {
        let did = match roll(4) {
            0 if line.len() < 6 => {
                let n = 1 + roll(3);
                let (future, got) = ask(&semaphore, "a request", n);
                let due = n <= free && line.iter().all(|request| request.granted);
                require(got.is_some() == due, 40, || {
                    format!(
                        "Step {step}: {n} were asked for, {free} are free and {} wait: they were {}.",
                        line.iter().filter(|request| !request.granted).count(),
                        if due { "not given" } else { "given" }
                    )
                });
                match got {
                    Some(permit) => {
                        free -= n;
                        permits.push((n, permit));
                    }
                    None => line.push(Request { number: step, n, future, granted: false }),
                }
                format!("a request for {n}")
            }
            1 if !line.is_empty() => {
                let request = line.remove(roll(line.len()));
                if request.granted {
                    free += request.n;
                }
                drop(request.future);
                format!("the request of step {}, for {}, was dropped", request.number, request.n)
            }
            2 if !line.is_empty() => {
                let at = roll(line.len());
                let request = &mut line[at];
                let (number, n) = (request.number, request.n);
                let got = request.future.poll();
                require(got.is_some() == request.granted, 37, || {
                    format!(
                        "Step {step}: the request of step {number}, for {n}, was polled. Its permits have {}come, and it got {}.",
                        if request.granted { "" } else { "not " },
                        if got.is_some() { "them" } else { "none" }
                    )
                });
                if let Some(permit) = got {
                    line.remove(at);
                    permits.push((n, permit));
                }
                format!("the request of step {number} was polled")
            }
            _ if !permits.is_empty() => {
                let (n, permit) = permits.swap_remove(roll(permits.len()));
                give_back(permit);
                free += n;
                format!("{n} were given back")
            }
            _ => continue,
        };
        for request in line.iter_mut().filter(|request| !request.granted) {
            if request.n > free {
                break;
            }
            free -= request.n;
            request.granted = true;
        }
        available(&semaphore, free, 37, &format!("Step {step}: {did}; after it"));
    }
}

fn downloads<T: Semaphore16>() {
    let (now, most) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
    let took = on_loop()
        .if_stalled(37, "A permit was given back, and who waits for it was not woken; or it is lost.")
        .run(async {
            let semaphore = T::new(3);
            let start = runtime::now();
            let tasks = (0..10).map(|_| {
                let (semaphore, now, most) = (semaphore.clone(), now.clone(), most.clone());
                spawn("download", async move {
                    let _permit = semaphore.acquire(1).await;
                    now.set(now.get() + 1);
                    most.set(most.get().max(now.get()));
                    runtime::sleep(Duration::from_secs(1)).await;
                    now.set(now.get() - 1);
                })
            });
            runtime::join_all(tasks).await;
            runtime::now() - start
        });
    require((most.get(), took) == (3, Duration::from_secs(4)), 0, || {
        format!(
            "Ten downloads of 1 s, with 3 permits: at most {} ran at once, and all took {took:?}. It must be 3, and 4 s.",
            most.get()
        )
    });
}
