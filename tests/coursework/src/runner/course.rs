//! Where things stand: exercises, answers, hints, the teacher's folder.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use coursework::catalogue::{EXERCISES, Exercise};

/// The folders of the course.
pub(super) struct Course {
    /// `tests/coursework`.
    pub(super) home: PathBuf,
    /// The student's answers: a file for each exercise.
    pub(super) answers: PathBuf,
}

impl Course {
    /// The course that this program was built from.
    pub(super) fn find(answers: Option<&Path>) -> Result<Course, String> {
        // The environment's goes before what was built in: the folder may have been moved.
        let home = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
        let home = Some(home).filter(|home| home.join("exercises").is_dir());
        let home = home.unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        if !home.join("exercises").is_dir() {
            return Err(format!(
                "the exercises are not in {}: run this with `cargo run -p coursework`",
                home.display()
            ));
        }
        let answers = match answers {
            Some(other) => std::path::absolute(other).map_err(|e| format!("{}: {e}", other.display()))?,
            None => home.join("answers"),
        };
        Ok(Course { home, answers })
    }

    /// The whole repository.
    pub(super) fn repository(&self) -> &Path {
        self.home.ancestors().nth(2).unwrap_or(&self.home)
    }

    /// Whether the answers are where they usually are.
    pub(super) fn is_usual(&self, answers: &Path) -> bool {
        answers == self.home.join("answers")
    }

    /// The exercise as it is before it is answered.
    pub(super) fn exercise(&self, exercise: &Exercise) -> PathBuf {
        self.home.join("exercises/src").join(exercise.name).with_extension("rs")
    }

    /// The student's answer.
    pub(super) fn answer(&self, exercise: &Exercise) -> PathBuf {
        self.answers.join(exercise.name).with_extension("rs")
    }

    /// The hints, from the vaguest on.
    pub(super) fn hints(&self, exercise: &Exercise) -> Result<Vec<String>, String> {
        let text = read(&self.home.join("hints").join(exercise.number).with_extension("md"))?;
        Ok(text.split("\n---\n").map(|hint| hint.trim().to_owned()).collect())
    }

    /// What `TRAPS.md` says of a trap, up to its first full stop.
    pub(super) fn trap(&self, number: u8) -> Option<String> {
        let text = fs::read_to_string(self.repository().join("TRAPS.md")).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix(&format!("{number}. ")))?;
        let end = line.find(" Seen in").or_else(|| line.find(" (")).unwrap_or(line.len());
        Some(line[..end].trim_end_matches('.').to_owned())
    }

    /// Puts each exercise that has no answer file yet among the answers. How many those were.
    pub(super) fn begin(&self) -> Result<usize, String> {
        // A stub among the solutions or the planted mistakes would count as one of them.
        if self.answers.starts_with(self.home.join("teacher")) {
            return Ok(0);
        }
        fs::create_dir_all(&self.answers).map_err(|e| format!("{}: {e}", self.answers.display()))?;
        let mut begun = 0;
        for exercise in EXERCISES {
            let answer = self.answer(exercise);
            if !answer.exists() {
                copy(&self.exercise(exercise), &answer)?;
                begun += 1;
            }
        }
        Ok(begun)
    }
}

/// The text of a file.
pub(super) fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))
}

/// Copies a file.
pub(super) fn copy(from: &Path, to: &Path) -> Result<(), String> {
    fs::copy(from, to).map(drop).map_err(|e| format!("{} to {}: {e}", from.display(), to.display()))
}

/// The path as one would type it here.
pub(super) fn short(path: &Path) -> String {
    let here = env::current_dir().unwrap_or_default();
    path.strip_prefix(&here).unwrap_or(path).display().to_string()
}
