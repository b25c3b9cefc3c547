//! Files, off the loop.
//!
//! The OS tells of a socket when it is ready; a regular file is always "ready", and then the disk takes its time. So
//! each call here is one job of the blocking pool ([`spawn_blocking`]), and the loop
//! goes on meanwhile. A job costs 20 to 50 microseconds, so come with large pieces (64 KiB and more), or with a whole
//! file.
//!
//! Every error names the path, and keeps its [kind](io::Error::kind). The names are those of [`std::fs`], as tokio's
//! are; asyncio has no files.
//!
//! # When a future is dropped
//! A job cannot be interrupted. A future that is dropped before its first poll has done nothing; one that is dropped
//! later leaves its job behind, which goes on to its end (or, if it had not begun when `block_on` is left, is dropped).
//! So after a [`timeout`](crate::timeout) it is not known whether the file was written, renamed or removed. A
//! [`File`] stays in order: its next operation waits for the job that was left behind.
//!
//! ```
//! use runtime::fs;
//! # let dir = std::env::temp_dir().join(format!("roundabout-doc-fs-{}", std::process::id()));
//! runtime::block_on(async {
//!     fs::create_dir_all(&dir).await?;
//!     // The way to replace a file in one step, so that nobody ever sees half of it.
//!     fs::write(dir.join("new"), "hello").await?;
//!     fs::rename(dir.join("new"), dir.join("greeting")).await?;
//!     fs::append(dir.join("greeting"), ", world").await?;
//!     assert_eq!(fs::read_to_string(dir.join("greeting")).await?, "hello, world");
//! #     std::fs::remove_dir_all(&dir)?;
//!     Ok::<(), std::io::Error>(())
//! }).unwrap();
//! ```

mod dir;
mod file;

use std::fmt;
use std::fs::{Metadata, OpenOptions};
use std::io::{self, Write};
use std::panic::Location;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

pub use dir::{DirEntry, create_dir, create_dir_all, read_dir, remove_dir, remove_dir_all};
pub use file::File;

use crate::blocking::{Blocking, done, spawn_blocking};

/// A whole file.
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
/// # let path = std::env::temp_dir().join(format!("roundabout-doc-read-{}", std::process::id()));
/// # std::fs::write(&path, [0xff, 0xd8, 0xff])?;
/// let picture = fs::read(&path).await?;
/// assert!(picture.starts_with(&[0xff, 0xd8])); // JPEG
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
#[track_caller]
pub fn read(path: impl AsRef<Path>) -> Operation<Vec<u8>> {
    on("read", path, |path| std::fs::read(path))
}

/// A whole file that is UTF-8 text; `InvalidData` if it is not.
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
/// # let path = std::env::temp_dir().join(format!("roundabout-doc-text-{}", std::process::id()));
/// let error = fs::read_to_string(&path).await.unwrap_err(); // there is none
/// assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
/// assert!(error.to_string().contains(&*path.to_string_lossy())); // it says where
/// fs::write(&path, "now there is").await?;
/// assert_eq!(fs::read_to_string(&path).await?, "now there is");
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
#[track_caller]
pub fn read_to_string(path: impl AsRef<Path>) -> Operation<String> {
    on("read", path, |path| std::fs::read_to_string(path))
}

/// Makes a file of this content, in place of any other. Whoever looks meanwhile sees a part of it, and after an error a
/// part may stay: see the [example](self) for a way around that.
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
/// # let path = std::env::temp_dir().join(format!("roundabout-doc-write-{}", std::process::id()));
/// fs::write(&path, "a long text").await?;
/// fs::write(&path, "short").await?;
/// assert_eq!(fs::read(&path).await?, b"short");
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
#[track_caller]
pub fn write(path: impl AsRef<Path>, content: impl Into<Vec<u8>>) -> Operation<()> {
    let content = content.into();
    on("write", path, move |path| std::fs::write(path, content))
}

/// Adds to the end of a file; makes it if there is none.
///
/// Cancel safety and panics: as [`Operation`].
///
/// # Errors
/// The OS's. A first part may have been written.
///
/// # Example
/// ```
/// # runtime::block_on(async {
/// use runtime::fs;
/// # let path = std::env::temp_dir().join(format!("roundabout-doc-append-{}", std::process::id()));
/// for line in ["one\n", "two\n"] {
///     fs::append(&path, line).await?;
/// }
/// assert_eq!(fs::read_to_string(&path).await?, "one\ntwo\n");
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
#[track_caller]
pub fn append(path: impl AsRef<Path>, content: impl Into<Vec<u8>>) -> Operation<()> {
    let content = content.into();
    on("append to", path, move |path| {
        OpenOptions::new().append(true).create(true).open(path)?.write_all(&content)
    })
}

/// Copies a file and its permissions, in place of any other at `to`: how many bytes.
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
/// # let path = std::env::temp_dir().join(format!("roundabout-doc-copy-{}", std::process::id()));
/// fs::write(&path, "precious").await?;
/// let backup = path.with_extension("bak");
/// assert_eq!(fs::copy(&path, &backup).await?, 8);
/// assert_eq!(fs::read(&backup).await?, fs::read(&path).await?);
/// # std::fs::remove_file(&path)?;
/// # std::fs::remove_file(&backup)?;
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
#[track_caller]
pub fn copy(from: impl AsRef<Path>, to: impl AsRef<Path>) -> Operation<u64> {
    on_two("copy", from, to, |from, to| std::fs::copy(from, to))
}

