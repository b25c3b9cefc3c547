//! The copy of the tree in which breaks are made.
//!
//! It lies in the target folder and stays there from one run to the next, with a target folder of its own, so that a break
//! costs what the compiler needs for one changed file: some seconds. Three things keep it at that:
//! - only files that differ are written, as cargo goes by the time of the last change;
//! - the copy has `runtime`, `http-client` and the tests of these two, and the manifests are cut down to that: the demo
//!   would be compiled anew with every break;
//! - nothing is optimised, and there is no debug information.

use std::collections::HashSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use toml::{Table, Value};

/// What is copied, beside the manifests.
const PARTS: [&str; 9] = [
    "Cargo.lock",
    "runtime",
    "http-client",
    "tests/src",
    "tests/runtime",
    "tests/http_client",
    "tests/loom",
    "tests/fuzz/checks.rs",
    "tests/proptest-regressions",
];

/// The binaries of tests that it has.
pub const SUITES: [&str; 3] = ["runtime", "http_client", "loom"];

/// A copy of the tree, as small as can be.
#[derive(Debug)]
pub struct Copy {
    tree: PathBuf,
    target: PathBuf,
    /// Held for as long as this lives: two runs would break each other's breaks.
    _lock: File,
}

impl Copy {
    /// Makes the copy of the workspace at `root` in the folder `place`, or brings the one there up to date.
    ///
    /// # Errors
    /// The OS's; a manifest that is none; and if another run is at work there.
    pub fn of(root: &Path, place: &Path) -> Result<Copy, String> {
        let tree = place.join("tree");
        fs::create_dir_all(&tree).map_err(|e| at(&tree, "made", &e))?;
        let lock = place.join("lock");
        let lock = File::create(&lock).map_err(|e| at(&lock, "made", &e))?;
        lock_it(&lock).map_err(|()| {
            format!("another run of the breaks is at work in {}: wait for its end", place.display())
        })?;

        let mut known = HashSet::from([tree.join("Cargo.toml"), tree.join("tests/Cargo.toml")]);
        write(&tree.join("Cargo.toml"), workspace(&read(&root.join("Cargo.toml"))?)?.as_bytes())?;
        write(&tree.join("tests/Cargo.toml"), tests(&read(&root.join("tests/Cargo.toml"))?)?.as_bytes())?;
        for part in PARTS {
            let from = root.join(part);
            if from.exists() {
                take(&from, &tree.join(part), &mut known)?;
            }
        }
        forget(&tree, &known)?;
        Ok(Copy { tree, target: place.join("target"), _lock: lock })
    }

    /// Where it is.
    pub fn tree(&self) -> &Path {
        &self.tree
    }

    /// Where cargo builds it.
    pub fn target(&self) -> &Path {
        &self.target
    }
}

/// The workspace's manifest, with the members that are here.
fn workspace(text: &str) -> Result<String, String> {
    let mut manifest: Table = text.parse().map_err(|e| format!("Cargo.toml: {e}"))?;
    let parts = ["runtime", "http-client", "tests"].map(|member| Value::from(member.to_owned()));
    if let Some(Value::Table(workspace)) = manifest.get_mut("workspace") {
        workspace.insert("members".to_owned(), Value::from(parts.to_vec()));
        workspace.remove("default-members");
    }
    let profile = Table::from_iter([("debug".to_owned(), Value::from(false))]);
    manifest.insert("profile".to_owned(), Table::from_iter([("dev".to_owned(), profile.into())]).into());
    Ok(manifest.to_string())
}

/// The manifest of the tests, with the binaries that are here. What is under test becomes a dependency of the tests alone:
/// their library uses none of it, and need not be compiled with every break.
fn tests(text: &str) -> Result<String, String> {
    let mut manifest: Table = text.parse().map_err(|e| format!("tests/Cargo.toml: {e}"))?;
    manifest.remove("bin");
    if let Some(Value::Array(suites)) = manifest.get_mut("test") {
        suites.retain(|suite| {
            suite.get("name").and_then(Value::as_str).is_some_and(|name| SUITES.contains(&name))
        });
    }
    let mut moved = Vec::new();
    if let Some(Value::Table(dependencies)) = manifest.get_mut("dependencies") {
        dependencies.remove("demo");
        moved.extend(["runtime", "http-client"].map(|name| (name, dependencies.remove(name))));
    }
    if let Some(Value::Table(dependencies)) = manifest.get_mut("dev-dependencies") {
        dependencies.extend(moved.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    }
    Ok(manifest.to_string())
}

/// Copies a file, or a folder with all in it.
fn take(from: &Path, to: &Path, known: &mut HashSet<PathBuf>) -> Result<(), String> {
    if !from.is_dir() {
        known.insert(to.to_owned());
        let bytes = fs::read(from).map_err(|e| at(from, "read", &e))?;
        return write(to, &bytes);
    }
    for entry in fs::read_dir(from).map_err(|e| at(from, "read", &e))? {
        let entry = entry.map_err(|e| at(from, "read", &e))?;
        take(&entry.path(), &to.join(entry.file_name()), known)?;
    }
    Ok(())
}

/// Removes what is no longer in the tree.
fn forget(folder: &Path, known: &HashSet<PathBuf>) -> Result<(), String> {
    for entry in fs::read_dir(folder).map_err(|e| at(folder, "read", &e))? {
        let path = entry.map_err(|e| at(folder, "read", &e))?.path();
        if path.is_dir() {
            forget(&path, known)?;
        } else if !known.contains(&path) {
            fs::remove_file(&path).map_err(|e| at(&path, "removed", &e))?;
        }
    }
    Ok(())
}

/// The text of a file.
pub(crate) fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|e| at(path, "read", &e))
}

/// Writes a file, unless it is so already.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    if fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|e| at(folder, "made", &e))?;
    }
    fs::write(path, bytes).map_err(|e| at(path, "written", &e))
}

fn at(path: &Path, what: &str, error: &std::io::Error) -> String {
    format!("{} cannot be {what}: {error}", path.display())
}

#[cfg(unix)]
fn lock_it(file: &File) -> Result<(), ()> {
    rustix::fs::flock(file, rustix::fs::FlockOperation::NonBlockingLockExclusive).map_err(drop)
}

#[cfg(not(unix))]
fn lock_it(_: &File) -> Result<(), ()> {
    Ok(())
}
