//! Which answers have passed: they are not checked again until they, or the checks, change.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use coursework::catalogue::Exercise;

use super::course::Course;

/// The answers that have passed, each with the fingerprint of its text.
pub(super) struct Passed {
    file: PathBuf,
    /// Of this program: other checks may see more.
    program: u64,
    known: BTreeMap<String, u64>,
}

impl Passed {
    /// What was kept. It stands among what cargo builds, so `cargo clean` forgets it.
    pub(super) fn load() -> Passed {
        let program = std::env::current_exe().unwrap_or_default();
        let file = program.with_file_name("coursework-passed.json");
        let known =
            fs::read(&file).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
        let built = fs::metadata(&program).and_then(|meta| meta.modified()).ok();
        Passed { file, program: hash(&built), known }
    }

    /// Whether the answer, as it is, has passed.
    pub(super) fn has(&self, course: &Course, exercise: &Exercise) -> bool {
        let answer = course.answer(exercise);
        let now = self.fingerprint(&answer);
        now.is_some() && self.known.get(&key(&answer)).copied() == now
    }

    /// Whether it had passed when it was checked last, but it has changed since, or the checks have.
    pub(super) fn had(&self, course: &Course, exercise: &Exercise) -> bool {
        self.known.contains_key(&key(&course.answer(exercise))) && !self.has(course, exercise)
    }

    /// It passed, or it did not.
    pub(super) fn set(&mut self, course: &Course, exercise: &Exercise, passed: bool) {
        let answer = course.answer(exercise);
        match self.fingerprint(&answer).filter(|_| passed) {
            Some(now) => self.known.insert(key(&answer), now),
            None => self.known.remove(&key(&answer)),
        };
        // Not kept: it is checked again.
        let _ = serde_json::to_vec(&self.known).map(|text| fs::write(&self.file, text));
    }

    fn fingerprint(&self, answer: &Path) -> Option<u64> {
        fs::read(answer).ok().map(|text| hash(&(self.program, text)))
    }
}

/// Not the exercise: there may be other folders of answers.
fn key(answer: &Path) -> String {
    answer.display().to_string()
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
