//! 22, wrong: a side ends when it has nothing to do itself: what is passed to it later is lost.
//! says: may end only when nothing is left on the other one either

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;

use runtime::{Builder, OnStall};

pub type Work = Box<dyn FnOnce(Courier) -> Pin<Box<dyn Future<Output = ()>>> + Send>;

/// What lies before a side.
#[derive(Default)]
struct Lane {
    works: VecDeque<Work>,
    /// Those who wait for room, by their numbers.
    passers: VecDeque<(u64, Waker)>,
    last_number: u64,
    /// The side itself, if it waits for work.
    taker: Option<Waker>,
    /// Nothing will come any more.
    over: bool,
}

struct Shared {
    capacity: usize,
    lanes: [Mutex<Lane>; 2],
    /// Works that are there at first, were passed, or run. Who passes one is one himself: so this is 0 only at the end.
    left: [AtomicUsize; 2],
    done: [AtomicUsize; 2],
}

impl Shared {
    fn lane(&self, side: usize) -> MutexGuard<'_, Lane> {
        self.lanes[side].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One work less, or the pretended one of the beginning.
    fn ended(&self, side: usize) {
        if self.left[side].fetch_sub(1, Ordering::AcqRel) == 1 {
            let taker = {
                let mut lane = self.lane(side);
                lane.over = true;
                lane.taker.take()
            };
            wake(taker);
        }
    }
}

/// The lock is free again.
fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

#[derive(Clone)]
pub struct Courier {
    shared: Arc<Shared>,
    side: usize,
}

impl Courier {
    pub fn side(&self) -> usize {
        self.side
    }

    pub fn pass(&self, work: Work) -> impl Future<Output = ()> {
        Pass { shared: &self.shared, to: 1 - self.side, work: Some(work), number: None }
    }

    /// Begins a work, here.
    fn begin(&self, work: Work) {
        let (courier, ended) = (self.clone(), Ended(self.shared.clone(), self.side));
        runtime::spawn(async move {
            let _ended = ended;
            let side = courier.side;
            let shared = courier.shared.clone();
            work(courier).await;
            shared.done[side].fetch_add(1, Ordering::Relaxed);
        });
    }
}

/// Dropped at the end of a work, however it ends.
struct Ended(Arc<Shared>, usize);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.ended(self.1);
    }
}

struct Pass<'a> {
    shared: &'a Shared,
    to: usize,
    work: Option<Work>,
    number: Option<u64>,
}

impl Future for Pass<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let shared = self.shared;
        let mut lane = shared.lane(self.to);
        let number = *self.number.get_or_insert_with(|| {
            lane.last_number += 1;
            lane.last_number
        });
        lane.passers.retain(|(other, _)| *other != number);
        if lane.works.len() >= shared.capacity {
            lane.passers.push_back((number, cx.waker().clone()));
            return Poll::Pending;
        }
        lane.works.extend(self.work.take());
        shared.left[self.to].fetch_add(1, Ordering::Relaxed);
        let taker = lane.taker.take();
        drop(lane);
        wake(taker);
        Poll::Ready(())
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        let (Some(number), Some(_)) = (self.number, &self.work) else { return };
        let next = {
            let mut lane = self.shared.lane(self.to);
            let before = lane.passers.len();
            lane.passers.retain(|(other, _)| *other != number);
            // It was woken, as there was room: that is for the next one.
            if lane.passers.len() == before { lane.passers.pop_front() } else { None }
        };
        wake(next.map(|(_, waker)| waker));
    }
}

/// The next work of a side; `None` at the end of all.
struct Next<'a>(&'a Courier);

impl Future for Next<'_> {
    type Output = Option<Work>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Work>> {
        let mut lane = self.0.shared.lane(self.0.side);
        let Some(work) = lane.works.pop_front() else {
            if lane.over {
                return Poll::Ready(None);
            }
            lane.taker = Some(cx.waker().clone());
            return Poll::Pending;
        };
        let passer = lane.passers.pop_front();
        drop(lane);
        wake(passer.map(|(_, waker)| waker));
        Poll::Ready(Some(work))
    }
}

pub fn run(capacity: usize, first: [Vec<Work>; 2]) -> [usize; 2] {
    let shared = Arc::new(Shared {
        capacity,
        lanes: Default::default(),
        // One more, so that it is not over before both have begun.
        left: [0, 1].map(|side: usize| AtomicUsize::new(first[side].len() + 1)),
        done: Default::default(),
    });
    thread::scope(|scope| {
        for (side, works) in first.into_iter().enumerate() {
            let courier = Courier { shared: shared.clone(), side };
            scope.spawn(move || {
                let runtime = Builder::new().on_stall(OnStall::Wait).build().expect("an event loop");
                runtime.block_on(async {
                    works.into_iter().for_each(|work| courier.begin(work));
                    // To take in waits for nothing but works: each is a task of its own.
                    while let Some(work) = Next(&courier).await {
                        courier.begin(work);
                    }
                });
            });
        }
        (0..2).for_each(|side| shared.ended(side));
    });
    [0, 1].map(|side| shared.done[side].load(Ordering::Relaxed))
}
