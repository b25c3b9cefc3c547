//! What checks are made of: futures, wakers and values that watch how they are treated, and write it into the [log](crate::log).

mod bench;
mod by_hand;
mod calling;
mod count;
mod gate;
mod observe;
mod on_loop;
mod steps;
mod thread;
mod token;
mod watched;

pub use bench::{Bench, letter, letters};
pub use by_hand::{ByHand, by_hand};
pub use calling::{Moment, calling_waker};
pub use count::{CountWaker, count_waker};
pub use gate::{Gate, Passage, gate};
pub use observe::{Narrator, narrator};
pub use on_loop::{Loop, on_loop, spawn, spawn_as};
pub use steps::{Steps, pause, steps};
pub use thread::{Helper, cpu_time, helper, sleeps};
pub use token::{Token, token};
pub use watched::{Watched, watch};

/// `1st`, `2nd`, `3rd`, `4th`.
pub(crate) fn nth(n: usize) -> String {
    let ending = match (n % 10, n % 100) {
        (1, tens) if tens != 11 => "st",
        (2, tens) if tens != 12 => "nd",
        (3, tens) if tens != 13 => "rd",
        _ => "th",
    };
    format!("{n}{ending}")
}
