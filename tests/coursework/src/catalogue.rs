//! Which exercises there are, in the order in which to take them.

/// An exercise. Its text is the head of its file.
#[derive(Debug, PartialEq, Eq)]
pub struct Exercise {
    /// Two digits.
    pub number: &'static str,
    /// What its file, its hints, its suite and its glue are called: `e07_wakes`.
    pub name: &'static str,
    /// What it is about, in at most 42 characters: the list has a line for each.
    pub title: &'static str,
    /// What it is worth, for those who grade. Each check is worth the same share of it.
    pub points: u32,
}

/// All exercises.
pub const EXERCISES: &[Exercise] = &[
    Exercise { number: "01", name: "e01_poll", title: "Poll a future by hand", points: 5 },
    Exercise { number: "02", name: "e02_counting", title: "A waker that counts", points: 5 },
    Exercise { number: "03", name: "e03_block_on", title: "block_on, which parks the thread", points: 8 },
    Exercise { number: "04", name: "e04_yield", title: "yield_now: to give way", points: 5 },
    Exercise { number: "05", name: "e05_join", title: "join: two at once", points: 8 },
    Exercise { number: "06", name: "e06_spawn", title: "A run queue, and spawn", points: 10 },
    Exercise {
        number: "07",
        name: "e07_wakes",
        title: "Wakes that coalesce, and are never lost",
        points: 10,
    },
    Exercise {
        number: "08",
        name: "e08_join_handle",
        title: "JoinHandle: the other end of a task",
        points: 10,
    },
    Exercise { number: "09", name: "e09_timers", title: "Timers, and sleep", points: 10 },
    Exercise { number: "10", name: "e10_reactor", title: "A pipe, and the reactor", points: 12 },
    Exercise { number: "11", name: "e11_echo", title: "An echo server on your own loop", points: 7 },
    Exercise { number: "12", name: "e12_timeout", title: "timeout, and cancellation", points: 10 },
    Exercise { number: "13", name: "e13_priority", title: "A priority scheduler", points: 8 },
    Exercise { number: "14", name: "e14_fair", title: "A fair scheduler", points: 10 },
    Exercise { number: "15", name: "e15_lanes", title: "An observer that draws", points: 10 },
    Exercise { number: "16", name: "e16_semaphore", title: "A semaphore", points: 12 },
    Exercise { number: "17", name: "e17_barrier", title: "The barrier that the lecture wants", points: 10 },
    Exercise { number: "18", name: "e18_channel", title: "A bounded channel", points: 12 },
    Exercise { number: "19", name: "e19_timerfd", title: "A source of the OS's: timerfd", points: 12 },
    Exercise { number: "20", name: "e20_limiter", title: "A rate limiter for the downloader", points: 12 },
    Exercise { number: "21", name: "e21_chunked", title: "Chunked decoding", points: 10 },
    Exercise { number: "22", name: "e22_two_loops", title: "Two threads, one loop each (open)", points: 14 },
];

/// The exercise of this number, or of this name: `7`, `07`, `e07` and `e07_wakes` mean the same.
///
/// ```
/// assert_eq!(coursework::catalogue::find("1").unwrap().name, "e01_poll");
/// assert_eq!(coursework::catalogue::find("e01"), coursework::catalogue::find("e01_poll"));
/// assert_eq!(coursework::catalogue::find("99"), None);
/// ```
pub fn find(wanted: &str) -> Option<&'static Exercise> {
    let digits = wanted.strip_prefix('e').unwrap_or(wanted);
    EXERCISES.iter().find(|exercise| {
        exercise.name == wanted
            || exercise.number == digits
            || exercise.number.strip_prefix('0') == Some(digits)
    })
}
