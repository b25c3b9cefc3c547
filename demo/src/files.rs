//! The ten files of the embedded server: what is in them, and how slowly each is served.
//!
//! Waiting is what an event loop is about, so these files make their reader wait, as a far or busy server would:
//! each has a latency before its first byte and a pace for the rest. One after the other they take about 8 s, the
//! slowest alone takes 1.5 s, and no two take the same time.
//!
//! The text is made from the file's number and is the same on each run, so that downloads can be compared byte for
//! byte. It tells, line after line, what the loop that fetches it does in turn.

use std::time::Duration;

/// A file that the embedded server serves, and at which pace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its name: the last segment of its URL.
    pub name: String,
    /// How long the server thinks before it answers.
    pub latency: Duration,
    /// How many bytes a second it sends from then on.
    pub rate: u64,
    number: u64,
    /// The contents end with the line that reaches this size.
    size: usize,
}

/// All ten, `file1.txt` to `file10.txt`.
///
/// ```
/// let files = demo::files::ten();
/// assert_eq!(files[0].name, "file1.txt");
/// assert!(files[0].contents().starts_with(b"file1.txt, line 1: "));
/// ```
pub fn ten() -> [File; 10] {
    // Size in bytes, latency in ms, and ms until the last byte is there: mixed, so that on the screen they overtake
    // one another. A large file can be early (8) and a small one late (7).
    let mut number = 0;
    [
        (210_000, 120, 820),
        (86_000, 250, 550),
        (320_000, 60, 1_100),
        (40_000, 300, 450),
        (150_000, 90, 700),
        (400_000, 180, 1_500),
        (64_000, 400, 620),
        (260_000, 30, 950),
        (110_000, 150, 500),
        (180_000, 200, 780),
    ]
    .map(|(size, latency, whole)| {
        number += 1;
        File {
            name: format!("file{number}.txt"),
            latency: Duration::from_millis(latency),
            rate: size as u64 * 1000 / (whole - latency),
            number,
            size,
        }
    })
}

impl File {
    /// What is in it: lines of plain ASCII, the same each time.
    pub fn contents(&self) -> Vec<u8> {
        let mut dice = Dice(self.number);
        let mut text = String::with_capacity(self.size + 128);
        for line in 0.. {
            if text.len() >= self.size {
                break;
            }
            text.push_str(&format!("{}, line {}: {}\n", self.name, line + 1, said(line, &mut dice)));
        }
        text.into_bytes()
    }
}

/// What the loop has to say in a line: eight of them make a turn.
fn said(line: u64, dice: &mut Dice) -> String {
    match line % 8 {
        0 => format!(
            "turn {}. I ask the system which sockets are ready, and sleep until one is.",
            line / 8 + 1
        ),
        1 => format!(
            "{} ms later it wakes me: the socket of file{}.txt can be read.",
            dice.roll(90),
            dice.roll(10)
        ),
        2 => "I tell the waker that lies there, and its task takes its place in the queue.".to_owned(),
        3 => format!("I poll the task. It takes {} bytes; the next read would block.", dice.roll(16_384)),
        4 => "So it leaves its waker with the socket and says Pending. That cost microseconds.".to_owned(),
        5 => {
            format!("A timer is due: file{}.txt has waited long enough. I poll its task too.", dice.roll(10))
        }
        6 => format!("{} tasks wait now, and not one of them needs a thread to do it.", dice.roll(10) + 1),
        _ => "The queue is empty. I go around once more.".to_owned(),
    }
}

/// Numbers that look random and are the same each time: a linear congruential generator (Knuth's MMIX constants).
struct Dice(u64);

impl Dice {
    /// From 1 to `sides`.
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // Its low bits repeat soon; the high ones are good.
        (self.0 >> 33) % sides + 1
    }
}
