//! Files that are never half there.
//!
//! What is downloaded goes into a temporary file in the target folder; only when all of it has come does a rename
//! give it its name. A rename within a folder is one step for everybody who looks: the name holds either what it
//! held before or the whole new file. Until then the temporary file belongs to a [`Partial`], and dropping that
//! removes it: an error, a panic and a cancelled task all end there, so nobody has to think of it.
//!
//! All of this blocks (a disk can be slow), so it runs on the blocking pool, never in the loop; everything here is
//! `Send` for it.
//!
//! # What it does not promise
//! A process that is ended without being asked leaves its temporary files behind: by `SIGKILL`, `SIGQUIT` (Ctrl-\) or
//! a second Ctrl-C (see [`crate::signal`]), and when the machine stops. They start with `.roundabout-`. (With
//! `--continue` parts stay on purpose, under other names: see [`crate::download::resume`].)
//!
//! Nothing is synced. After a *power failure* a file of the last seconds may be empty under its final name, since
//! some file systems write names before data. To sync each file before its rename was measured and turned down:
//! it added 3 to 8 seconds to 10,000 files of 4 KiB that take one or two (ext4 on a virtual disk), and a download can be
//! fetched again.

use std::error::Error;
use std::fmt::{self, Display, Formatter};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::text;

/// Makes sure the folder is there and that files can be written to it, so that a wrong one is said once and at
/// the start, not by ten thousand files one after the other. Missing folders above it are created too.
///
/// # Errors
/// [`SaveError`] if the folder cannot be created, is not a folder, or takes no files.
pub fn folder(dir: &Path) -> Result<(), SaveError> {
    fs::create_dir_all(dir).map_err(|source| SaveError::new(CREATE_FOLDER, dir, source))?;
    Temporary::create(dir).map(drop)
}

/// A file on its way: it exists under a temporary name until [`commit`](Self::commit), and no more if it is
/// dropped before.
///
/// ```
/// use demo::save::Partial;
/// # let dir = std::env::temp_dir().join(format!("roundabout-doc-{}", std::process::id()));
/// # demo::save::folder(&dir)?;
/// let mut file = Partial::create(&dir, "hello.txt")?;
/// file.write_all(b"hello")?;
/// assert!(!dir.join("hello.txt").exists());
/// file.commit()?;
/// assert_eq!(std::fs::read(dir.join("hello.txt"))?, b"hello");
/// # std::fs::remove_dir_all(&dir)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Partial {
    temporary: Temporary,
    /// The final name.
    path: PathBuf,
}

impl Partial {
    /// Creates the temporary file in the folder `dir`, for a file that will be called `name`.
    ///
    /// The name must have passed [`file_name`](crate::names::file_name), which keeps it inside the folder. The
    /// permissions are those of any new file, by the umask.
    ///
    /// # Errors
    /// [`SaveError`] if the folder is missing or takes no files, or another folder has the name.
    pub fn create(dir: &Path, name: &str) -> Result<Self, SaveError> {
        let path = dir.join(name);
        // The rename would say so too, but only after all of it has come.
        if path.is_dir() {
            return Err(SaveError::new("write", &path, ErrorKind::IsADirectory.into()));
        }
        Ok(Partial { temporary: Temporary::create(dir)?, path })
    }

    /// Gives it the permissions of the file that it is to replace, if there is one: before any bytes, which may be a
    /// secret. (Not the bits that make a program run as its owner.)
    pub(crate) fn like_the_old(self) -> Result<Self, SaveError> {
        #[cfg(unix)]
        if let Ok(old) = fs::metadata(&self.path) {
            use std::os::unix::fs::PermissionsExt;

            let mode = fs::Permissions::from_mode(old.permissions().mode() & 0o777);
            let set = self.temporary.file.set_permissions(mode);
            set.map_err(|source| SaveError::new("write", &self.path, source))?;
        }
        Ok(self)
    }