/// Gives a file or folder another name, in one step: whoever looks at `to` sees what was there before, or this. Both have
/// to be on one file system (`CrossesDevices` else).
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
/// # let path = std::env::temp_dir().join(format!("roundabout-doc-rename-{}", std::process::id()));
/// let unfinished = path.with_extension("part");
/// fs::write(&unfinished, "all of it").await?;
/// fs::rename(&unfinished, &path).await?; // nobody has ever seen a part under this name
/// assert_eq!(fs::read(&path).await?, b"all of it");
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
#[track_caller]
pub fn rename(from: impl AsRef<Path>, to: impl AsRef<Path>) -> Operation<()> {
    on_two("rename", from, to, |from, to| std::fs::rename(from, to))
}

/// Removes a file, or a link and not what it points to.
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
/// # let path = std::env::temp_dir().join(format!("roundabout-doc-remove-{}", std::process::id()));
/// fs::write(&path, "").await?;
/// fs::remove_file(&path).await?;
/// let gone = fs::remove_file(&path).await.unwrap_err();
/// assert_eq!(gone.kind(), std::io::ErrorKind::NotFound);
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
#[track_caller]
pub fn remove_file(path: impl AsRef<Path>) -> Operation<()> {
    on("remove", path, |path| std::fs::remove_file(path))
}

/// What a path leads to: length, kind, times, permissions. Links are followed.
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
/// # let path = std::env::temp_dir().join(format!("roundabout-doc-meta-{}", std::process::id()));
/// fs::write(&path, "hello").await?;
/// let metadata = fs::metadata(&path).await?;
/// assert!(metadata.is_file() && metadata.len() == 5);
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
#[track_caller]
pub fn metadata(path: impl AsRef<Path>) -> Operation<Metadata> {
    on("look at", path, |path| std::fs::metadata(path))
}

/// An operation on a path.
#[track_caller]
fn on<T: Send + 'static>(
    what: &'static str,
    path: impl AsRef<Path>,
    operation: impl FnOnce(&Path) -> io::Result<T> + Send + 'static,
) -> Operation<T> {
    let path = path.as_ref().to_owned();
    Operation::new(move || operation(&path).map_err(|e| about(what, path.display(), e)))
}

/// An operation on two.
#[track_caller]
fn on_two<T: Send + 'static>(
    what: &'static str,
    from: impl AsRef<Path>,
    to: impl AsRef<Path>,
    operation: impl FnOnce(&Path, &Path) -> io::Result<T> + Send + 'static,
) -> Operation<T> {
    let (from, to) = (from.as_ref().to_owned(), PathBuf::from(to.as_ref()));
    Operation::new(move || {
        operation(&from, &to).map_err(|e| about(what, format!("{} to {}", from.display(), to.display()), e))
    })
}

/// The error with what was tried, and on what. The OS's own text says neither.
fn about(what: &str, which: impl fmt::Display, e: io::Error) -> io::Error {
    io::Error::new(e.kind(), format!("cannot {what} {which}: {e}"))
}

/// The future of an operation on files: a job of the blocking pool, from its first poll on.
///
/// It has a name, and so borrows nothing of the path that it was made from: it may be spawned.
///
/// Cancel safety: dropped before its first poll, it has done nothing; dropped later, it leaves its job to go on
/// ([more](self#when-a-future-is-dropped)).
///
/// # Panics
/// When polled outside a runtime, and when polled again after it gave its result.
///
/// # Example
/// ```
/// # runtime::block_on(async {
/// use runtime::fs;
/// # let dir = std::env::temp_dir().join(format!("roundabout-doc-operation-{}", std::process::id()));
/// # fs::create_dir_all(&dir).await?;
/// let writes = ["a", "b", "c"].map(|name| fs::write(dir.join(name), name));
/// drop(fs::remove_file(dir.join("a"))); // never polled: `a` stays
/// runtime::try_join_all(writes).await?; // at once, on threads of the pool
/// assert_eq!(fs::read(dir.join("a")).await?, b"a");
/// # std::fs::remove_dir_all(&dir)?;
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
#[must_use = "a future does nothing until it is awaited"]
pub struct Operation<T> {
    /// Until the first poll.
    operation: Option<Box<dyn FnOnce() -> io::Result<T> + Send>>,
    /// After it.
    job: Option<Blocking<io::Result<T>>>,
    at: &'static Location<'static>,
}

impl<T> Operation<T> {
    #[track_caller]
    fn new(operation: impl FnOnce() -> io::Result<T> + Send + 'static) -> Self {
        Operation { operation: Some(Box::new(operation)), job: None, at: Location::caller() }
    }
}

impl<T: Send + 'static> Future for Operation<T> {
    type Output = io::Result<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        let this = &mut *self;
        if let Some(operation) = this.operation.take() {
            this.job = Some(spawn_blocking(operation).at(this.at));
        }
        match &mut this.job {
            Some(job) => Poll::Ready(done(ready!(Pin::new(job).poll(cx)))?),
            None => unreachable!("it has been one or the other from the start"),
        }
    }
}

impl<T> fmt::Debug for Operation<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operation").field("at", &self.at).finish_non_exhaustive()
    }
}
