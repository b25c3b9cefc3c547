//! One break, from the edit to the verdict.

use std::collections::HashMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::copy::{self, Copy};
use crate::edit::{Edit, Made};
use crate::list::{Break, Then};
use crate::process::{self, Ended};

/// How long a build may take: the first one is of everything, on a machine that may do other things as well.
const BUILD: Duration = Duration::from_secs(15 * 60);

/// How long a test may take that is to end.
const TEST: Duration = Duration::from_secs(120);

/// How long one runs that is not to end. Unbroken, each of them takes less than a second.
const HANG: Duration = Duration::from_secs(6);

/// Where breaks are made and watched.
#[derive(Debug)]
pub struct Bench {
    copy: Copy,
    cargo: PathBuf,
}

/// What became of a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It passed.
    Passes,
    /// It failed.
    Fails,
    /// It was not done when its time was up.
    Hangs,
    /// There was nothing to run.
    DoesNotCompile,
}

impl Outcome {
    /// In a word.
    pub fn word(self) -> &'static str {
        match self {
            Outcome::Passes => "passes",
            Outcome::Fails => "fails",
            Outcome::Hangs => "hangs",
            Outcome::DoesNotCompile => "does not compile",
        }
    }

    /// This is what was to come of it.
    fn is(self, then: &Then) -> bool {
        matches!(
            (self, then),
            (Outcome::Fails, Then::Fails(_))
                | (Outcome::Hangs, Then::Hangs)
                | (Outcome::DoesNotCompile, Then::DoesNotCompile(_))
        )
    }
}

/// A break that was made, and not watched yet.
#[derive(Debug)]
pub struct Broken {
    /// Its tests, or the errors of the compiler.
    exe: Result<PathBuf, String>,
    made: Vec<Made>,
    built_in: Duration,
}

/// What was seen of a break.
#[derive(Debug)]
pub struct Seen {
    /// What became of it.
    pub outcome: Outcome,
    /// How long it took to build.
    pub built_in: Duration,
    /// How long the test took.
    pub took: Duration,
    /// What the test, or the compiler, wrote.
    pub output: String,
    /// The edits, as they were made.
    pub made: Vec<Made>,
    /// What is not as the break says it; `None`: all is.
    pub wrong: Option<String>,
}

