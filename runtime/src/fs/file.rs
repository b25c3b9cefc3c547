//! [`File`]: one that is open.

use std::fs::OpenOptions;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::panic::Location;
use std::path::Path;
use std::sync::Arc;

use super::{Operation, about};
use crate::blocking::{Blocking, done, spawn_blocking};

/// How much a read asks for where the buffer has no room of its own.
const PIECE: usize = 64 * 1024;

/// An open file.
///
/// It has one cursor, as a file of the standard library has, and does one thing at a time: each method borrows it
/// mutably. Buffers go along to the job's thread and come back: a job may outlive the future that waits for it, so it
/// cannot borrow.
///
/// Cancel safety: an operation whose future is dropped goes on, and the next one waits for it ([more](super)). Then the
/// cursor is behind what it read or wrote, and what it read is lost.
///
/// It closes when it is dropped, which on a network file system may take time: [`sync_all`](Self::sync_all) before.
///
/// ```
/// use runtime::fs::File;
/// # let path = std::env::temp_dir().join(format!("roundabout-doc-file-{}", std::process::id()));
/// runtime::block_on(async {
///     let mut file = File::create(&path).await?;
///     let mut buffer = Vec::with_capacity(64 * 1024);
///     for _ in 0..3 {
///         buffer.extend_from_slice(b"line\n");
///         buffer = file.write_all(buffer).await?; // comes back empty, with its room
///     }
///
///     let mut file = File::open(&path).await?;
///     let mut total = 0;
///     loop {
///         buffer = file.read(buffer).await?;
///         if buffer.is_empty() {
///             break;
///         }
///         total += buffer.len();
///     }
///     assert_eq!(total, 15);
///     runtime::fs::remove_file(&path).await
/// }).unwrap();
/// ```
#[derive(Debug)]
pub struct File {
    file: Arc<std::fs::File>,
    path: Arc<Path>,
    /// The job that runs; or that was left behind by a dropped future, and that the next operation waits for.
    job: Option<Blocking<Done>>,
}

/// What any operation on a file comes back with: its buffer, if it had one, and its number, if it gave one.
type Done = io::Result<(Vec<u8>, u64)>;

impl File {
    /// Opens a file for reading.
    ///
    /// Cancel safety: as [`Operation`]. So it is with the other ways to open.
    ///
    /// # Errors
    /// The OS's.
    ///
    /// # Panics
    /// Here and in all that follows: when polled outside a runtime.
    #[track_caller]
    pub fn open(path: impl AsRef<Path>) -> Operation<File> {
        File::open_with(path, OpenOptions::new().read(true))
    }

    /// Opens a file for writing: a new one, or an old one whose content is gone with this.
    ///
    /// # Errors
    /// The OS's.
    #[track_caller]
    pub fn create(path: impl AsRef<Path>) -> Operation<File> {
        File::open_with(path, OpenOptions::new().write(true).create(true).truncate(true))
    }

    /// Opens a new file for writing. If there is one already, that is `AlreadyExists`; also if it is a link, to wherever.
    ///
    /// # Errors
    /// The OS's.
    ///
    /// # Example
    /// ```
    /// # runtime::block_on(async {
    /// use runtime::fs::File;
    /// # let path = std::env::temp_dir().join(format!("roundabout-doc-file-new-{}", std::process::id()));
    /// File::create_new(&path).await?;
    /// let taken = File::create_new(&path).await.unwrap_err();
    /// assert_eq!(taken.kind(), std::io::ErrorKind::AlreadyExists);
    ///
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    #[track_caller]
    pub fn create_new(path: impl AsRef<Path>) -> Operation<File> {
        File::open_with(path, OpenOptions::new().write(true).create_new(true))
    }

    /// Opens a file for writing at its end, wherever the cursor is; a new one if there is none.
    ///
    /// # Errors
    /// The OS's.
    ///
    /// # Example
    /// ```
    /// # runtime::block_on(async {
    /// use runtime::fs::File;
    /// # let path = std::env::temp_dir().join(format!("roundabout-doc-file-append-{}", std::process::id()));
    /// for run in ["first run\n", "second run\n"] {
    ///     File::append(&path).await?.write_all(run).await?;
    /// }
    /// assert_eq!(File::open(&path).await?.len().await?, 21);
    ///
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    #[track_caller]
    pub fn append(path: impl AsRef<Path>) -> Operation<File> {
        File::open_with(path, OpenOptions::new().append(true).create(true))
    }

