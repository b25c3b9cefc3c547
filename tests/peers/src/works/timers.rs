//! Timers: most are set and never fire, as those of timeouts.

use std::pin::pin;
use std::time::Duration;

use crate::clock::{Cost, Repeat};
use crate::futures::{poll_once, yield_once};
use crate::peer::Timed;

const HOUR: Duration = Duration::from_secs(3600);

/// A timer is set and dropped, within one poll of a task.
pub(super) async fn cancel<P: Timed>(repeat: Repeat) -> Cost {
    const N: usize = 1000;
    repeat
        .time(N, async || {
            for _ in 0..N {
                poll_once(pin!(P::sleep(HOUR))).await;
            }
            yield_once().await;
        })
        .await
}

/// A timeout around something that takes a turn of the loop: the timer is set in one turn and dropped in the next.
pub(super) async fn timeout<P: Timed>(repeat: Repeat) -> Cost {
    const N: usize = 1000;
    repeat
        .time(N, async || {
            for _ in 0..N {
                P::timeout(HOUR, yield_once()).await;
            }
        })
        .await
}

/// Many timers live at once, their deadlines in no order; the loop turns twice, then all are dropped.
pub(super) async fn live<P: Timed>(repeat: Repeat) -> Cost {
    const N: usize = 20_000;
    // A full period of a linear congruence: each number below 2^16 comes once, in an order that looks like none.
    let delays: Vec<Duration> =
        (0..N as u64).map(|n| HOUR + Duration::from_millis((n * 25_173 + 13_849) % 65_536)).collect();
    repeat
        .time(N, async || {
            let mut timers = Vec::with_capacity(N);
            for delay in &delays {
                let mut timer = Box::pin(P::sleep(*delay));
                poll_once(timer.as_mut()).await;
                timers.push(timer);
            }
            yield_once().await;
            yield_once().await;
        })
        .await
}

/// Many tasks sleep, each for a moment.
pub(super) async fn fire<P: Timed>(peer: P, repeat: Repeat) -> Cost {
    const N: usize = 100_000;
    repeat
        .time(N, async || {
            let tasks: Vec<_> =
                (0..N as u64).map(|n| peer.spawn(P::sleep(Duration::from_millis(1 + n % 4)))).collect();
            for task in tasks {
                task.await;
            }
        })
        .await
}
