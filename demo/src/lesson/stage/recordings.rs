//! What becomes of the runs of a lesson: each runtime of the stage is recorded, if that is asked for, and shown in the end.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::Stage;
use crate::fail;
use crate::lesson::Table;
use crate::trace::{Recorder, Wanted, Watched};

impl Stage {
    /// Whether runs are recorded, which takes time: what is measured then is not what the machine can do.
    pub fn is_recording(&self) -> bool {
        self.views.file.is_some() || self.views.narrate || self.views.timeline
    }

    pub(super) fn recorder(&self, title: &str) -> Option<Recorder> {
        self.is_recording().then(|| {
            let recorder = Recorder::new(format!("{}: {title}", self.lesson));
            self.recorded.borrow_mut().push(recorder.clone());
            recorder
        })
    }

    /// A try begins: what was recorded of the one before is of no use.
    pub(in crate::lesson) fn begin(&self) {
        self.recorded.borrow_mut().clear();
    }

    /// Shows the recordings, and writes them: the first to the file that was asked for, the others beside it, as
    /// `FILE-2.html` and so on. Whether that went well.
    pub(in crate::lesson) fn show_recordings(&self) -> bool {
        let recorded = self.recorded.take();
        if recorded.is_empty() && self.is_recording() {
            self.line("");
            self.prose("Nothing was recorded: this lesson runs no event loop in this process.");
        }
        let (mut all_written, mut files) = (true, Table::new(["", "", ""]));
        for (n, recorder) in (1..).zip(&recorded) {
            let log = recorder.take();
            let title = log.header.title.clone();
            if self.views.narrate || self.views.timeline {
                self.title(&format!("Recorded: {title}"));
            }
            let file = self.views.file.as_deref().map(|path| numbered(path, n));
            match Watched::of(log, Wanted { file, ..self.views.clone() }).and_then(Watched::save) {
                Ok(None) => {}
                Ok(Some((path, size))) => drop(files.row(path).with(title).with(size)),
                Err(why) => {
                    fail(why);
                    all_written = false;
                }
            }
        }
        if self.views.file.is_some() && !recorded.is_empty() {
            self.title("Recorded");
            self.table(&files);
        }
        all_written
    }
}

/// `run.html` for the first, `run-2.html` for the second.
fn numbered(path: &Path, n: u32) -> PathBuf {
    let (Some(stem), true) = (path.file_stem(), n > 1) else { return path.to_owned() };
    let mut name = stem.to_owned();
    name.push(format!("-{n}."));
    name.push(path.extension().map_or_else(OsString::new, OsString::from));
    path.with_file_name(name)
}
