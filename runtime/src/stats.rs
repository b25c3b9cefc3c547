//! What the loop has counted.

use std::time::Duration;

/// What a runtime has done since it was made: [`stats`](crate::stats()). tokio's `RuntimeMetrics`.
///
/// ```
/// let runtime = runtime::Builder::new().measure(true).build()?;
/// runtime.block_on(async {
///     let page = runtime::Task::new().name("page").group("pages").spawn(runtime::yield_now());
///     page.await.unwrap();
///     runtime::spawn_blocking(|| "a slow disk").await.unwrap();
/// });
/// let stats = runtime.stats();
/// assert_eq!(stats.spawned, 2); // the root, and the page
/// assert_eq!(stats.polls_of("pages"), 2); // it gave way once
/// assert!(stats.polls >= 2 + 2 && stats.turns >= stats.sleeps);
/// assert_eq!(stats.blocking_threads, 1);
/// let (longest, by) = stats.longest_poll.unwrap();
/// println!("{by} held the thread for {longest:?}");
/// println!("the loop slept for {:?}", stats.asleep.unwrap());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Stats {
    /// Turns of the loop: each is its four steps once.
    pub turns: u64,
    /// Polls, of tasks and of the root.
    pub polls: u64,
    /// How often the loop had nothing to do and slept in the OS.
    pub sleeps: u64,
    /// Tasks that were started, the root futures counted too.
    pub spawned: u64,
    /// How long it slept; only if [measured](crate::Builder::measure).
    pub asleep: Option<Duration>,
    /// How long the poll took that held the thread the longest, and what task that was; only if
    /// [measured](crate::Builder::measure).
    pub longest_poll: Option<(Duration, String)>,
    /// The most threads that the blocking pool had at once.
    pub blocking_threads: usize,
    pub(crate) by_group: Vec<(Option<&'static str>, u64)>,
}

impl Stats {
    /// The polls of the tasks of one [group](crate::Task::group).
    pub fn polls_of(&self, group: &str) -> u64 {
        self.by_group.iter().find(|(name, _)| *name == Some(group)).map_or(0, |(_, polls)| *polls)
    }
}