    /// Opens a file in any other way.
    ///
    /// # Errors
    /// The OS's.
    ///
    /// # Example
    /// ```
    /// # runtime::block_on(async {
    /// use runtime::fs::File;
    /// # let path = std::env::temp_dir().join(format!("roundabout-doc-file-with-{}", std::process::id()));
    /// let mut options = std::fs::OpenOptions::new();
    /// options.read(true).write(true).create(true).truncate(false);
    /// let mut file = File::open_with(&path, &options).await?;
    /// file.write_all("both ways").await?;
    /// assert_eq!(file.path(), path);
    ///
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    #[track_caller]
    pub fn open_with(path: impl AsRef<Path>, options: &OpenOptions) -> Operation<File> {
        let (path, options) = (Arc::<Path>::from(path.as_ref()), options.clone());
        Operation::new(move || {
            let file = options.open(&path).map_err(|e| about("open", path.display(), e))?;
            Ok(File { file: Arc::new(file), path, job: None })
        })
    }

    /// The path it was opened under.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the next bytes into `buffer`, in place of what it holds: as many as it has capacity for (64 KiB if none),
    /// fewer only at the end of the file. Empty is the end.
    ///
    /// # Errors
    /// The OS's. The buffer is gone then.
    ///
    /// # Example
    /// ```
    /// # runtime::block_on(async {
    /// use runtime::fs::File;
    /// # let path = std::env::temp_dir().join(format!("roundabout-doc-file-read-{}", std::process::id()));
    /// File::create(&path).await?.write_all("0123456789").await?;
    /// let mut file = File::open(&path).await?;
    /// let piece = file.read(Vec::with_capacity(8)).await?;
    /// assert_eq!(piece, b"01234567");
    /// assert_eq!(file.read(piece).await?, b"89"); // fewer: the end is near
    /// assert!(file.read(Vec::new()).await?.is_empty());
    ///
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    #[track_caller]
    pub fn read(&mut self, mut buffer: Vec<u8>) -> impl Future<Output = io::Result<Vec<u8>>> {
        let done = self.run("read", move |file| {
            buffer.clear();
            if buffer.capacity() == 0 {
                buffer.reserve_exact(PIECE);
            }
            let room = buffer.capacity() as u64;
            file.take(room).read_to_end(&mut buffer)?;
            Ok((buffer, 0))
        });
        async { Ok(done.await?.0) }
    }

    /// Writes all of `buffer` at the cursor. It comes back empty, to be filled again. Text and slices may be given too.
    ///
    /// # Errors
    /// The OS's, as on a full disk. A first part may have been written; the buffer is gone.
    #[track_caller]
    pub fn write_all(&mut self, buffer: impl Into<Vec<u8>>) -> impl Future<Output = io::Result<Vec<u8>>> {
        let mut buffer = buffer.into();
        let done = self.run("write", move |mut file| {
            file.write_all(&buffer)?;
            buffer.clear();
            Ok((buffer, 0))
        });
        async { Ok(done.await?.0) }
    }

    /// Moves the cursor: where it is now, in bytes from the start.
    ///
    /// # Errors
    /// The OS's, as for a place before the start.
    ///
    /// # Example
    /// ```
    /// # runtime::block_on(async {
    /// use runtime::fs::File;
    /// # let path = std::env::temp_dir().join(format!("roundabout-doc-file-seek-{}", std::process::id()));
    /// use std::io::SeekFrom;
    /// let mut file = File::create(&path).await?;
    /// file.write_all("a hole:").await?;
    /// file.seek(SeekFrom::Current(1000)).await?;
    /// file.write_all(".").await?;
    /// assert_eq!(file.seek(SeekFrom::End(0)).await?, 1008);
    ///
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    #[track_caller]
    pub fn seek(&mut self, to: SeekFrom) -> impl Future<Output = io::Result<u64>> {
        self.number("seek in", move |mut file| file.seek(to))
    }

