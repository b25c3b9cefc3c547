//! The log as the player: one page that holds all it needs, and opens from the file system without a network.
//!
//! The page is made of the files in `demo/player`, which are put into `index.html` in the places of the tags that name
//! them. Its `README.md` says which tags these are. The log goes into a tag of its own, as the lines of `.jsonl`.

use std::io::{self, Write};

use super::jsonl;
use super::log::Log;

const PAGE: &str = include_str!("../../player/index.html");

/// What the page's tags name.
const FILES: [(&str, &str); 21] = [
    ("player.css", include_str!("../../player/player.css")),
    ("log.js", include_str!("../../player/log.js")),
    ("state.js", include_str!("../../player/state.js")),
    ("words.js", include_str!("../../player/words.js")),
    ("tell.js", include_str!("../../player/tell.js")),
    ("chain.js", include_str!("../../player/chain.js")),
    ("look.js", include_str!("../../player/look.js")),
    ("lanes.js", include_str!("../../player/lanes.js")),
    ("paint.js", include_str!("../../player/paint.js")),
    ("arrows.js", include_str!("../../player/arrows.js")),
    ("pointer.js", include_str!("../../player/pointer.js")),
    ("timeline.js", include_str!("../../player/timeline.js")),
    ("bays.js", include_str!("../../player/bays.js")),
    ("drive.js", include_str!("../../player/drive.js")),
    ("captions.js", include_str!("../../player/captions.js")),
    ("roundabout.js", include_str!("../../player/roundabout.js")),
    ("room.js", include_str!("../../player/room.js")),
    ("steps.js", include_str!("../../player/steps.js")),
    ("keys.js", include_str!("../../player/keys.js")),
    ("app.js", include_str!("../../player/app.js")),
    ("open.js", include_str!("../../player/open.js")),
];

const LOG: &str = "<script type=\"application/jsonl\" id=\"log\">";

/// Writes the page.
///
/// # Errors
/// Those of the writer.
pub fn write(log: &Log, mut to: impl Write) -> io::Result<()> {
    for line in PAGE.lines() {
        let within = |start, end| line.strip_prefix(start)?.strip_suffix(end);
        let embedded = |name: &str| FILES.iter().find(|(file, _)| *file == name).map(|(_, text)| *text);
        if let Some(style) = within("<link rel=\"stylesheet\" href=\"", "\">").and_then(embedded) {
            writeln!(to, "<style>\n{style}</style>")?;
        } else if let Some(script) = within("<script src=\"", "\"></script>").and_then(embedded) {
            writeln!(to, "<script>\n{script}</script>")?;
        } else if line.starts_with(LOG) {
            writeln!(to, "{LOG}")?;
            jsonl::write(log, NoTags(&mut to))?;
            writeln!(to, "</script>")?;
        } else if line == "<title>Roundabout</title>" {
            let title = log.header.title.replace('&', "&amp;").replace('<', "&lt;");
            writeln!(to, "<title>{title} · Roundabout</title>")?;
        } else {
            writeln!(to, "{line}")?;
        }
    }
    Ok(())
}

/// Passes JSON on without any `<`, so that nothing in it (a task may be called `</script>`) ends the tag it stands in. In
/// JSON it can only stand in a string, where an escape says the same.
struct NoTags<W>(W);

impl<W: Write> Write for NoTags<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for (nth, piece) in bytes.split(|byte| *byte == b'<').enumerate() {
            if nth > 0 {
                self.0.write_all(b"\\u003c")?;
            }
            self.0.write_all(piece)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
