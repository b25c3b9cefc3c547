//! Tasks that wait for each other.

use std::rc::Rc;

use crate::clock::{Cost, Repeat};
use crate::peer::Peer;

/// One task sends, another receives.
pub(super) async fn channel<P: Peer>(peer: P, repeat: Repeat) -> Cost {
    const N: u64 = 10_000;
    repeat
        .time(N as usize, async || {
            let (mut sender, mut receiver) = P::channel(64);
            let sending = peer.spawn(async move {
                for n in 0..N {
                    P::send(&mut sender, n).await;
                }
            });
            let mut sum = 0;
            while let Some(n) = P::recv(&mut receiver).await {
                sum += n;
            }
            sending.await;
            assert_eq!(sum, N * (N - 1) / 2);
        })
        .await
}

/// Some tasks want the same lock, and each gives way while it has it: so the others stand in line.
pub(super) async fn mutex<P: Peer>(peer: P, repeat: Repeat) -> Cost {
    const TASKS: usize = 16;
    const EACH: usize = 500;
    repeat
        .time(TASKS * EACH, async || {
            let mutex = Rc::new(P::mutex());
            let tasks = [(); TASKS].map(|()| {
                let mutex = mutex.clone();
                peer.spawn(async move {
                    for _ in 0..EACH {
                        P::add_one(&mutex).await;
                    }
                })
            });
            for task in tasks {
                task.await;
            }
        })
        .await
}
