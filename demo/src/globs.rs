//! URL globs: `http://host/file[1-10].txt` stands for ten URLs.
//!
//! The syntax is curl's, so that nobody has to learn another one:
//!
//! | written | stands for |
//! | --- | --- |
//! | `[1-10]`, `[1-10:3]` | the numbers from 1 to 10; every third of them |
//! | `[001-100]` | the same, padded with zeros to the width of the first |
//! | `[a-z]`, `[a-z:2]` | letters |
//! | `{one,two}` | each of these texts |
//! | `\[` `\]` `\{` `\}` | the bracket itself |
//! | `[::1]` | an IPv6 address, left alone |
//!
//! Several in one URL are combined, the last varies fastest. Behaviour was compared with curl 7.88 over thousands of
//! patterns, and differs in what is refused here and not there: a range from capitals to small letters (`[Z-a]` has
//! punctuation in between), blanks and signs inside a range, `[]`, and more URLs than anybody means (there, the count
//! can wrap around).
//!
//! The whole is counted with checked arithmetic before the first URL is built: a short pattern can name more
//! URLs than there is memory.

use std::error::Error;
use std::fmt::{self, Display, Formatter};
use std::net::Ipv6Addr;

use http_client::url::shown;

use crate::text;

/// The most URLs that one pattern may stand for.
pub const MAX_URLS: u64 = 1_000_000;

/// The most bytes that all URLs of one pattern may take together.
pub const MAX_BYTES: u64 = 256 << 20;

/// The URLs that a pattern stands for, in order; a URL without a pattern stands for itself.
///
/// # Errors
/// A bracket or brace that is not closed, a range that is empty or runs backwards, and a pattern for more than
/// [`MAX_URLS`] URLs or [`MAX_BYTES`] bytes. The error says where.
///
/// ```
/// let urls = demo::globs::expand("http://host/{a,b}[08-10].txt")?;
/// assert_eq!(urls[..4], [
///     "http://host/a08.txt", "http://host/a09.txt", "http://host/a10.txt", "http://host/b08.txt",
/// ]);
/// # Ok::<(), demo::globs::GlobError>(())
/// ```
pub fn expand(url: &str) -> Result<Vec<String>, GlobError> {
    let parts = Parser::new(url).parts()?;
    check_size(url, &parts)?;

    let mut urls = vec![String::new()];
    for Part { what, .. } in &parts {
        if let Glob::Text(text) = what {
            urls.iter_mut().for_each(|url| url.push_str(text));
            continue;
        }
        // Each beginning is followed by every value of this part, so a later part varies faster.
        urls = urls.iter().flat_map(|head| (0..what.count()).map(move |i| what.after(head, i))).collect();
    }
    Ok(urls)
}

/// Why a pattern does not stand for a list of URLs, and where in it the trouble is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GlobError {
    /// The pattern as it was given.
    pub url: String,
    /// The character at which the trouble starts, counted from 1.
    pub column: usize,
    /// What is wrong there and what would be right, in one line.
    pub why: String,
}

impl Display for GlobError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}: at character {}: {}", text::one_line(&shown(&self.url)), self.column, self.why)
    }
}

impl Error for GlobError {}

/// A piece of a pattern, and the column at which it starts.
struct Part {
    column: usize,
    what: Glob,
}

enum Glob {
    Text(String),
    Set(Vec<String>),
    Range { first: u64, last: u64, step: u64, form: Form },
}

/// How a value of a range is written.
#[derive(Clone, Copy)]
enum Form {
    /// As the ASCII letter with this code.
    Letter,
    /// In digits, padded with zeros to at least this width.
    Number { width: usize },
}

impl Glob {
    /// How many values it has; more than fit in the type count as the largest number.
    fn count(&self) -> u64 {
        match self {
            Glob::Text(_) => 1,
            Glob::Set(values) => values.len() as u64,
            Glob::Range { first, last, step, .. } => ((last - first) / step).saturating_add(1),
        }
    }