    /// A file that is open already, under a temporary name of somebody's choice (see [`crate::download::resume`]).
    pub(crate) fn at(file: File, temporary: PathBuf, path: PathBuf) -> Self {
        Partial { temporary: Temporary { file, name: Remove::armed(temporary) }, path }
    }

    /// Another temporary file for the same folder, to be renamed to `path`.
    pub(crate) fn beside(path: PathBuf) -> Result<Self, SaveError> {
        let dir = path.parent().unwrap_or(Path::new("."));
        Ok(Partial { temporary: Temporary::create(dir)?, path })
    }

    /// From now on the file stays under its temporary name if this is dropped.
    pub(crate) fn keep(&mut self) {
        self.temporary.name.armed = false;
    }

    /// Reads bytes that are there already; the next ones are written behind them.
    pub(crate) fn read_exact_at(&mut self, at: u64, bytes: &mut [u8]) -> Result<(), SaveError> {
        let file = &mut self.temporary.file;
        let read = file.seek(SeekFrom::Start(at)).and_then(|_| file.read_exact(bytes));
        read.map_err(|source| SaveError::new("read the part of", &self.path, source))
    }

    /// Cuts off what is behind the first `len` bytes, if that can be done.
    pub(crate) fn cut(&mut self, len: u64) {
        let _ = self.temporary.file.set_len(len);
    }

    /// Removes the file, kept or not.
    pub(crate) fn discard(self) {
        self.temporary.discard();
    }

    /// The name the file will have once it is whole.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends the bytes. Each call is at least one system call: come with large pieces.
    ///
    /// # Errors
    /// [`SaveError`] if they cannot all be written, as on a full disk. What was written of them is unknown; drop
    /// the file.
    pub fn write_all(&mut self, bytes: &[u8]) -> Result<(), SaveError> {
        self.temporary.file.write_all(bytes).map_err(|source| SaveError::new("write", &self.path, source))
    }

    /// The same, for a name that a server chose: nothing is replaced.
    pub(crate) fn commit_new(self) -> Result<(), SaveError> {
        let Partial { temporary, path } = self;
        // A second name is given only where there is none, in one step, as a rename cannot do it everywhere. On file
        // systems without second names an empty file holds the place for a moment.
        let named = match fs::hard_link(&temporary.name.path, &path) {
            Err(e) if e.kind() != ErrorKind::AlreadyExists => {
                let place = File::options().write(true).create_new(true).open(&path);
                place.and_then(|_| temporary.rename(&path))
            }
            linked => linked.map(|()| temporary.discard()),
        };
        named.map_err(|source| SaveError::new(WRITE_NEW, &path, source))
    }

    /// Whether [`commit_new`](Self::commit_new) would refuse the name by now.
    pub(crate) fn check_new(path: &Path) -> Result<(), SaveError> {
        match path.symlink_metadata() {
            Ok(_) => Err(SaveError::new(WRITE_NEW, path, ErrorKind::AlreadyExists.into())),
            Err(_) => Ok(()),
        }
    }

    /// Gives the file another final name, in the same folder.
    pub(crate) fn rename(&mut self, name: &str) {
        self.path.set_file_name(name);
    }

    /// Gives the whole file its final name. A file that has the name already is replaced in the same step; a
    /// symbolic link of that name is replaced too, not followed.
    ///
    /// # Errors
    /// [`SaveError`] if the name is taken by a folder, or the rename fails. The temporary file is then removed.
    pub fn commit(self) -> Result<(), SaveError> {
        let Partial { temporary, path } = self;
        temporary.rename(&path).map_err(|source| SaveError::new("write", &path, source))
    }
}

/// An open file under a temporary name. Whoever owns this owns the file.
#[derive(Debug)]
struct Temporary {
    // Fields are dropped in order. Windows removes no file that is open.
    #[cfg(windows)]
    file: File,
    name: Remove,
    // Elsewhere the file may be locked (by `resume`), and the lock has to hold until it has this name no more.
    #[cfg(not(windows))]
    file: File,
}

