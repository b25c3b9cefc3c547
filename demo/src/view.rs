//! `demo view`: the views of a run that was recorded earlier.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::process::ExitCode;

use crate::cli::View;
use crate::trace::{Log, Wanted, Watched, jsonl};
use crate::{fail, text};

/// Runs the command.
pub fn run(args: &View) -> ExitCode {
    let log = match read(&args.log) {
        Ok(log) => log,
        Err(why) => return fail(why),
    };
    let file = args.output.clone();
    // Without anything asked for, what a terminal can show at a glance.
    let timeline = args.timeline || file.is_none() && !args.narrate;
    match Watched::of(log, Wanted { file, narrate: args.narrate, timeline, on_stderr: false }) {
        Ok(watched) => watched.write(ExitCode::SUCCESS),
        Err(why) => fail(why),
    }
}

fn read(path: &Path) -> Result<Log, String> {
    let shown = text::one_line(&path.to_string_lossy());
    let from: Box<dyn BufRead> = match path == Path::new("-") {
        true => Box::new(io::stdin().lock()),
        false => {
            let file = File::open(path).map_err(|e| format!("cannot read the log {shown}: {e}"))?;
            Box::new(BufReader::with_capacity(256 * 1024, file))
        }
    };
    jsonl::read(from).map_err(|e| format!("cannot read the log {shown}: {e}"))
}
