//! A folder for what a lesson downloads, which goes when the lesson is over.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::{env, fs, io, process};

/// A new folder, removed with all that is in it when dropped.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new() -> io::Result<Folder> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("roundabout-lesson-{}-{}", process::id(), COUNT.fetch_add(1, Relaxed));
        let path = env::temp_dir().join(name);
        // It must not be there yet: what another has put in its place would be written into, and removed.
        fs::create_dir(&path).map_err(|e| {
            io::Error::new(e.kind(), format!("cannot make a folder at {}: {e}", path.display()))
        })?;
        Ok(Folder(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// How many files are in it, and their bytes.
    pub(super) fn contents(&self) -> io::Result<(usize, u64)> {
        let (mut files, mut bytes) = (0, 0);
        for entry in fs::read_dir(&self.0)? {
            files += 1;
            bytes += entry?.metadata()?.len();
        }
        Ok((files, bytes))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // The system clears its folder for such things anyway, sooner or later.
        let _ = fs::remove_dir_all(&self.0);
    }
}
