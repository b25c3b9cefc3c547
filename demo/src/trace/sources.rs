//! The lines of source that a log's places name, so that a view can show what the program says there.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::panic::Location;
use std::path::Path;

use crate::text;

/// A line is cut after so many columns.
const WIDTH: usize = 160;

/// The texts of the lines, by `file:line`. Read now, from the folder in which the program was built or else from the
/// present one: where the source is not at hand, or is not what it was, a line is missing or wrong, and that is all.
///
/// Only for places that this very program names: a log from elsewhere could name any file.
pub(super) fn lines(places: impl Iterator<Item = &'static Location<'static>>) -> BTreeMap<String, String> {
    let mut files = HashMap::new();
    let mut lines = BTreeMap::new();
    for place in places {
        let text: &String =
            files.entry(place.file()).or_insert_with(|| read(place.file()).unwrap_or_default());
        let line = (place.line() as usize).checked_sub(1).and_then(|above| text.lines().nth(above));
        if let Some(line) = line.map(str::trim).filter(|line| !line.is_empty()) {
            lines.insert(
                format!("{}:{}", place.file(), place.line()),
                text::shorten(&text::one_line(line), WIDTH),
            );
        }
    }
    lines
}

fn read(file: &str) -> Option<String> {
    // The compiler names files as seen from the workspace, which is the folder above this package's.
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?;
    fs::read_to_string(workspace.join(file)).or_else(|_| fs::read_to_string(file)).ok()
}
