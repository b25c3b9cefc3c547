//! Folders: made, listed and removed.

use std::ffi::OsStr;
use std::fs::FileType;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::{Operation, on};

/// Makes a folder. The one above it has to be there.
///
/// Cancel safety and panics: as [`Operation`].
///
/// # Errors
/// The OS's: `AlreadyExists` if there is anything of that name.
///
/// # Example
/// ```
/// # runtime::block_on(async {
/// use runtime::fs;
/// # let path = std::env::temp_dir().join(format!("roundabout-doc-dir-{}", std::process::id()));
/// fs::create_dir(&path).await?; // whoever gets this far has made it
/// let taken = fs::create_dir(&path).await.unwrap_err();
/// assert_eq!(taken.kind(), std::io::ErrorKind::AlreadyExists);
/// # std::fs::remove_dir(&path)?;
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
#[track_caller]
pub fn create_dir(path: impl AsRef<Path>) -> Operation<()> {
    on("create the folder", path, |path| std::fs::create_dir(path))
}

/// Makes a folder and those above it; those that are there are fine.
///
/// Cancel safety and panics: as [`Operation`].
///
/// # Errors
/// The OS's.
///
/// # Example
/// ```
/// # runtime::block_on(async {
/// use runtime::fs;
/// # let path = std::env::temp_dir().join(format!("roundabout-doc-dirs-{}", std::process::id()));
/// let folder = path.join("a").join("b");
/// fs::create_dir_all(&folder).await?;
/// fs::create_dir_all(&folder).await?; // it is there: fine
/// assert!(fs::metadata(&folder).await?.is_dir());
/// # std::fs::remove_dir_all(&path)?;
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
#[track_caller]
pub fn create_dir_all(path: impl AsRef<Path>) -> Operation<()> {
    on("create the folder", path, |path| std::fs::create_dir_all(path))
}

/// What is in a folder, in no order. (`.` and `..` are left out.)
///
/// All of it, in one job: a list in pieces would cost a job each. tokio gives a stream of entries instead.
///
/// Cancel safety and panics: as [`Operation`].
///
/// # Errors
/// The OS's: `NotFound`, `NotADirectory`.
///
/// # Example
/// ```
/// # runtime::block_on(async {
/// use runtime::fs;
/// # let path = std::env::temp_dir().join(format!("roundabout-doc-list-{}", std::process::id()));
/// fs::create_dir_all(path.join("folder")).await?;
/// fs::write(path.join("file"), "").await?;
/// let mut entries = fs::read_dir(&path).await?;
/// entries.sort_by(|a, b| a.path().cmp(b.path()));
/// let names: Vec<_> = entries.iter().map(|entry| entry.file_name()).collect();
/// assert_eq!(names, ["file", "folder"]);
/// assert!(entries[0].file_type().is_file() && entries[1].file_type().is_dir());
/// # std::fs::remove_dir_all(&path)?;
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
#[track_caller]
pub fn read_dir(path: impl AsRef<Path>) -> Operation<Vec<DirEntry>> {
    on("list", path, list)
}

fn list(path: &Path) -> io::Result<Vec<DirEntry>> {
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        match entry.file_type() {
            Ok(file_type) => entries.push(DirEntry { path: entry.path(), file_type }),
            // Some file systems have to be asked for it, and meanwhile somebody has removed it.
            Err(e) if e.kind() == ErrorKind::NotFound => {}
            Err(e) => return Err(e),
        }
    }
    Ok(entries)
}

/// One of what [`read_dir`] has found.
///
/// It asks the OS nothing any more, and so never blocks; the standard library's `DirEntry` may, and keeps the folder open.
/// More of it is told by [`metadata`](super::metadata).
#[derive(Clone, Debug)]
pub struct DirEntry {
    path: PathBuf,
    file_type: FileType,
}

impl DirEntry {
    /// The path of the folder, as it was given, with the name.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The name within the folder.
    pub fn file_name(&self) -> &OsStr {
        self.path.file_name().unwrap_or_default()
    }

    /// What it was: a file, a folder, a link. Links are not followed.
    pub fn file_type(&self) -> FileType {
        self.file_type
    }
}

/// Removes an empty folder.
///
/// Cancel safety and panics: as [`Operation`].
///
/// # Errors
/// The OS's: `DirectoryNotEmpty`.
///
/// # Example
/// ```
/// # runtime::block_on(async {
/// use runtime::fs;
/// # let path = std::env::temp_dir().join(format!("roundabout-doc-rmdir-{}", std::process::id()));
/// fs::create_dir(&path).await?;
/// fs::write(path.join("file"), "").await?;
/// let full = fs::remove_dir(&path).await.unwrap_err();
/// assert_eq!(full.kind(), std::io::ErrorKind::DirectoryNotEmpty);
/// fs::remove_file(path.join("file")).await?;
/// fs::remove_dir(&path).await?;
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
#[track_caller]
pub fn remove_dir(path: impl AsRef<Path>) -> Operation<()> {
    on("remove the folder", path, |path| std::fs::remove_dir(path))
}

/// Removes a folder with all that is in it. Links are removed, and not what they point to.
///
/// Cancel safety and panics: as [`Operation`].
///
/// # Errors
/// The OS's. A part may be gone then.
///
/// # Example
/// ```
/// # runtime::block_on(async {
/// use runtime::fs;
/// # let path = std::env::temp_dir().join(format!("roundabout-doc-rmall-{}", std::process::id()));
/// fs::create_dir_all(path.join("a").join("b")).await?;
/// fs::remove_dir_all(&path).await?;
/// assert!(fs::metadata(&path).await.is_err());
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
#[track_caller]
pub fn remove_dir_all(path: impl AsRef<Path>) -> Operation<()> {
    on("remove the folder and all in it", path, |path| std::fs::remove_dir_all(path))
}