    /// The file's length in bytes.
    ///
    /// # Errors
    /// The OS's.
    #[track_caller]
    pub fn len(&mut self) -> impl Future<Output = io::Result<u64>> {
        self.number("look at", |file| file.metadata().map(|metadata| metadata.len()))
    }

    /// Cuts the file off, or makes it longer with zeros. The cursor stays where it is.
    ///
    /// # Errors
    /// The OS's.
    ///
    /// # Example
    /// ```
    /// # runtime::block_on(async {
    /// use runtime::fs::File;
    /// # let path = std::env::temp_dir().join(format!("roundabout-doc-file-set-{}", std::process::id()));
    /// let mut file = File::create(&path).await?;
    /// file.set_len(1_000_000).await?; // zeros, most often without a block on the disk
    /// assert_eq!(file.len().await?, 1_000_000);
    ///
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    #[track_caller]
    pub fn set_len(&mut self, len: u64) -> impl Future<Output = io::Result<()>> {
        let done = self.number("set the length of", move |file| file.set_len(len).map(|()| 0));
        async { done.await.map(drop) }
    }

    /// Waits until all that was written is on the disk, the file's metadata too (`fsync`): so it outlasts a power failure.
    ///
    /// # Errors
    /// The OS's. What was not yet on the disk may then be lost, also if the next call succeeds.
    ///
    /// # Example
    /// ```
    /// # runtime::block_on(async {
    /// use runtime::fs::File;
    /// # let path = std::env::temp_dir().join(format!("roundabout-doc-file-sync-{}", std::process::id()));
    /// let mut file = File::create(&path).await?;
    /// file.write_all("a promise").await?;
    /// file.sync_all().await?; // from here on it can be given
    ///
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    #[track_caller]
    pub fn sync_all(&mut self) -> impl Future<Output = io::Result<()>> {
        let done = self.number("sync", |file| file.sync_all().map(|()| 0));
        async { done.await.map(drop) }
    }

    /// As [`sync_all`](Self::sync_all), without metadata that reading does not need, such as times (`fdatasync`).
    ///
    /// # Errors
    /// The OS's.
    ///
    /// # Example
    /// ```
    /// # runtime::block_on(async {
    /// use runtime::fs::File;
    /// # let path = std::env::temp_dir().join(format!("roundabout-doc-file-data-{}", std::process::id()));
    /// let mut log = File::append(&path).await?;
    /// log.write_all("entry").await?;
    /// log.sync_data().await?; // the entry, but perhaps not the time of the last change
    ///
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    #[track_caller]
    pub fn sync_data(&mut self) -> impl Future<Output = io::Result<()>> {
        let done = self.number("sync", |file| file.sync_data().map(|()| 0));
        async { done.await.map(drop) }
    }

    /// An operation without a buffer.
    #[track_caller]
    fn number(
        &mut self,
        what: &'static str,
        operation: impl FnOnce(&std::fs::File) -> io::Result<u64> + Send + 'static,
    ) -> impl Future<Output = io::Result<u64>> {
        let done = self.run(what, move |file| Ok((Vec::new(), operation(file)?)));
        async { Ok(done.await?.1) }
    }

    /// Runs an operation in the pool, from the first poll on.
    #[track_caller]
    fn run(
        &mut self,
        what: &'static str,
        operation: impl FnOnce(&std::fs::File) -> Done + Send + 'static,
    ) -> impl Future<Output = Done> {
        let at = Location::caller();
        async move {
            // The job waits in `self`, not in this future: so it is still there after this was dropped.
            if let Some(left_behind) = &mut self.job {
                let _ = left_behind.await;
            }
            let (file, path) = (self.file.clone(), self.path.clone());
            let job = spawn_blocking(move || operation(&file).map_err(|e| about(what, path.display(), e)));
            let result = self.job.insert(job.at(at)).await;
            self.job = None;
            done(result)?
        }
    }
}