    /// The bytes of the longest value.
    fn longest(&self) -> u64 {
        match self {
            Glob::Text(text) => text.len() as u64,
            Glob::Set(values) => values.iter().map(String::len).max().unwrap_or(0) as u64,
            Glob::Range { form: Form::Letter, .. } => 1,
            Glob::Range { last, form: Form::Number { width }, .. } => {
                last.to_string().len().max(*width) as u64
            }
        }
    }

    /// The head followed by value `i`, for `i` below [`count`](Self::count).
    fn after(&self, head: &str, i: u64) -> String {
        match self {
            Glob::Text(text) => format!("{head}{text}"),
            Glob::Set(values) => format!("{head}{}", values.get(i as usize).map_or("", String::as_str)),
            Glob::Range { first, step, form, .. } => {
                let value = first + i * step; // at most `last`, as `i` is below `count`
                match form {
                    Form::Letter => format!("{head}{}", char::from(value as u8)),
                    Form::Number { width } => format!("{head}{value:0width$}"),
                }
            }
        }
    }
}

fn check_size(url: &str, parts: &[Part]) -> Result<(), GlobError> {
    let error = |column, why| GlobError { url: url.to_owned(), column, why };
    let (mut urls, mut length) = (1_u64, 0_u64);
    for Part { column, what } in parts {
        urls = urls.checked_mul(what.count()).filter(|n| *n <= MAX_URLS).ok_or_else(|| {
            let most = text::count(MAX_URLS);
            error(
                *column,
                format!("more than {most} URLs up to here; give smaller ranges, one after the other"),
            )
        })?;
        length = length.saturating_add(what.longest());
    }
    // A lone URL is as long as its owner likes; only what multiplies is bounded.
    if urls > 1 && urls.saturating_mul(length) > MAX_BYTES {
        let (urls, most) = (text::count(urls), text::bytes(MAX_BYTES));
        return Err(error(
            1,
            format!("{urls} URLs of up to {length} bytes are more than {most}; give fewer"),
        ));
    }
    Ok(())
}

/// Reads a pattern from left to right, in one pass.
struct Parser<'a> {
    url: &'a str,
    /// What is not read yet: always a tail of `url`.
    rest: &'a str,
    /// The column of the character that is read next.
    column: usize,
}

impl<'a> Parser<'a> {
    fn new(url: &'a str) -> Self {
        Parser { url, rest: url, column: 1 }
    }

