//! What a command does about its trace: records the run if that was asked for, then shows it and writes it.

use std::io::{self, Write};
use std::process::ExitCode;

use runtime::Builder;

use super::file::{FileError, Output};
use super::log::Log;
use super::record::Recorder;
use super::show::{Wanted, show};
use crate::{fail, text};

/// A run that is recorded, or is not.
pub struct Watch {
    wanted: Wanted,
    recorder: Option<Recorder>,
    output: Option<Output>,
}

/// A run that was recorded, or was not.
pub struct Watched {
    log: Option<Log>,
    output: Option<Output>,
}

impl Watch {
    /// Before the run.
    ///
    /// # Errors
    /// [`FileError`] if the file cannot be made.
    pub fn new(title: &str, wanted: Wanted) -> Result<Watch, FileError> {
        let output = wanted.file.as_deref().map(Output::create).transpose()?;
        let anything = output.is_some() || wanted.narrate || wanted.timeline;
        let recorder = anything.then(|| Recorder::new(title));
        Ok(Watch { wanted, recorder, output })
    }

    /// The settings of the run's loop, with the recorder as its observer.
    pub fn settings(&self, settings: Builder) -> Builder {
        match &self.recorder {
            Some(recorder) => settings.observer(recorder.clone()),
            None => settings,
        }
    }

    /// After the run, and after its runtime is gone: tells it and draws it.
    pub fn show(self) -> Watched {
        let log = self.recorder.map(|recorder| recorder.take());
        if let Some(log) = &log {
            show(log, &self.wanted);
        }
        Watched { log, output: self.output }
    }
}

impl Watched {
    /// A run that was recorded earlier: shows it at once.
    ///
    /// # Errors
    /// [`FileError`] if the file cannot be made.
    pub fn of(log: Log, wanted: Wanted) -> Result<Watched, FileError> {
        let output = wanted.file.as_deref().map(Output::create).transpose()?;
        show(&log, &wanted);
        Ok(Watched { log: Some(log), output })
    }

    /// Writes the file, if one was asked for: its path and how much it holds, in words.
    ///
    /// # Errors
    /// [`FileError`] if it cannot be written.
    pub fn save(self) -> Result<Option<(String, String)>, FileError> {
        let (Some(log), Some(output)) = (self.log, self.output) else { return Ok(None) };
        let path = text::one_line(&output.path().to_string_lossy());
        output.write(&log)?;
        Ok(Some((path, log.size())))
    }

    /// Writes the file, and says so on stderr. The exit code is the run's own; but if that went well, and the file that
    /// was asked for is not there, it is a failure.
    pub fn write(self, code: ExitCode) -> ExitCode {
        match self.save() {
            Ok(Some((path, size))) => {
                // stderr may be closed; the file is there all the same.
                let _ = writeln!(io::stderr(), "Wrote {path}: {size}");
                code
            }
            Ok(None) => code,
            Err(why) => {
                let failure = fail(why);
                if code == ExitCode::SUCCESS { failure } else { code }
            }
        }
    }
}
