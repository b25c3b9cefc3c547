//! The log as a file: JSON, an object a line, the header first.
//!
//! ```text
//! {"roundabout":1,"title":"ten files","clock":"real","cut":false,"version":"0.1.0"}
//! {"n":1,"turn":0,"t":0,"by":"loop","what":"spawned","task":1,"key":0,"name":"root","at":"src/main.rs:9:13"}
//! {"n":2,"turn":0,"t":310,"by":"loop","what":"queued","task":1,"len":1}
//! ```
//!
//! Each line makes sense by itself, so a file can be searched with `grep` and taken apart with `jq`, and one whose end is
//! missing can be read up to there.

use std::error::Error;
use std::fmt::{self, Display, Formatter};
use std::io::{self, BufRead, Write};

use super::event::Event;
use super::log::{Header, Log, VERSION};
use crate::text;

/// No line of a log is longer: who reads one does not keep more of it in memory.
const LINE: u64 = 4 * 1024 * 1024;

/// Writes a log.
///
/// # Errors
/// Those of the writer.
///
/// ```
/// use demo::trace::{Recorder, jsonl};
///
/// let recorder = Recorder::new("nothing");
/// runtime::Builder::new().observer(recorder.clone()).build()?.block_on(async {});
/// let log = recorder.take();
/// let mut file = Vec::new();
/// jsonl::write(&log, &mut file)?;
/// assert_eq!(jsonl::read(&file[..])?, log);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write(log: &Log, mut to: impl Write) -> io::Result<()> {
    serde_json::to_writer(&mut to, &log.header)?;
    to.write_all(b"\n")?;
    for event in &log.events {
        serde_json::to_writer(&mut to, event)?;
        to.write_all(b"\n")?;
    }
    Ok(())
}

/// Reads a log.
///
/// # Errors
/// [`ReadError`]: with the line, and what is wrong with it.
pub fn read(mut from: impl BufRead) -> Result<Log, ReadError> {
    let mut line = Vec::new();
    let mut number = 1;
    if !next(&mut from, &mut line, number)? {
        return Err(ReadError { line: 1, why: Why::Empty });
    }
    let header = header(&line).map_err(|why| ReadError { line: number, why })?;
    let mut events = Vec::new();
    loop {
        number += 1;
        if !next(&mut from, &mut line, number)? {
            return Ok(Log { header, events });
        }
        let event: Event = parse(&line).map_err(|why| ReadError { line: number, why })?;
        let expected = number - 1;
        if u64::from(event.n) != expected {
            return Err(ReadError { line: number, why: Why::Order { expected, found: event.n } });
        }
        let last = events.last().map_or(0, |last: &Event| last.t);
        if event.t < last {
            return Err(ReadError { line: number, why: Why::Time { last, found: event.t } });
        }
        events.push(event);
    }
}

/// The next line, without its break; `false` at the end.
fn next(from: &mut impl BufRead, line: &mut Vec<u8>, number: u64) -> Result<bool, ReadError> {
    line.clear();
    let read = io::Read::take(from, LINE).read_until(b'\n', line);
    let fail = |why| Err(ReadError { line: number, why });
    match read {
        Err(e) => fail(Why::Io(e)),
        Ok(0) => Ok(false),
        Ok(_) if line.pop() == Some(b'\n') => Ok(true),
        Ok(n) if n as u64 == LINE => fail(Why::Long),
        // Every line that was written whole ends with a line break.
        Ok(_) => fail(Why::Torn),
    }
}

fn header(line: &[u8]) -> Result<Header, Why> {
    /// What every version has.
    #[derive(serde::Deserialize)]
    struct Version {
        roundabout: u64,
    }

    // The version before the rest, of which another one may make something else.
    match serde_json::from_slice(line) {
        Ok(Version { roundabout }) if roundabout == u64::from(VERSION) => parse(line),
        Ok(Version { roundabout }) => Err(Why::Version(roundabout)),
        Err(_) => Err(Why::NoLog),
    }
}

fn parse<'a, T: serde::Deserialize<'a>>(line: &'a [u8]) -> Result<T, Why> {
    serde_json::from_slice(line).map_err(|e| {
        let why = e.to_string();
        // It counts lines within what it was given, which is always line 1.
        Why::Json(text::one_line(why.split(" at line 1 ").next().unwrap_or_default()))
    })
}

/// Why a file is no log, or which line of it is not.
#[derive(Debug)]
pub struct ReadError {
    line: u64,
    why: Why,
}

#[derive(Debug)]
enum Why {
    Empty,
    NoLog,
    Version(u64),
    Torn,
    Long,
    Json(String),
    Order { expected: u64, found: u32 },
    Time { last: u64, found: u64 },
    Io(io::Error),
}

impl Display for ReadError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: ", self.line)?;
        match &self.why {
            Why::Empty => f.write_str("the file is empty; a log begins with its header"),
            Why::NoLog => f.write_str(
                "this is not the header of a log, which `--trace FILE.jsonl` writes: {\"roundabout\":1,…}",
            ),
            Why::Version(version) => write!(
                f,
                "the log is of version {version}, and this program reads version {VERSION}; use the program that wrote it"
            ),
            Why::Torn => {
                f.write_str("it has no end, so the file was cut; remove the line to see what is before it")
            }
            Why::Long => write!(f, "it is longer than {}, so it is no event", text::bytes(LINE)),
            Why::Json(why) => write!(f, "this is no event: {why}"),
            Why::Order { expected, found } => {
                write!(
                    f,
                    "event {expected} should be here, but it is number {found}; lines are missing or twice here"
                )
            }
            Why::Time { last, found } => {
                write!(
                    f,
                    "its time is {found} ns, before that of the event before it, {last} ns; the log was changed"
                )
            }
            Why::Io(e) => write!(f, "the file cannot be read: {e}"),
        }
    }
}

impl Error for ReadError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.why {
            Why::Io(e) => Some(e),
            _ => None,
        }
    }
}
