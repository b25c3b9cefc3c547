//! Known sums of files (`--sha256`): the list that `sha256sum` writes and that many sites put beside their files.
//!
//! A line is a sum in hex, two characters, and a name; the second of the two is `*` for a file read as binary, which
//! here changes nothing. A line that begins with `\` has a name with escapes: `\n`, `\r` and `\\`. The form of
//! `sha256sum --tag` and the BSDs, `SHA256 (name) = sum`, is read too. Lines that are blank or begin with `#` are left
//! out. Any other too (a signature around the list, sums of other kinds), with a warning, as `sha256sum` has it.
//!
//! Files are found by the last part of their path, as downloads have no other. A file that is not in the list is an
//! error, told before anything is asked for: who gives a list means all of it to be checked.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read, Write as _};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::list;

/// A SHA-256 sum.
pub type Sum = [u8; 32];

/// The sums of a list, by file name.
#[derive(Debug)]
pub struct Sums {
    list: String,
    /// `None`: two files of that name, with two sums.
    by_name: HashMap<String, Option<Sum>>,
    /// How many lines could not be read, and the first of them.
    unread: Option<(usize, usize)>,
}

impl Sums {
    /// Reads a list from a file, or from stdin (`-`). It blocks. Lines that cannot be read are told on stderr.
    ///
    /// # Errors
    /// One line that says what is wrong and where.
    pub fn read(path: &Path) -> Result<Sums, String> {
        let (list, mut bytes) = (list::shown(path), Vec::new());
        let read = match path == Path::new("-") {
            true => io::stdin().lock().read_to_end(&mut bytes),
            false => File::open(path).and_then(|mut file| file.read_to_end(&mut bytes)),
        };
        read.map_err(|e| format!("cannot read the sums in {list}: {e}"))?;
        let sums = Sums::parse(&list, &bytes)?;
        if let Some((count, first)) = sums.unread {
            let (lines, are) = if count == 1 { ("line", "is") } else { ("lines", "are") };
            // stderr may be closed; there is nobody else to tell.
            let _ = writeln!(
                io::stderr(),
                "demo: WARNING! {count} {lines} of {list} {are} no SHA-256 sum with a name and left out, first line {first}"
            );
        }
        Ok(sums)
    }

    /// Reads the list of this name.
    ///
    /// # Errors
    /// One line that says what is wrong and where.
    ///
    /// ```
    /// use demo::download::checksum::Sums;
    ///
    /// let sum = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    /// let sums = Sums::parse("SUMS", format!("{sum} *empty.txt\n").as_bytes()).unwrap();
    /// assert_eq!(sums.of("empty.txt").unwrap()[..2], [0xe3, 0xb0]);
    /// assert!(sums.of("other.txt").is_err());
    /// ```
    pub fn parse(list: &str, bytes: &[u8]) -> Result<Sums, String> {
        let (mut by_name, mut unread) = (HashMap::new(), None);
        for (line, number) in bytes.split(|b| *b == b'\n').zip(1..) {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.trim_ascii().is_empty() || line.starts_with(b"#") {
                continue;
            }
            let Some((sum, name)) = entry(line) else {
                unread.get_or_insert((0, number)).0 += 1;
                continue;
            };
            // A name that is not UTF-8 is none of a download's.
            let Ok(name) = String::from_utf8(name) else { continue };
            let name = name.rsplit('/').next().unwrap_or_default().to_owned();
            let known = by_name.entry(name).or_insert(Some(sum));
            if *known != Some(sum) {
                *known = None;
            }
        }
        match by_name.is_empty() {
            true => Err(format!("{list} holds no SHA-256 sums: give a list as sha256sum writes it")),
            false => Ok(Sums { list: list.to_owned(), by_name, unread }),
        }
    }

    /// The sum that the file of this name must have.
    ///
    /// # Errors
    /// If the list does not know the file, or two of its name: one line that says so.
    pub fn of(&self, name: &str) -> Result<Sum, String> {
        let list = &self.list;
        let known = self.by_name.get(name).ok_or_else(|| format!("{list} has no sum for {name}"))?;
        known.ok_or_else(|| format!("{list} has two sums for {name}: leave one in it"))
    }
}

/// A sum in hex, as lists have it.
///
/// ```
/// assert!(demo::download::checksum::hex(&[0xab; 32]).starts_with("abab"));
/// ```
pub fn hex(sum: &Sum) -> String {
    sum.iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// A few digits by which one text can be told from others.
pub(super) fn short(text: &str) -> String {
    hex(&Sha256::digest(text).into())[..16].to_owned()
}

fn entry(line: &[u8]) -> Option<(Sum, Vec<u8>)> {
    let (line, is_escaped) = match line.strip_prefix(b"\\") {
        Some(rest) => (rest, true),
        None => (line, false),
    };
    let (sum, name) = match line.strip_prefix(b"SHA256 (") {
        Some(tagged) => {
            let end = tagged.windows(4).rposition(|window| window == b") = ")?;
            (&tagged[end + 4..], &tagged[..end])
        }
        None => {
            let (sum, rest) = line.split_at_checked(64)?;
            // Two blanks, or a blank and the mark for binary.
            (sum, rest.strip_prefix(b"  ").or_else(|| rest.strip_prefix(b" *"))?)
        }
    };
    let name = if is_escaped { unescaped(name)? } else { name.to_vec() };
    Some((unhex(sum)?, name)).filter(|(_, name)| !name.is_empty())
}

fn unhex(digits: &[u8]) -> Option<Sum> {
    let digits: &[u8; 64] = digits.try_into().ok()?;
    let mut sum = [0; 32];
    for (byte, pair) in sum.iter_mut().zip(digits.chunks(2)) {
        for digit in pair {
            *byte = *byte << 4 | char::from(*digit).to_digit(16)? as u8;
        }
    }
    Some(sum)
}

fn unescaped(name: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(name.len());
    let mut bytes = name.iter();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'\\' => match bytes.next()? {
                b'n' => b'\n',
                b'r' => b'\r',
                b'\\' => b'\\',
                _ => return None,
            },
            byte => *byte,
        });
    }
    Some(out)
}