impl Temporary {
    fn create(dir: &Path) -> Result<Self, SaveError> {
        /// Makes the names of this process distinct; nothing is ordered by it.
        static NEXT: AtomicU64 = AtomicU64::new(0);
        /// Asked for once: each time it is a call of the OS's.
        static PROCESS: LazyLock<u32> = LazyLock::new(process::id);

        // Not derived from the final name: that may be as long as names can be, and its author is not us.
        loop {
            let n = NEXT.fetch_add(1, Ordering::Relaxed);
            let path = dir.join(format!(".roundabout-{}-{n}.part", *PROCESS));
            // `create_new` never opens what is there, be it a link that somebody laid out.
            match File::options().write(true).create_new(true).open(&path) {
                Ok(file) => return Ok(Temporary { file, name: Remove::armed(path) }),
                // Left by a killed process that had this one's id. Ends, since each turn takes another number.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(source) => return Err(SaveError::new("create a file in", dir, source)),
            }
        }
    }

    fn discard(mut self) {
        self.name.armed = true;
    }

    fn rename(self, to: &Path) -> io::Result<()> {
        let Temporary { file, mut name } = self;
        // Nothing is buffered here, so it need not be closed first; but Windows renames no file that is open.
        let open = if cfg!(windows) { None } else { Some(file) };
        fs::rename(&name.path, to)?;
        name.armed = false;
        drop(open);
        Ok(())
    }
}

/// Removes a file when dropped.
#[derive(Debug)]
pub(crate) struct Remove {
    path: PathBuf,
    pub(crate) armed: bool,
}

impl Remove {
    pub(crate) fn armed(path: PathBuf) -> Remove {
        Remove { path, armed: true }
    }
}

impl Drop for Remove {
    fn drop(&mut self) {
        if self.armed {
            // A destructor has nobody to tell; and if the folder is gone, so is the file.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// A file or folder could not be made or written: what was tried, on which path, and the system's reason.
#[derive(Debug)]
pub struct SaveError {
    tried: &'static str,
    path: PathBuf,
    source: io::Error,
}

/// What [`folder`] tries.
const CREATE_FOLDER: &str = "create the folder";

/// What [`Partial::commit_new`] tries.
const WRITE_NEW: &str = "write, under the name that the server chose,";

impl SaveError {
    pub(crate) fn new(tried: &'static str, path: &Path, source: io::Error) -> Self {
        SaveError { tried, path: path.to_owned(), source }
    }

    /// The path that was asked for: the final name, not the temporary one.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The system's reason.
    pub fn kind(&self) -> ErrorKind {
        self.source.kind()
    }
}

impl Display for SaveError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let path = text::one_line(&self.path.to_string_lossy());
        write!(f, "cannot {} {path}: ", self.tried)?;
        match self.source.kind() {
            ErrorKind::IsADirectory => {
                write!(f, "a folder has that name; move it, or choose another place with -o")
            }
            // Those above it are created too. So it is not that one is missing: the place takes none, as `/proc`.
            ErrorKind::NotFound if self.tried == CREATE_FOLDER => {
                write!(f, "no folder can be created in that place; choose another with -o")
            }
            ErrorKind::NotFound => {
                write!(f, "the folder is not there; create it, or choose another with -o")
            }
            ErrorKind::AlreadyExists if self.tried == WRITE_NEW => {
                write!(f, "it is there already; move it, or choose another folder with -o")
            }
            ErrorKind::AlreadyExists | ErrorKind::NotADirectory => {
                write!(f, "a file stands where a folder should be; choose another folder with -o")
            }
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                write!(f, "no permission to write there; choose another folder with -o")
            }
            ErrorKind::WouldBlock => {
                write!(f, "another process is at it; wait for it, or choose another place with -o")
            }
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                write!(f, "the disk is full; make room and try again")
            }
            _ => write!(f, "{}", self.source),
        }
    }
}

impl Error for SaveError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}
