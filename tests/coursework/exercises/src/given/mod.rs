//! The answers to earlier exercises that later ones stand on, so that you need not have solved them all. Look here after you
//! have solved one, not before.
//!
//! | file | stands for | used from |
//! | --- | --- | --- |
//! | `executor.rs` | 06 and 07: tasks, wakers, the loop | 08 |
//! | `task.rs` | 08: a task with an output | 11 |
//! | `net.rs` | 10: the loop with a reactor, and TCP on it | 11 |
//! | `time.rs` | 09: the loop with timers, and `sleep` | 12 |

pub mod executor;
pub mod net;
pub mod task;
pub mod time;
