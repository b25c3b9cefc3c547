//! A student's repository: this one, without the solutions.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::course::{self, Course};
use super::screen::{Screen, Style};

/// What is not taken along, from the repository's root.
const LEFT_OUT: &[&str] = &["tests/coursework/teacher", "tests/coursework/answers"];

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
    for file in files(root)? {
        if LEFT_OUT.iter().any(|left_out| file.starts_with(left_out)) {
            continue;
        }
        let to = dir.join(&file);
        let folder = to.parent().unwrap_or(dir);
        fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        course::copy(&root.join(&file), &to)?;
    }
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
        screen.prose(
            0,
            Style::Dim,
            "git made no commit of it (does it know your name?): `git add --all` and `git commit` there.",
        );
    }
    Ok(true)
}

/// The repository's files: those that git knows or would take, so that nothing is copied that was built or downloaded.
fn files(root: &Path) -> Result<Vec<PathBuf>, String> {
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).current_dir(root);
    let listed = git.output().map_err(|e| format!("git, which knows what belongs to the repository: {e}"))?;
    if !listed.status.success() {
        return Err(format!(
            "{} is no git repository: {}",
            root.display(),
            String::from_utf8_lossy(&listed.stderr).trim()
        ));
    }
    let names = listed.stdout.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    let files = names.map(|name| PathBuf::from(OsStr::from_bytes(name)));
    // One that was deleted and not committed is still listed.
    Ok(files.filter(|file| root.join(file).is_file()).collect())
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
