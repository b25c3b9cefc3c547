//! TRAPS.md: the traps, their numbers and the sections they stand in.

use std::fs;
use std::path::Path;

/// One trap of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trap {
    /// Its number, which the comments in the source use.
    pub number: u32,
    /// What goes wrong, in a sentence.
    pub text: String,
    /// The heading it stands under.
    pub section: String,
}

/// All traps of TRAPS.md in the workspace at `root`, in their order.
///
/// # Errors
/// If the file cannot be read.
pub fn traps(root: &Path) -> Result<Vec<Trap>, String> {
    let path = root.join("TRAPS.md");
    let text = fs::read_to_string(&path).map_err(|e| format!("{} cannot be read: {e}", path.display()))?;
    Ok(parse(&text))
}

/// The traps of such a text: a numbered list under headings.
///
/// ```
/// let traps = breaks::traps::parse("# T\n## Wakers\n1. A wake is lost.\n2. Another\n   line of it.\n");
/// assert_eq!((traps[0].number, traps[0].section.as_str()), (1, "Wakers"));
/// assert_eq!(traps[1].text, "Another line of it.");
/// ```
pub fn parse(text: &str) -> Vec<Trap> {
    let mut section = String::new();
    let mut traps: Vec<Trap> = Vec::new();
    for line in text.lines() {
        let item = line.split_once(". ").and_then(|(number, text)| Some((number.parse().ok()?, text)));
        if let Some(heading) = line.strip_prefix("## ") {
            section = heading.trim().to_owned();
        } else if let Some((number, text)) = item {
            traps.push(Trap { number, text: text.trim().to_owned(), section: section.clone() });
        } else if let Some(last) = traps.last_mut()
            && line.starts_with("   ")
        {
            last.text += " ";
            last.text += line.trim();
        }
    }
    traps
}