impl Bench {
    /// Copies the workspace at `root` to the folder `place`.
    ///
    /// # Errors
    /// If it cannot be copied.
    pub fn new(root: &Path, place: &Path) -> Result<Bench, String> {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into()).into();
        Ok(Bench { copy: Copy::of(root, place)?, cargo })
    }

    /// The copy.
    pub fn tree(&self) -> &Path {
        self.copy.tree()
    }

    /// The tests of these breaks pass as long as nothing is broken: else their failing would say nothing. Gives how long
    /// they took.
    ///
    /// # Errors
    /// What failed.
    pub fn unbroken(&self, breaks: &[&Break]) -> Result<Duration, String> {
        let mut suites: HashMap<&str, Vec<&str>> = HashMap::new();
        for one in breaks {
            let tests = suites.entry(&one.suite).or_default();
            tests.extend(Some(one.test.as_str()).filter(|test| !test.is_empty()));
        }
        let mut took = Duration::ZERO;
        for (suite, mut tests) in suites {
            tests.sort_unstable();
            tests.dedup();
            let exe =
                self.build(suite)?.map_err(|errors| format!("the source does not compile:\n{errors}"))?;
            if tests.is_empty() {
                continue; // it compiles, which is all that is wanted of it
            }
            let ended = self.test(&exe, &tests, TEST)?;
            let passed = format!("test result: ok. {} passed", tests.len());
            if ended.code != Some(0) || !ended.output.contains(&passed) {
                return Err(format!(
                    "of the tests in `{suite}` not all pass with the source as it is, so nothing can be said of the \
                     breaks:\n{}",
                    ended.output
                ));
            }
            took += ended.took;
        }
        Ok(took)
    }

    /// Makes the edits of a break in the copy, builds its test, and makes them undone.
    ///
    /// # Errors
    /// If an edit does not apply, or cargo cannot be run.
    pub fn make(&self, one: &Break) -> Result<Broken, String> {
        let start = Instant::now();
        let mut undo = Undo::default();
        let made = one.edits.iter().map(|edit| self.edit(edit, &mut undo)).collect::<Result<_, _>>()?;
        // Under a name of its own: the next one may be built while this one runs.
        let exe = match self.build(&one.suite)? {
            Ok(exe) => {
                let own = self.copy.target().join(format!("break-{}", one.id));
                fs::copy(&exe, &own).map_err(|e| format!("{} cannot be made: {e}", own.display()))?;
                Ok(own)
            }
            Err(errors) => Err(errors),
        };
        Ok(Broken { exe, made, built_in: start.elapsed() })
    }

    /// Runs the test of a break that was made.
    ///
    /// # Errors
    /// If it cannot be run.
    pub fn watch(&self, one: &Break, broken: Broken) -> Result<Seen, String> {
        let limit = if one.then == Then::Hangs { HANG } else { TEST };
        let (outcome, took, output) = match &broken.exe {
            Err(errors) => (Outcome::DoesNotCompile, Duration::ZERO, errors.clone()),
            Ok(_) if one.test.is_empty() => (Outcome::Passes, Duration::ZERO, String::new()),
            Ok(exe) => {
                let ended = self.test(exe, &[&one.test], limit)?;
                let outcome = match ended {
                    Ended { hung: true, .. } => Outcome::Hangs,
                    Ended { code: Some(0), .. } => Outcome::Passes,
                    _ => Outcome::Fails,
                };
                (outcome, ended.took, ended.output)
            }
        };
        if let Ok(exe) = &broken.exe {
            let _ = fs::remove_file(exe); // or it is overwritten the next time
        }
        let wrong = if !outcome.is(&one.then) {
            Some(format!("it {}, but the break says that it {}", outcome.word(), one.then.word()))
        } else if !output.contains(one.then.says()) {
            Some(format!("it {}, but nowhere is said \"{}\"", outcome.word(), one.then.says()))
        } else {
            None
        };
        Ok(Seen { outcome, built_in: broken.built_in, took, output, made: broken.made, wrong })
    }

    /// Once more, with an observer in every runtime that writes each event to standard error: the last events of the loop,
    /// the very last at the end.
    ///
    /// # Errors
    /// As of the two.
    pub fn trace(&self, one: &Break) -> Result<Vec<String>, String> {
        let mut traced = one.clone();
        traced.edits.push(observer());
        let seen = self.watch(&traced, self.make(&traced)?)?;
        Ok(seen.output.lines().filter_map(|line| Some(short(line.split_once(EVENT)?.1))).collect())
    }

    fn edit(&self, edit: &Edit, undo: &mut Undo) -> Result<Made, String> {
        let path = self.tree().join(&edit.file);
        let source = copy::read(&path)?;
        let made = edit.make(&source)?;
        copy::write(&path, made.text.as_bytes())?;
        undo.0.push((path, source));
        Ok(made)
    }

    /// Builds a binary of tests: its path, or the compiler's errors.
    fn build(&self, suite: &str) -> Result<Result<PathBuf, String>, String> {
        let mut cargo = Command::new(&self.cargo);
        cargo.args(["test", "--package", "tests", "--no-run", "--message-format=json-render-diagnostics"]);
        cargo.args(["--test", suite]).arg("--target-dir").arg(self.copy.target()).current_dir(self.tree());
        let ended = process::run(&mut cargo, BUILD, true)
            .map_err(|e| format!("{} cannot be run: {e}; is Rust installed?", self.cargo.display()))?;
        if ended.code != Some(0) {
            return Ok(Err(ended.output));
        }
        let mut messages = ended.stdout.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let is_it = |message: &Value| message["target"]["name"] == suite && message["executable"].is_string();
        let exe = messages.rfind(is_it);
        let exe = exe.as_ref().and_then(|message| message["executable"].as_str());
        Ok(Ok(exe.ok_or_else(|| format!("cargo does not say where the tests `{suite}` are"))?.into()))
    }

    fn test(&self, exe: &Path, tests: &[&str], limit: Duration) -> Result<Ended, String> {
        let mut command = Command::new(exe);
        // What the tests print is the point, in particular what the loop itself says of a stall.
        command.args(tests).args(["--exact", "--nocapture"]);
        command.current_dir(self.tree().join("tests"));
        // Cargo has said these of this package.
        command.env("CARGO_MANIFEST_DIR", self.tree().join("tests")).env_remove("RUST_BACKTRACE");
        process::run(&mut command, limit, false).map_err(|e| format!("{} cannot be run: {e}", exe.display()))
    }
}

/// Before each event of a trace.
const EVENT: &str = "event: ";

/// The edit that makes the loop tell each event.
fn observer() -> Edit {
    Edit {
        file: "runtime/src/builder.rs".to_owned(),
        find: "observer: None,".to_owned(),
        replace: format!(
            "observer: Some(Rc::new(|event: &crate::trace::Event<'_>| eprintln!(\"{EVENT}{{:?}}\", event.what))),"
        ),
    }
}

/// An event as a person would say it: `TaskId(#2 in slot 1)` is `#2`.
fn short(event: &str) -> String {
    let mut parts = event.split("TaskId(");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (id, rest) = part.split_once(')').unwrap_or((part, ""));
        text += id.split(' ').next().unwrap_or(id);
        text += rest;
    }
    text
}

/// Files as they were: put back when this is dropped.
#[derive(Default)]
struct Undo(Vec<(PathBuf, String)>);

impl Drop for Undo {
    fn drop(&mut self) {
        for (path, text) in self.0.drain(..).rev() {
            // Should it fail, the next run finds the file other than in the tree and puts it right.
            let _ = copy::write(&path, text.as_bytes());
        }
    }
}
