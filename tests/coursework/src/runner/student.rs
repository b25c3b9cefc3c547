//! A student's repository: this one, without the solutions.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::course::{self, Course};
use super::screen::{Screen, Style};

/// What is not taken along, from the repository's root.
const LEFT_OUT: &[&str] = &[
    ".git",
    "target",
    "downloads",
    "tests/coursework/teacher",
    "tests/coursework/answers",
    "tests/fuzz/target",
];

/// Makes the repository in a folder that does not exist yet.
pub(super) fn make(course: &Course, dir: &Path, screen: &Screen) -> Result<bool, String> {
    let dir = &std::path::absolute(dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    if dir.exists() {
        return Err(format!("{} exists: name a folder that does not", dir.display()));
    }
    let root = course.repository();
    if dir.starts_with(root) {
        return Err(format!("{} is inside this repository: name a folder outside", dir.display()));
    }
    copy_below(root, dir, Path::new(""))?;
    // The answers are the student's work: they are kept in his repository, and not in this one.
    let ignored = course::read(&dir.join(".gitignore"))?;
    let ignored: String =
        ignored.lines().filter(|l| !l.contains("coursework")).map(|l| format!("{l}\n")).collect();
    fs::write(dir.join(".gitignore"), ignored).map_err(|e| format!("{}: {e}", dir.display()))?;
    let theirs = Course { home: dir.join("tests/coursework"), answers: dir.join("tests/coursework/answers") };
    let begun = theirs.begin()?;
    screen.line(&format!(
        "{} holds the course, with {begun} exercises to answer in {}.",
        screen.file(dir),
        course::short(&theirs.answers)
    ));
    if commit(dir) {
        screen.line("It is a git repository with one commit.");
    } else {
        screen.prose(0, Style::Dim, "git made no repository of it (is it installed, and does it know your name?): `git init` there, if you want one.");
    }
    Ok(true)
}

fn copy_below(root: &Path, to: &Path, below: &Path) -> Result<(), String> {
    let from = root.join(below);
    let failed = |e| format!("{}: {e}", from.display());
    fs::create_dir_all(to.join(below)).map_err(failed)?;
    for entry in fs::read_dir(&from).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let path = below.join(entry.file_name());
        if LEFT_OUT.iter().any(|left_out| path == Path::new(left_out)) {
            continue;
        }
        let kind = entry.file_type().map_err(failed)?;
        if kind.is_dir() {
            copy_below(root, to, &path)?;
        } else if kind.is_file() {
            course::copy(&root.join(&path), &to.join(&path))?;
        }
    }
    Ok(())
}

fn commit(dir: &Path) -> bool {
    [
        &["init", "--quiet"][..],
        &["add", "--all"],
        &["commit", "--quiet", "--message", "The course, not solved yet"],
    ]
    .into_iter()
    .all(|args| {
        let mut git = Command::new("git");
        git.args(args).current_dir(dir).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        git.status().is_ok_and(|status| status.success())
    })
}
