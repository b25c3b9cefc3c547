//! Which answers have passed: they are not checked again until they change.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use coursework::catalogue::Exercise;

use super::course::Course;

/// The answers that have passed, each by the fingerprint of its text.
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
        let now = self.fingerprint(&course.answer(exercise));
        now.is_some() && self.known.get(exercise.number).copied() == now
    }

    /// It passed, or it did not.
    pub(super) fn set(&mut self, course: &Course, exercise: &Exercise, passed: bool) {
        match self.fingerprint(&course.answer(exercise)).filter(|_| passed) {
            Some(now) => self.known.insert(exercise.number.to_owned(), now),
            None => self.known.remove(exercise.number),
        };
        // Not kept: it is checked again.
        let _ = serde_json::to_vec(&self.known).map(|text| fs::write(&self.file, text));
    }

    fn fingerprint(&self, answer: &Path) -> Option<u64> {
        fs::read(answer).ok().map(|text| hash(&(self.program, answer, text)))
    }
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
