//! What cannot be caught: the downloader is killed at random moments, its disk is full, its folder is none. What lies under
//! a file's own name is whole at any moment, and `--continue` goes on with the rest.
//!
//! `KILLS=200 cargo test -p tests --test demo killed::` kills it that often; a plain `cargo test` a few times.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use tempfile::tempdir;
use tests::files;
use tests::run::{Program, Running};

use crate::serve::address;
use crate::{demo, download};

/// The sizes of the files: some are whole with the first piece, some take all the time there is.
const SIZES: [usize; 10] = [0, 1, 10_000, 30_000, 64 * 1024, 100_000, 150_000, 200_000, 250_000, 300_000];

/// How fast the server sends each of them, in bytes a second: a whole run takes about half a second.
const RATE: &str = "800000";

/// A server of ten files; their bytes are those of their numbers.
fn serve(dir: &Path) -> (Running, String) {
    let site = dir.join("site");
    fs::create_dir(&site).unwrap();
    for (n, size) in (1..).zip(SIZES) {
        fs::write(site.join(format!("file{n}")), files::bytes(n, size)).unwrap();
    }
    let mut server = demo(&["serve", "site", "--port", "0", "--rate", RATE])
        .dir(dir)
        .deadline(Duration::from_secs(3600))
        .start();
    let url = format!("http://{}/file[1-10]", address(&server.first_line()));
    (server, url)
}

/// What lies under the files' own names is whole. How many there are.
#[track_caller]
fn assert_whole(out: &Path, told: &str) -> usize {
    let mut whole = 0;
    for (n, size) in (1..).zip(SIZES) {
        if let Ok(bytes) = fs::read(out.join(format!("file{n}"))) {
            files::assert_same_bytes(&format!("file{n} {told}"), &bytes, &files::bytes(n, size));
            whole += 1;
        }
    }
    whole
}

#[test]
#[cfg(unix)]
fn killed_at_any_moment_it_leaves_whole_files_and_what_can_be_gone_on_with() {
    let kills: u64 = std::env::var("KILLS").map_or(8, |n| n.parse().expect("KILLS is a number"));
    let dir = tempdir().unwrap();
    let (_server, url) = serve(dir.path());
    let out = dir.path().join("out");
    let whole_run = download(dir.path(), &["--continue", &url]).run().exits(0).took;
    assert_eq!(assert_whole(&out, "at first"), SIZES.len());
    fs::remove_dir_all(&out).unwrap();
    let (mut ended, mut begun, mut parts) = (0, 0, 0);
    for kill in 0..kills {
        // The moments are spread over the whole run and a little beyond, and anew in each: the sleep is the test.
        let random =
            files::bytes(kill, 8).try_into().map(u64::from_le_bytes).unwrap() as f64 / u64::MAX as f64;
        let moment = whole_run.mul_f64((kill as f64 + random) / kills as f64 * 1.05);
        let told = format!("after kill {kill}, {moment:?} into a run of {whole_run:?}");
        let running = download(dir.path(), &["--continue", &url]).start();
        thread::sleep(moment);
        running.signal("KILL");
        // A file that it was about to make nobody can put away, and nobody takes for anything else: it has its number.
        let own = format!(".roundabout-{}-", running.pid());
        ended += usize::from(running.wait().code.is_some());
        let whole = assert_whole(&out, &told);
        begun += usize::from(whole > 0 && whole < SIZES.len());
        parts += usize::from(files::names(&out).iter().any(|name| name.ends_with(".part")));
        // The next run has nothing but what lies there.
        let again = download(dir.path(), &["--continue", &url]).run();
        assert_eq!(again.code, Some(0), "{told}:\n{}", again.report());
        assert_eq!(assert_whole(&out, &told), SIZES.len(), "{told}");
        let left: Vec<_> = files::names(&out).into_iter().filter(|name| !name.starts_with(&own)).collect();
        assert_eq!(left.len(), SIZES.len(), "{told}: {left:?}");
        fs::remove_dir_all(&out).unwrap();
    }
    println!(
        "{kills} kills: {begun} with some of the files whole, {parts} with parts, {ended} came too late"
    );
    assert!(ended < kills as usize / 2, "{ended} of {kills} runs were over before they were killed");
    assert!(begun > 0 && parts > 0, "some of the files were whole in {begun} runs, and {parts} left parts");
}

/// Runs a shell's `command` with the downloader as `$0`, and checks what is left where the disk has no room for the larger
/// files: an error for each that says why, nothing of them under their own name, and all of the small ones.
#[cfg(unix)]
#[track_caller]
fn assert_full(command: &str, flags: &[&str], reason: &str) {
    let dir = tempdir().unwrap();
    let (_server, url) = serve(dir.path());
    fs::create_dir(dir.path().join("out")).unwrap();
    let binary = env!("CARGO_BIN_EXE_demo-under-test");
    let done = Program::new("sh")
        .args(["-c", command, binary, "download", "-o", "out"])
        .args(flags)
        .arg(&url)
        .dir(dir.path())
        .run()
        .exits(1);
    let errors: Vec<_> = done.err().lines().filter(|line| line.starts_with("Failed ")).collect();
    assert!(!errors.is_empty() && errors.iter().all(|line| line.contains(reason)), "{}", done.report());
    let out = dir.path().join("kept");
    let out = if out.exists() { out } else { dir.path().join("out") };
    let whole = assert_whole(&out, "on a full disk");
    assert_eq!(whole + errors.len(), SIZES.len(), "{:?}\n{}", files::names(&out), done.report());
    if flags.is_empty() {
        assert_eq!(files::names(&out).len(), whole, "something half there: {:?}", files::names(&out));
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_disk_with_a_limit_to_a_file_is_an_error_that_says_so() {
    // In blocks of 512 bytes: 64 KiB. Without the `trap` the OS would end the program at the limit.
    let command = "trap '' XFSZ; ulimit -f 128; exec \"$0\" \"$@\"";
    assert_full(command, &[], "File too large");
    assert_full(command, &["--continue"], "File too large");
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_an_error_that_says_so_and_half_a_file_is_none() {
    // A small file system of memory, seen by this shell and its children alone.
    let own = Program::new("unshare").args(["-m", "sh", "-c", "mount -t tmpfs -o size=64k none /mnt"]).run();
    if own.code != Some(0) {
        println!("skipped: no file system can be mounted here: {}", own.err().trim());
        return;
    }
    let command =
        "mount -t tmpfs -o size=400k none out && \"$0\" \"$@\"; code=$?; cp -r out kept; exit $code";
    let command = format!("exec unshare -m sh -c '{command}' \"$0\" \"$@\"");
    assert_full(&command, &[], "the disk is full");
    assert_full(&command, &["--continue"], "the disk is full");
}

#[test]
fn a_folder_below_a_file_is_an_error_that_says_so() {
    let dir = tempdir().unwrap();
    let (_server, url) = serve(dir.path());
    fs::write(dir.path().join("out"), "a file of the user's").unwrap();
    for out in ["out", "out/below"] {
        let done = demo(&["download", "-o", out, &url]).dir(dir.path()).run().exits(1);
        assert!(
            done.err().contains(out) && done.err().contains("a file stands where a folder should be"),
            "{}",
            done.report()
        );
    }
    assert_eq!(fs::read(dir.path().join("out")).unwrap(), b"a file of the user's");
}
