//! What is allocated. Only the program `peers-counted` counts that: the allocator is chosen for a whole program.

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

use super::net::{own_address, pair};
use crate::clock::Cost;
use crate::futures::{Gate, yield_once};
use crate::peer::{Net, Peer};

/// The allocator that counts.
pub static COUNTING: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Bytes that are allocated now, without what the allocator needs itself.
fn live() -> f64 {
    let stats = COUNTING.stats();
    stats.bytes_allocated as f64 - stats.bytes_deallocated as f64
}

/// Many tasks that wait, with their handles: each has been polled, and its waker is kept.
pub(super) async fn tasks<P: Peer>(peer: P) -> Cost {
    const N: usize = 10_000;
    let gates: Vec<Gate> = (0..N).map(|_| Gate::default()).collect();
    let mut handles = Vec::new();
    handles.reserve_exact(N);
    // The handles are all told: that place was allocated above.
    let before = live() - size_of::<P::Handle<()>>() as f64 * N as f64;
    handles.extend(gates.iter().map(|gate| peer.spawn(gate.clone())));
    for _ in 0..3 {
        yield_once().await;
    }
    let bytes = live() - before;
    gates.iter().for_each(Gate::open);
    for handle in handles {
        handle.await;
    }
    Cost::of(bytes / N as f64)
}

/// Many connections, each with a task that waits for bytes. Their other ends belong to no runtime.
pub(super) async fn connections<P: Net>(peer: P) -> Cost {
    const N: usize = 400;
    let (listener, addr) = P::listen(own_address()).await;
    // One for the tables that a first connection makes.
    drop(pair::<P>(&listener, addr).await);
    let mut others = Vec::with_capacity(N);
    let mut handles = Vec::with_capacity(N);
    let before = live() - size_of::<P::Handle<()>>() as f64 * N as f64;
    for _ in 0..N {
        others.push(std::net::TcpStream::connect(addr).expect("the listener's backlog takes it"));
        let mut stream = P::accept(&listener).await;
        handles.push(peer.spawn(async move {
            P::read(&mut stream, vec![0; 64]).await;
        }));
        yield_once().await;
    }
    let bytes = live() - before;
    drop(others);
    for handle in handles {
        handle.await;
    }
    Cost::of(bytes / N as f64)
}

/// Allocations of a spawn and an await, when the runtime has warmed up.
pub(super) async fn allocations<P: Peer>(peer: P) -> Cost {
    const N: usize = 1000;
    let mut before = 0;
    for _ in 0..2 {
        before = COUNTING.stats().allocations;
        for n in 0..N {
            peer.spawn(async move { n }).await;
        }
    }
    Cost::of((COUNTING.stats().allocations - before) as f64 / N as f64)
}
