//! Tests of `runtime`, from outside: its public names only, over real threads, sockets and bounded real time.
//!
//! A topic a file. A test named `rule_N_…` holds up a rule of the loop, as the crate's first page lists them; one
//! named `trap_NN_…` a known trap of event loops, which the comments in the source call by the same number. Two
//! traps have no test:
//!
//! - *trap 7*, a waker that is not safe to send: the runtime's wakers are `Arc<impl Wake>`, so an `Rc` in one does
//!   not compile (`tests/breaks` tries that), and `unsafe` code is forbidden in the workspace;
//! - *trap 31*, write interest left on in a level-triggered queue: mio's is edge-triggered and has no other mode.
//!   (What the trap costs, a busy loop over an idle connection, is looked for in [`tcp`] all the same.)

// Handles and futures leave the `block_on` they were made in: what becomes of them there is the point.
#![allow(clippy::async_yields_async)]

mod everywhere;
mod support;

mod abort;
mod block_on;
mod blocking;
mod combinators;
mod combinators_engine;
mod combinators_join;
mod combinators_race;
mod corners;
mod drops;
mod eyeballs;
mod fairness;
mod foreign;
mod forms;
mod fs;
mod group;
mod interference;
mod interval;
mod io;
mod late_wakes;
mod leaving;
mod net;
mod outside;
mod panics;
#[cfg(unix)]
mod pipes;
mod polls;
mod process;
mod reports;
mod scheduling;
mod sources;
mod sync;
mod tasks;
mod tcp;
mod tcp_ends;
mod threads;
mod timers;
mod trace;
mod udp;
#[cfg(unix)]
mod unix;
mod wakes;
