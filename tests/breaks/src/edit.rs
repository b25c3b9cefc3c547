//! An edit of a file: a text that stands there once, and what is put in its place.
//!
//! The text is looked for without regard to white space, so it survives being indented or broken into lines anew. A
//! patch with line numbers and context would not; and to a reader, two short texts say more.

use std::ops::Range;

use serde::Deserialize;

/// One replacement in one file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// The file, from the root of the workspace.
    pub file: String,
    /// What is replaced: it must stand there exactly once.
    pub find: String,
    /// What takes its place. Lines after the first are indented as the first one is.
    pub replace: String,
}

/// An edit that was made.
#[derive(Debug)]
pub struct Made {
    /// The whole file, edited.
    pub text: String,
    /// The line at which it differs, from 1.
    pub line: usize,
    /// The lines that were there, and those that are now.
    pub before: String,
    /// See there.
    pub after: String,
}

impl Edit {
    /// Makes the edit in `source`, the text of its file.
    ///
    /// # Errors
    /// If the text to be replaced is not there, or is there more than once.
    pub fn make(&self, source: &str) -> Result<Made, String> {
        let place = find(source, &self.find).map_err(|what| {
            format!("{}: the text to be replaced stands there {what}:\n{}", self.file, self.find.trim())
        })?;
        let start = source[..place.start].rfind('\n').map_or(0, |at| at + 1);
        let end = source[place.end..].find('\n').map_or(source.len(), |at| place.end + at);
        let indent = &source[start..place.start];
        let indent = &indent[..indent.len() - indent.trim_start().len()];
        let new = self
            .replace
            .trim()
            .replace('\n', &format!("\n{indent}"))
            .replace(&format!("\n{indent}\n"), "\n\n");
        let after = [&source[start..place.start], &new, &source[place.end..end]].concat();
        Ok(Made {
            text: [&source[..start], &after, &source[end..]].concat(),
            line: source[..start].matches('\n').count() + 1,
            before: source[start..end].to_owned(),
            after,
        })
    }
}

/// Where `text` stands in `source`, if white space does not count.
///
/// ```
/// use breaks::edit::find;
/// assert_eq!(find("if a   {\n    b( );\n}", "b();"), Ok(13..18));
/// assert_eq!(find("b; b;", "b;"), Err("more than once"));
/// assert_eq!(find("b;", "c;"), Err("not at all"));
/// ```
///
/// # Errors
/// If it does not stand there exactly once.
pub fn find(source: &str, text: &str) -> Result<Range<usize>, &'static str> {
    let (dense, places) = without_space(source);
    let (wanted, _) = without_space(text);
    let first = dense.find(&wanted).filter(|_| !wanted.is_empty()).ok_or("not at all")?;
    if dense.rfind(&wanted) != Some(first) {
        return Err("more than once");
    }
    // The last byte of a character that is not white space: where the next one begins is one further.
    Ok(places[first]..places[first + wanted.len() - 1] + 1)
}

/// The text without white space, and where each byte of it stood.
fn without_space(text: &str) -> (String, Vec<usize>) {
    let mut dense = String::with_capacity(text.len());
    let mut places = Vec::with_capacity(text.len());
    for (at, char) in text.char_indices().filter(|(_, char)| !char.is_whitespace()) {
        dense.push(char);
        places.extend(at..at + char.len_utf8());
    }
    (dense, places)
}
