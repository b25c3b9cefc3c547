//! Building answers, of which some may not compile.
//!
//! All answers are modules of one program. If it does not compile, those whose files have errors are left out (their
//! exercises stand in, which compile), and it is built again: so one broken answer costs the others nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use coursework::catalogue::EXERCISES;
use coursework::report::Listed;
use serde_json::Value;

use super::course::Course;
use super::screen::Screen;

/// A program with answers in it.
pub(super) struct Built {
    /// Where it is.
    pub(super) program: PathBuf,
    /// What the compiler says of the answers that had to be left out, by their exercises' numbers.
    pub(super) broken: BTreeMap<&'static str, String>,
    /// What it warns of in those that compile.
    pub(super) warnings: BTreeMap<&'static str, String>,
    listed: Vec<Listed>,
}

impl Built {
    /// The checks of an exercise.
    pub(super) fn checks(&self, number: &str) -> Result<&Listed, String> {
        let listed = self.listed.iter().find(|listed| listed.number == number);
        listed
            .ok_or_else(|| format!("the glue of exercise {number} is missing: see exercises/src/glue/mod.rs"))
    }
}

/// Builds the answers in a folder; all, or only that of one exercise.
pub(super) fn build(
    course: &Course,
    answers: &Path,
    only: Option<&str>,
    screen: &Screen,
) -> Result<Built, String> {
    let wanted =
        EXERCISES.iter().map(|exercise| exercise.number).filter(|n| only.is_none_or(|only| only == *n));
    let mut wanted: BTreeSet<&'static str> = wanted.collect();
    let mut broken = BTreeMap::new();
    loop {
        match build_once(course, answers, &wanted, screen)? {
            Ok((program, warnings)) => {
                let listed = list(&program)?;
                return Ok(Built { program, broken, warnings: warnings.by_exercise, listed });
            }
            Err(errors) => {
                let new: Vec<_> = errors.by_exercise.into_iter().filter(|(n, _)| wanted.remove(n)).collect();
                if new.is_empty() {
                    return Err(format!("the exercises do not compile:\n{}", errors.all));
                }
                broken.extend(new);
            }
        }
    }
}

/// What the compiler says.
#[derive(Default)]
struct Words {
    by_exercise: BTreeMap<&'static str, String>,
    all: String,
}

fn build_once(
    course: &Course,
    answers: &Path,
    wanted: &BTreeSet<&str>,
    screen: &Screen,
) -> Result<Result<(PathBuf, Words), Words>, String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let rendered = if screen.coloured { "json-diagnostic-rendered-ansi" } else { "json" };
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "--package", "exercises", "--message-format", rendered]);
    command.current_dir(&course.home).stdin(Stdio::null()).stderr(Stdio::piped());
    command.env("COURSEWORK_ONLY", wanted.iter().copied().collect::<Vec<_>>().join(","));
    if course.is_usual(answers) {
        command.env_remove("COURSEWORK_ANSWERS");
    } else {
        command.env("COURSEWORK_ANSWERS", answers);
    }
    screen.busy("building");
    let output = command.output().map_err(|e| format!("cargo did not start: {e}"));
    screen.idle();
    let output = output?;
    let (mut errors, mut warnings) = (Words::default(), Words::default());
    let mut program = None;
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let Ok(message) = serde_json::from_str::<Value>(line) else { continue };
        if let Some(built) = message["executable"].as_str() {
            program = Some(PathBuf::from(built));
        }
        match message["message"]["level"].as_str() {
            Some("error") => note(&mut errors, &message["message"]),
            Some("warning") => note(&mut warnings, &message["message"]),
            _ => {}
        }
    }
    match program {
        Some(program) if output.status.success() => Ok(Ok((program, warnings))),
        _ if errors.all.is_empty() => {
            Err(format!("cargo could not build the exercises:\n{}", String::from_utf8_lossy(&output.stderr)))
        }
        _ => Ok(Err(errors)),
    }
}

fn note(words: &mut Words, message: &Value) {
    // An answer is a module by way of the package beside it.
    let text = message["rendered"].as_str().unwrap_or_default().replace("exercises/src/../../", "");
    words.all += &text;
    let files =
        message["spans"].as_array().into_iter().flatten().filter_map(|span| span["file_name"].as_str());
    // An answer's file is `e07_wakes.rs`; its glue is `e07.rs`, where an error means that a signature was changed.
    let numbers = files.filter_map(|file| Path::new(file).file_name()?.to_str()?.strip_prefix('e')?.get(..2));
    let blamed: BTreeSet<_> =
        numbers.filter_map(|n| EXERCISES.iter().map(|e| e.number).find(|known| *known == n)).collect();
    for number in blamed {
        *words.by_exercise.entry(number).or_default() += &text;
    }
}

fn list(program: &Path) -> Result<Vec<Listed>, String> {
    let output = Command::new(program).output().map_err(|e| format!("{}: {e}", program.display()))?;
    serde_json::from_slice(&output.stdout).map_err(|e| format!("{} listed no checks: {e}", program.display()))
}