    fn parts(mut self) -> Result<Vec<Part>, GlobError> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        loop {
            let column = self.column;
            let Some(c) = self.next() else { break };
            match c {
                '{' | '[' => {
                    if c == '[' && self.skip_address(&mut literal) {
                        continue;
                    }
                    if !literal.is_empty() {
                        parts.push(Part { column, what: Glob::Text(std::mem::take(&mut literal)) });
                    }
                    let what = if c == '{' { self.set(column)? } else { self.range(column)? };
                    parts.push(Part { column, what });
                }
                '}' | ']' => {
                    let opener = if c == '}' { '{' } else { '[' };
                    let why = format!("`{c}` closes nothing; put `{opener}` before it, or write `\\{c}`");
                    return Err(self.error(column, why));
                }
                // A backslash is special before a bracket only; elsewhere it stays.
                '\\' if self.rest.starts_with(['{', '}', '[', ']']) => literal.extend(self.next()),
                c => literal.push(c),
            }
        }
        if !literal.is_empty() {
            parts.push(Part { column: 1, what: Glob::Text(literal) });
        }
        Ok(parts)
    }

    /// After `[`: takes an IPv6 address (with its zone, RFC 6874) and its bracket as plain text.
    fn skip_address(&mut self, literal: &mut String) -> bool {
        let Some((inside, _)) = self.rest.split_once(']') else { return false };
        let (address, zone) = inside.split_once('%').unwrap_or((inside, "none"));
        let is_zone = !zone.is_empty() && zone.bytes().all(|b| b.is_ascii_graphic());
        if !is_zone || address.parse::<Ipv6Addr>().is_err() {
            return false;
        }
        literal.push('[');
        for _ in 0..=inside.chars().count() {
            literal.extend(self.next());
        }
        true
    }

    /// After `{`: everything up to `}`, cut at the commas.
    fn set(&mut self, column: usize) -> Result<Glob, GlobError> {
        let mut values = Vec::new();
        let mut value = String::new();
        loop {
            let here = self.column;
            match self.next() {
                None => {
                    return Err(
                        self.error(column, "`{` is never closed; put `}` after the set, or write `\\{`")
                    );
                }
                Some('{' | '[') => {
                    return Err(self.error(here, "a set cannot hold another pattern; write the URLs apart"));
                }
                Some(']') => return Err(self.error(here, "`]` closes nothing; inside a set write `\\]`")),
                Some('}') if values.is_empty() && value.is_empty() => {
                    return Err(
                        self.error(column, "the set `{}` is empty; name its texts, as in `{one,two}`")
                    );
                }
                Some(',') => values.push(std::mem::take(&mut value)),
                Some('}') => {
                    values.push(value);
                    return Ok(Glob::Set(values));
                }
                // Inside a set a backslash takes the next character as it is, whatever it is.
                Some('\\') => value.push(self.next().unwrap_or('\\')),
                Some(c) => value.push(c),
            }
        }
    }

    /// After `[`: `first-last]` or `first-last:step]`, of numbers or letters.
    fn range(&mut self, column: usize) -> Result<Glob, GlobError> {
        let Some((inside, rest)) = self.rest.split_once(']') else {
            return Err(self.error(column, "`[` is never closed; put `]` after the range, or write `\\[`"));
        };
        let glob = range(inside).map_err(|why| self.error(column, why))?;
        self.column += inside.chars().count() + 1;
        self.rest = rest;
        Ok(glob)
    }

    fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let c = chars.next()?;
        self.rest = chars.as_str();
        self.column += 1;
        Some(c)
    }

    fn error(&self, column: usize, why: impl Into<String>) -> GlobError {
        GlobError { url: self.url.to_owned(), column, why: why.into() }
    }
}

/// The inside of a range's brackets.
fn range(inside: &str) -> Result<Glob, String> {
    let shown = text::one_line(inside);
    let no_range = || format!("[{shown}] is not a range; write it as [1-10], [a-z] or [1-10:2]");
    let number = |digits: &str| match !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
        true => digits.parse::<u64>().map_err(|_| format!("{digits} in [{shown}] is too large a number")),
        false => Err(no_range()),
    };

    let (span, step) = match inside.split_once(':') {
        Some((span, step)) => (span, number(step)?),
        None => (inside, 1),
    };
    let (from, to) = span.split_once('-').ok_or_else(no_range)?;
    let (first, last, form) = match (from.as_bytes(), to.as_bytes()) {
        ([a], [z]) if a.is_ascii_alphabetic() && z.is_ascii_alphabetic() => {
            if a.is_ascii_lowercase() != z.is_ascii_lowercase() {
                return Err(format!("[{shown}] mixes capitals and small letters; write one range for each"));
            }
            (u64::from(*a), u64::from(*z), Form::Letter)
        }
        _ => {
            let width = if from.starts_with('0') { from.len() } else { 0 };
            // Wider than any file name, and format! panics on a width beyond u16.
            if width > 255 {
                return Err(format!("a range cannot be padded to {width} digits; take at most 255"));
            }
            (number(from)?, number(to)?, Form::Number { width })
        }
    };

    if first > last {
        return Err(format!("[{shown}] runs backwards; write the smaller end first, [{to}-{from}]"));
    }
    // A step of 1 also fits a range of one value; any other has to lead to a second value, or it is a slip.
    if step == 0 || (step > 1 && step > last - first) {
        return Err(format!(
            "the step {step} does not fit into [{shown}]; take 1 to {}",
            (last - first).max(1)
        ));
    }
    Ok(Glob::Range { first, last, step, form })
}
