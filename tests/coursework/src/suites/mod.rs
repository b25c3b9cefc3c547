//! The checks, a file for each exercise: the trait that an answer fills in, and what is asked of it.

pub mod e01_poll;
pub mod e02_counting;
pub mod e03_block_on;
pub mod e04_yield;
pub mod e05_join;
pub mod e06_spawn;
pub mod e07_wakes;
pub mod e08_join_handle;
pub mod e09_timers;
pub mod e10_reactor;
pub mod e11_echo;
pub mod e12_timeout;
pub mod e13_priority;
pub mod e14_fair;
pub mod e15_lanes;
pub mod e16_semaphore;
pub mod e17_barrier;
pub mod e18_channel;
pub mod e19_timerfd;
pub mod e20_limiter;
pub mod e21_chunked;
pub mod e22_two_loops;
