//! What a seed stands for: the files, the network, the flags of the downloader, and how much goes wrong.

use std::cell::Cell;
use std::time::Duration;

use runtime::sim::net::Conditions;

use super::dice::Dice;

/// One download of some files, and the next run after it.
#[derive(Debug)]
pub(super) struct Scenario {
    pub(super) files: Vec<File>,
    pub(super) conditions: Conditions,
    /// How many things may go wrong.
    pub(super) faults: u32,
    /// `--continue`
    pub(super) keeps: bool,
    /// `--retry`
    pub(super) retries: u32,
    /// `-j`
    pub(super) jobs: usize,
    pub(super) limit_per_host: Option<usize>,
    /// `--sha256`, so that the files never change.
    pub(super) sums: bool,
    /// Ctrl-C, so long after the begin.
    pub(super) interrupt: Option<Duration>,
    /// The order of tasks is by chance, too.
    pub(super) shuffled: bool,
}

/// A file, and how its server sends it.
#[derive(Debug)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) len: usize,
    pub(super) framing: Framing,
    pub(super) validator: Validator,
    /// The server sends parts…
    pub(super) ranges: bool,
    /// …also of another version than was asked for (it knows nothing of `If-Range`).
    pub(super) careless: bool,
    /// How often the URL is redirected.
    pub(super) hops: usize,
    /// How often of a hundred the file is another one with the next request.
    pub(super) changes: u64,
    /// Which version the server has now.
    pub(super) version: Cell<u32>,
}

/// How the end of a body is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    Length,
    Chunked,
    Close,
}

/// How one version is told from the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Validator {
    None,
    Weak,
    Date,
    Tag,
}

impl Scenario {
    pub(super) fn of(seed: u64) -> Scenario {
        let dice = Dice::new(seed);
        // Files of more than a piece of the downloader's (256 KiB) have to occur; but they take long.
        let most =
            if dice.percent(4) { 700_000 } else { dice.one_of(&[1, 300, 3000, 20_000, 20_000, 70_000]) };
        let sums = dice.percent(15);
        let files = (0..dice.below(1..4)).map(|n| File::of(n, most, sums, &dice)).collect();
        let latency = dice.millis(100);
        let conditions = Conditions {
            latency: latency..=latency + dice.millis(200),
            bandwidth: dice.percent(30).then(|| dice.one_of(&[20_000, 1_000_000])),
            // Few bytes at a time, but not so few that it takes for ever.
            pieces: dice.percent(60).then(|| dice.below(1..2000).max(most / 100)),
            buffer: dice.one_of(&[2000, 16_384, 65_536, 1 << 20]).max(most / 20),
            lateness: if dice.percent(50) { dice.millis(50) } else { Duration::ZERO },
            false_wakes: if dice.percent(20) { 0.3 } else { 0.0 },
        };
        let faults = if dice.percent(10) { 0 } else { dice.below(1..7) as u32 };
        Scenario {
            files,
            conditions,
            faults,
            keeps: dice.percent(60),
            retries: if dice.percent(35) { 0 } else { dice.below(1..10) as u32 },
            jobs: dice.below(1..4),
            limit_per_host: dice.percent(20).then_some(1),
            sums,
            interrupt: dice.percent(12).then(|| dice.millis(dice.one_of(&[300, 3000, 60_000]))),
            shuffled: dice.percent(50),
        }
    }
}

impl File {
    fn of(n: usize, most: usize, fixed: bool, dice: &Dice) -> File {
        File {
            name: format!("file{n}.bin"),
            len: if dice.percent(5) { 0 } else { dice.below(most / 2..most) + 1 },
            framing: dice.one_of(&[Framing::Length, Framing::Length, Framing::Chunked, Framing::Close]),
            validator: dice.one_of(&[
                Validator::Tag,
                Validator::Tag,
                Validator::Tag,
                Validator::Date,
                Validator::Date,
                Validator::Weak,
                Validator::None,
            ]),
            ranges: dice.percent(90),
            careless: dice.percent(30),
            hops: if dice.percent(20) { dice.below(1..4) } else { 0 },
            changes: if !fixed && dice.percent(30) { 40 } else { 0 },
            version: Cell::new(1),
        }
    }

    /// What is asked for.
    pub(super) fn url(&self) -> String {
        match self.hops {
            0 => format!("http://a.test/{}", self.name),
            n => format!("http://a.test/hop{n}/{}", self.name),
        }
    }

    /// What the server has under this name.
    pub(super) fn now(&self) -> Vec<u8> {
        self.content(self.version.get())
    }

    /// The bytes of a version. Each has a length of its own.
    pub(super) fn content(&self, version: u32) -> Vec<u8> {
        let longer = if self.len == 0 { 0 } else { (version as usize - 1) * 7 };
        let dice = Dice::new(self.name.bytes().fold(u64::from(version), |sum, b| sum * 31 + u64::from(b)));
        let mut bytes = Vec::with_capacity(self.len + longer + 8);
        while bytes.len() < self.len + longer {
            bytes.extend_from_slice(&dice.number().to_le_bytes());
        }
        bytes.truncate(self.len + longer);
        bytes
    }

    /// The version whose bytes these are.
    pub(super) fn version_of(&self, bytes: &[u8]) -> Option<u32> {
        (1..=self.version.get()).find(|&version| self.content(version) == bytes)
    }

    /// The validator of a version, as `If-Range` has it.
    pub(super) fn strong(&self, version: u32) -> Option<String> {
        match self.validator {
            Validator::Tag => Some(format!("\"v{version}\"")),
            Validator::Date => Some(changed(version)),
            Validator::None | Validator::Weak => None,
        }
    }

    /// The header fields that tell of the version.
    pub(super) fn version_fields(&self, version: u32) -> String {
        match self.validator {
            Validator::None => String::new(),
            Validator::Weak => format!("ETag: W/\"v{version}\"\r\n"),
            Validator::Tag => format!("ETag: \"v{version}\"\r\n"),
            Validator::Date => format!("Last-Modified: {}\r\nDate: {TODAY}\r\n", changed(version)),
        }
    }
}

const TODAY: &str = "Sun, 10 Oct 2021 10:00:00 GMT";

fn changed(version: u32) -> String {
    format!("Tue, 05 Oct 2021 {:02}:{:02}:00 GMT", version / 60, version % 60)
}
