//! How numbers, times and names are written for people: the bars and the summary share it.
//!
//! Every measured value has three significant digits and the unit in which it is at least 1, so that columns of
//! them can be compared at a glance. Bytes are in decimal units (1 kB is 1000 bytes), as network rates are.
//! Everything here is pure: no terminal, no clock.

use std::time::Duration;

/// A number of bytes: `512 B`, `40.5 kB`, `1.93 MB`.
///
/// ```
/// assert_eq!(demo::text::bytes(999), "999 B");
/// assert_eq!(demo::text::bytes(40_512), "40.5 kB");
/// assert_eq!(demo::text::bytes(999_999), "1.00 MB"); // never "1000 kB"
/// ```
pub fn bytes(n: u64) -> String {
    let (divisor, unit) = byte_unit(n);
    match divisor {
        1 => format!("{n} B"),
        _ => format!("{} {unit}", three_digits(n as f64 / divisor as f64)),
    }
}

/// How much of a whole is there, both in the unit and the precision of the whole: `0.45 of 1.93 MB`.
///
/// ```
/// assert_eq!(demo::text::bytes_of(450_000, 1_930_000), "0.45 of 1.93 MB");
/// assert_eq!(demo::text::bytes_of(7, 512), "7 of 512 B");
/// ```
pub fn bytes_of(done: u64, total: u64) -> String {
    let (divisor, unit) = byte_unit(total);
    let (done, total) = (done as f64 / divisor as f64, total as f64 / divisor as f64);
    let decimals = if divisor == 1 { 0 } else { decimals(total) };
    format!("{done:.decimals$} of {total:.decimals$} {unit}")
}

/// A time span: `850 ns`, `412 µs`, `12.3 ms`, `1.52 s`, from a minute on `12 min 05 s`, then `1 h 02 min`.
///
/// ```
/// use std::time::Duration;
/// assert_eq!(demo::text::duration(Duration::from_micros(1_234)), "1.23 ms");
/// assert_eq!(demo::text::duration(Duration::from_secs(725)), "12 min 05 s");
/// ```
pub fn duration(span: Duration) -> String {
    let seconds = span.as_secs_f64();
    if seconds >= 59.95 {
        // Whole seconds, rounded; and from an hour on whole minutes, as nobody reads more digits.
        let seconds = span.as_secs().saturating_add(u64::from(span.subsec_millis() >= 500));
        let minutes = seconds / 60;
        return match minutes / 60 {
            0 => format!("{minutes} min {:02} s", seconds % 60),
            hours => format!("{hours} h {:02} min", minutes % 60),
        };
    }
    // The borders are where three digits would round up to the next unit: 999.6 µs reads "1.00 ms".
    match seconds {
        s if s < 999.5e-9 => format!("{} ns", span.as_nanos()),
        s if s < 999.5e-6 => format!("{} µs", three_digits(s * 1e6)),
        s if s < 999.5e-3 => format!("{} ms", three_digits(s * 1e3)),
        s => format!("{} s", three_digits(s)),
    }
}

/// A whole number with its thousands apart: `10,000`.
///
/// ```
/// assert_eq!(demo::text::count(1_234_567), "1,234,567");
/// assert_eq!(demo::text::count(999), "999");
/// ```
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number with its noun, which takes an `s` unless the number is one: `1 file`, `2,000 files`.
///
/// ```
/// assert_eq!(demo::text::counted(1, "file"), "1 file");
/// assert_eq!(demo::text::counted(0, "file"), "0 files");
/// ```
pub fn counted(n: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(n), if n == 1 { "" } else { "s" })
}

/// The text as one line that a terminal shows as it is: control and direction characters become escapes.
///
/// Names, reasons and URLs come from others. An escape sequence in one could move the cursor or recolour the
/// terminal, a line break could fake a second message.
///
/// ```
/// assert_eq!(demo::text::one_line("404 \u{1b}[31mNot\nFound"), r"404 \u{1b}[31mNot\nFound");
/// ```
pub fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || steers_text(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

/// Whether this character has no shape of its own and breaks or turns the line it stands in: the bidirectional
/// controls (Unicode's `Bidi_Control`) and the line and paragraph separators.
pub(crate) fn steers_text(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text in at most `columns` columns: a longer one keeps its head and its tail, `a-very-lo…-end.txt`.
///
/// Both ends stay, because in `report-2024-part-07.txt` it is the tail that differs. A character from the
/// East Asian blocks on counts as two columns, which is exact for CJK and never too narrow for the others.
///
/// ```
/// assert_eq!(demo::text::shorten("short.txt", 12), "short.txt");
/// assert_eq!(demo::text::shorten("report-2024-part-07.txt", 12), "repor…07.txt");
/// ```
pub fn shorten(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let Some(room) = columns.checked_sub(1) else { return String::new() };
    let tail_room = room.div_ceil(2);
    let mut tail: Vec<char> = fitting(text.chars().rev(), tail_room).collect();
    tail.reverse();
    fitting(text.chars(), room - tail_room).chain(['…']).chain(tail).collect()
}

/// The text in lines of at most `columns` columns, broken at its blanks; a word that is longer is shortened. No lines for
/// no columns.
///
/// ```
/// assert_eq!(demo::text::wrapped("one after the other", 10), ["one after", "the other"]);
/// ```
pub fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ').map(|word| shorten(word, columns)).filter(|word| !word.is_empty()) {
        match lines.last_mut() {
            Some(line) if width(line) + 1 + width(&word) <= columns => *line += &format!(" {word}"),
            _ => lines.push(word),
        }
    }
    lines
}

/// How many columns the text takes, or a few too many (see [`shorten`]).
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

fn columns_of(c: char) -> usize {
    if c < '\u{1100}' || c == '…' { 1 } else { 2 }
}

/// As many of the characters as fit into the room.
fn fitting(chars: impl Iterator<Item = char>, room: usize) -> impl Iterator<Item = char> {
    chars
        .scan(0, |used, c| {
            *used += columns_of(c);
            Some((*used, c))
        })
        .take_while(move |(used, _)| *used <= room)
        .map(|(_, c)| c)
}

/// The unit in which this many bytes are at least 1, also after rounding.
fn byte_unit(n: u64) -> (u64, &'static str) {
    match n {
        0..=999 => (1, "B"),
        1_000..=999_499 => (1_000, "kB"),
        999_500..=999_499_999 => (1_000_000, "MB"),
        999_500_000..=999_499_999_999 => (1_000_000_000, "GB"),
        _ => (1_000_000_000_000, "TB"),
    }
}

fn three_digits(x: f64) -> String {
    format!("{x:.*}", decimals(x))
}

/// How many decimals make three digits; the borders are where rounding would add a fourth.
fn decimals(x: f64) -> usize {
    match x {
        x if x < 9.995 => 2,
        x if x < 99.95 => 1,
        _ => 0,
    }
}
