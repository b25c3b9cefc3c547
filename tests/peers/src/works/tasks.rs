//! Tasks alone: spawn, give way, wake.

use std::rc::Rc;

use crate::clock::{Cost, Repeat};
use crate::futures::{Ball, yield_once};
use crate::peer::Peer;

/// A task that is ready at once is spawned and awaited.
pub(super) async fn spawn_one<P: Peer>(peer: P, repeat: Repeat) -> Cost {
    const N: usize = 1000;
    repeat
        .time(N, async || {
            for n in 0..N {
                peer.spawn(async move { n }).await;
            }
        })
        .await
}

/// The same for `n` at a time.
pub(super) async fn spawn_batch<P: Peer>(peer: P, repeat: Repeat, n: usize) -> Cost {
    repeat
        .time(n, async || {
            let tasks: Vec<_> = (0..n).map(|n| peer.spawn(async move { n })).collect();
            for task in tasks {
                task.await;
            }
        })
        .await
}

/// `tasks` tasks give way in turn: a round of the queue after the other.
pub(super) async fn give_way<P: Peer>(peer: P, repeat: Repeat, tasks: usize) -> Cost {
    const N: usize = 100_000;
    repeat
        .time(N, async || {
            let tasks: Vec<_> = (0..tasks)
                .map(|_| {
                    peer.spawn(async move {
                        for _ in 0..N / tasks {
                            yield_once().await;
                        }
                    })
                })
                .collect();
            for task in tasks {
                task.await;
            }
        })
        .await
}

/// Two tasks wake each other. What one operation is: a wake, and the poll that it leads to.
pub(super) async fn ping_pong<P: Peer>(peer: P, repeat: Repeat) -> Cost {
    const N: usize = 10_000;
    repeat
        .time(N, async || {
            let ball = Rc::new(Ball::default());
            let players = [0, 1].map(|player| {
                let ball = ball.clone();
                peer.spawn(async move {
                    for _ in 0..N / 2 {
                        ball.play(player).await;
                    }
                })
            });
            for player in players {
                player.await;
            }
        })
        .await
}

/// Many futures are awaited together.
pub(super) async fn join_all<P: Peer>(peer: P, repeat: Repeat) -> Cost {
    const N: usize = 10_000;
    repeat.time(N, async || peer.join_all((0..N).map(|_| yield_once())).await).await
}
