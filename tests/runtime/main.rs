//! Tests of `runtime`, from outside: its public names only, over real threads, sockets and bounded real time.
//!
//! A topic a file. A test named `rule_N_…` holds up a rule of the loop, as the crate's first page lists them; one
//! named `trap_NN_…` a known trap of event loops, which the comments in the source call by the same number. Two
//! traps have no test:
//!
//! - *trap 7*, a waker that is not safe to send: the runtime's wakers are `Arc<impl Wake>`, so an `Rc` in one does
//!   not compile, and `unsafe` code is forbidden in the workspace;
//! - *trap 31*, write interest left on in a level-triggered queue: mio's is edge-triggered and has no other mode.
//!   (What the trap costs, a busy loop over an idle connection, is looked for in [`tcp`] all the same.)

// Handles and futures leave the `block_on` they were made in: what becomes of them there is the point.
#![allow(clippy::async_yields_async)]

mod support;

mod abort;
mod block_on;
mod blocking;
mod combinators;
mod drops;
mod fairness;
mod foreign;
mod interference;
mod late_wakes;
mod leaving;
mod outside;
mod panics;
mod polls;
mod process;
mod sources;
mod tasks;
mod tcp;
mod tcp_ends;
mod threads;
mod timers;
mod wakes;
