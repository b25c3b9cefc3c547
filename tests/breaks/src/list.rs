//! What a break is, and all that there are: the files in `breaks/`.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::edit::Edit;

/// An edit of the source that falls into a trap, and what comes of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Break {
    /// What it is called by: the number of its trap, and a letter if that has several. From the name of the file.
    #[serde(skip)]
    pub id: String,
    /// The trap it falls into.
    #[serde(skip)]
    pub trap: u32,
    /// The fault, in a few words.
    pub title: String,
    /// Which binary of tests the test is in: a folder below `tests/`.
    #[serde(default = "the_runtimes")]
    pub suite: String,
    /// The test that fails, by its path in the binary. Empty where the edit does not compile.
    #[serde(default)]
    pub test: String,
    /// How it fails.
    pub then: Then,
    /// The last events of the loop tell more than the test does: they are shown too.
    #[serde(default)]
    pub trace: bool,
    /// What goes wrong, what one sees of it, and why the right line is right.
    pub why: String,
    /// What is replaced by what.
    #[serde(default, rename = "edit")]
    pub edits: Vec<Edit>,
}

/// How a break shows. The text is one that must be in the output, so that it fails for the reason that is told. (Who
/// hangs says nothing.)
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Then {
    /// The test fails.
    Fails(String),
    /// The test does not end.
    Hangs,
    /// The compiler refuses it.
    DoesNotCompile(String),
    /// Nothing of ours can fall into this trap: there is no edit.
    RuledOut,
}

impl Then {
    /// In a word.
    pub fn word(&self) -> &'static str {
        match self {
            Then::Fails(_) => "fails",
            Then::Hangs => "hangs",
            Then::DoesNotCompile(_) => "does not compile",
            Then::RuledOut => "ruled out",
        }
    }

    /// What must be in the output.
    pub fn says(&self) -> &str {
        match self {
            Then::Fails(text) | Then::DoesNotCompile(text) => text,
            Then::Hangs | Then::RuledOut => "",
        }
    }
}

fn the_runtimes() -> String {
    "runtime".to_owned()
}

/// All breaks of the workspace at `root`, in the order of their traps.
///
/// # Errors
/// If a file cannot be read, or is not a break.
pub fn breaks(root: &Path) -> Result<Vec<Break>, String> {
    let folder = root.join("tests/breaks/breaks");
    let unread = |e| format!("{} cannot be read: {e}", folder.display());
    let mut breaks = Vec::new();
    for entry in fs::read_dir(&folder).map_err(unread)? {
        let path = entry.map_err(unread)?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let text =
            fs::read_to_string(&path).map_err(|e| format!("{} cannot be read: {e}", path.display()))?;
        breaks.push(parse(&name, &text).map_err(|e| format!("{}: {e}", path.display()))?);
    }
    breaks.sort_by(|a, b| (a.trap, &a.id).cmp(&(b.trap, &b.id)));
    Ok(breaks)
}

/// The break of such a name and text.
///
/// ```
/// let text = r#"
///     title = "The flag is cleared after the poll"
///     test = "wakes::a_wake_is_not_lost"
///     then = "hangs"
///     why = "The wake falls between."
///     [[edit]]
///     file = "runtime/src/task.rs"
///     find = "about_to_poll();"
///     replace = ""
/// "#;
/// let parsed = breaks::list::parse("01b-cleared-late", text).unwrap();
/// assert_eq!((parsed.id.as_str(), parsed.trap, parsed.then.word()), ("1b", 1, "hangs"));
/// ```
///
/// # Errors
/// What is wrong with it.
pub fn parse(name: &str, text: &str) -> Result<Break, String> {
    let wrong = "the name of a break is the number of its trap, a letter if there are several, and a few words: \
                 01a-cleared-late";
    let (id, _) = name.split_once('-').ok_or(wrong)?;
    let number = id.trim_end_matches(|letter: char| letter.is_ascii_lowercase());
    let trap = number.parse().map_err(|_| wrong)?;
    let parsed: Break = toml::from_str(text).map_err(|e| e.to_string())?;
    if parsed.edits.is_empty() != (parsed.then == Then::RuledOut) {
        return Err("it has no edit, which is right only for a trap that is ruled out".to_owned());
    }
    if parsed.test.is_empty() && matches!(parsed.then, Then::Fails(_) | Then::Hangs) {
        return Err("it does not say which test fails".to_owned());
    }
    Ok(Break { id: id.trim_start_matches('0').to_owned(), trap, ..parsed })
}

/// Those that `name` means: the breaks of a trap (`6`), or one of them (`6b`).
///
/// # Errors
/// If there are none.
pub fn called<'a>(breaks: &'a [Break], name: &str) -> Result<Vec<&'a Break>, String> {
    let found: Vec<_> = breaks.iter().filter(|one| one.id == name || one.trap.to_string() == name).collect();
    match (found.is_empty(), breaks.last()) {
        (false, _) => Ok(found),
        (true, None) => Err(format!("there is no break {name}: there are none")),
        (true, Some(last)) => Err(format!(
            "there is no break {name}: they are called by the number of their trap, 1 to {}, some with a letter; \
             `cargo run -p breaks` lists them",
            last.trap
        )),
    }
}
