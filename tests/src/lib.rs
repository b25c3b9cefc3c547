//! What the tests share: servers that play a script, real servers, and a way to run a program and watch it.
//!
//! Nothing here uses the crates under test. Servers run in plain threads with blocking sockets, clients are raw
//! sockets, so that a fault of the runtime or of the HTTP client cannot hide behind the same fault in its judge.
//!
//! Read in this order:
//! - [`scripted`]: a TCP server of which every byte and every close is chosen by the test; [`gate`] lets the
//!   test decide when it goes on, [`reply`] writes common replies, [`tls`] plays the same scripts over TLS with
//!   the certificates of [`certs`];
//! - [`raw`]: the other side, a client of a few lines, for testing a server; [`nobody`]: no other side at all;
//! - [`nginx`], [`apache`], [`lighttpd`] (each a [`daemon`]) and [`python`]: servers others wrote; [`skip`] says what
//!   happens where they are not installed;
//! - [`run`]: a program as a user meets it: arguments, output, exit code, Ctrl-C;
//! - [`files`]: folders of known files, made and compared.
//!
//! Two rules hold throughout. **Everything ends**: no helper waits longer than [`PATIENCE`], and what a helper
//! starts (thread, process, folder) it stops when dropped. **A helper that cannot do its part panics**, with
//! what it saw so far: in a test that is the wanted answer, so these functions return values and not `Result`s.
// Every helper panics where it fails, as said above: a section on it in each doc would drown what differs.
#![allow(clippy::missing_panics_doc)]

use std::time::Duration;

pub mod apache;
pub mod certs;
pub mod daemon;
pub mod files;
pub mod gate;
pub mod lighttpd;
pub mod nginx;
pub mod nobody;
pub mod python;
pub mod raw;
pub mod reply;
pub mod run;
pub mod scripted;
pub mod skip;
pub mod tls;

/// How long a helper waits for the other side before it gives up.
///
/// Long, because a test waits so long only when it fails, and a loaded machine must not make it fail.
pub const PATIENCE: Duration = Duration::from_secs(30);
