//! Folders of known files: made, listed, compared.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The bytes of a made-up file: all 256 values occur, no two seeds look alike, and nothing repeats at a round
/// length, so that a piece lost, doubled or moved shows.
pub fn bytes(seed: u64, len: usize) -> Vec<u8> {
    // splitmix64, Steele, Lea and Flood 2014: a few lines, and well mixed from any seed.
    let mut state = seed;
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bytes.extend_from_slice(&(z ^ (z >> 31)).to_le_bytes());
    }
    bytes.truncate(len);
    bytes
}

/// Fills `folder` with ten files `file1.bin` … `file10.bin` of assorted sizes: empty, tiny, around the powers of
/// two that buffers have, and some megabytes.
pub fn ten_assorted(folder: &Path) {
    let sizes = [0, 1, 10, 4095, 16_384, 16_385, 65_537, 300_000, 1_000_000, 5_000_000];
    for (n, size) in (1..).zip(sizes) {
        fs::write(folder.join(format!("file{n}.bin")), bytes(n, size)).expect("a file of the test's own");
    }
}

/// All that lies in a folder, hidden files too: names with contents. A folder within is an error.
pub fn listing(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    entries
        .map(|entry| {
            let path = entry.expect("an entry of the folder").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            let contents = fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            (name, contents)
        })
        .collect()
}

/// The names of all that lies in a folder, hidden files too; none if there is no such folder.
pub fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<_> = entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Fails unless both folders hold the same files with the same bytes.
pub fn assert_same(got: &Path, wanted: &Path) {
    let (got, wanted) = (listing(got), listing(wanted));
    assert!(got.keys().eq(wanted.keys()), "names differ: {:?}\n{:?}", got.keys(), wanted.keys());
    for (name, wanted) in &wanted {
        assert_same_bytes(name, &got[name], wanted);
    }
}

/// Fails unless the bytes are the same, and says where they part: nobody can read a dump of megabytes.
pub fn assert_same_bytes(name: &str, got: &[u8], wanted: &[u8]) {
    if got != wanted {
        let parts = got.iter().zip(wanted).position(|(a, b)| a != b).unwrap_or(got.len().min(wanted.len()));
        panic!("{name}: {} bytes, wanted {}; they part at byte {parts}", got.len(), wanted.len());
    }
}
