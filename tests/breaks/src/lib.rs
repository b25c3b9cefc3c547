//! Break it: for each trap of event loops, the smallest edit of our source that falls into it, and the test that then
//! fails.
//!
//! A *break* is a file in `breaks/`. It says which lines of the source are replaced by what, which test fails then and
//! how, and why. [`Bench`](bench::Bench) makes the edit in a copy of the tree, builds that, runs the test, and puts the
//! copy back: the tree itself is never written to. It is mutation testing, but each mutant is one that somebody once
//! shipped.
//!
//! ```text
//! cargo run -p breaks               the list
//! cargo run -p breaks -- 1          the breaks of trap 1, one after the other
//! cargo run -p breaks -- 6b         one of those of trap 6
//! cargo run -p breaks -- --all      whether each fails as it says
//! ```
//!
//! Read in this order:
//! - [`list`]: what a break is, and all of them; [`traps`]: the list they belong to, TRAPS.md;
//! - [`edit`]: how the lines are found, also after they were formatted anew;
//! - [`copy`]: the copy of the tree, as small as can be, since each break builds it;
//! - [`bench`](mod@bench): one break, from the edit to the verdict; [`process`]: a program with a time limit;
//! - [`show`]: what one sees.
//!
//! Errors are texts for people: what, where, and what to do.

use std::path::Path;

pub mod bench;
pub mod copy;
pub mod edit;
pub mod list;
pub mod process;
pub mod show;
pub mod traps;

/// The folder of the workspace: where this package was built from.
pub fn root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().nth(2).unwrap_or(package)
}
