//! The answers to earlier exercises that later ones stand on, so that you need not have solved them all. Look here after you
//! have solved one, not before.
//!
//! | file | stands for | used from |
//! | --- | --- | --- |
//! | `executor.rs` | 06 and 07: tasks, wakers, the loop | 08 |
//! | `time.rs` | 09: the loop with timers, and `sleep` | 12 |
//! | `net.rs` | 10: the loop with a reactor, and TCP on it | 11 |

pub mod executor;
pub mod time;
