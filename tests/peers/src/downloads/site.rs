//! What is served, and whether it has arrived.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Some files of one size.
#[derive(Clone, Copy)]
pub(super) struct Site {
    pub(super) name: &'static str,
    pub(super) files: usize,
    pub(super) size: u64,
}

/// The sites of the whole bench, and of `--quick`.
pub(super) const SITES: [[Site; 3]; 2] = [
    [
        Site { name: "10x10M", files: 10, size: 10_000_000 },
        Site { name: "10000x4K", files: 10_000, size: 4096 },
        Site { name: "1x1G", files: 1, size: 1 << 30 },
    ],
    [
        Site { name: "10x1M", files: 10, size: 1_000_000 },
        Site { name: "1000x4K", files: 1000, size: 4096 },
        Site { name: "1x64M", files: 1, size: 64 << 20 },
    ],
];

impl Site {
    /// Makes the files below `root`, in a folder named as the site.
    pub(super) fn make(&self, root: &Path) -> io::Result<()> {
        let folder = root.join(self.name);
        fs::create_dir(&folder)?;
        // A piece at a time: what this process holds would count as memory of the children that it starts.
        let piece: Vec<u8> = (0..1u32 << 18).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        for n in 0..self.files {
            let mut file = File::create(folder.join(format!("file{n}")))?;
            let mut left = self.size;
            while left > 0 {
                let now = left.min(piece.len() as u64);
                file.write_all(&piece[..now as usize])?;
                left -= now;
            }
        }
        Ok(())
    }

    /// The base of its URLs, on a server that serves `root`.
    pub(super) fn base(&self, origin: &str) -> String {
        format!("{origin}/{}/file", self.name)
    }

    /// Looks whether all files are there, each whole, and nothing else.
    pub(super) fn check(&self, folder: &Path) -> Result<(), String> {
        let mut seen = 0;
        for entry in fs::read_dir(folder).map_err(|e| e.to_string())? {
            let entry = entry.map_err(|e| e.to_string())?;
            let size = entry.metadata().map_err(|e| e.to_string())?.len();
            if size != self.size {
                return Err(format!("{} has {size} bytes", entry.file_name().display()));
            }
            seen += 1;
        }
        let first: PathBuf = folder.join("file0");
        match seen == self.files && first.exists() {
            true => Ok(()),
            false => Err(format!("{seen} files came, not {}", self.files)),
        }
    }
}
