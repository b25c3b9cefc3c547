//! `demo::save`: a file is there whole or not at all, and nothing else is left in the folder.

use std::fs;
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use demo::save::{Partial, SaveError, folder};
use tempfile::tempdir;

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A file on its way, with a piece of its content.
fn begun(dir: &Path, name: &str) -> Partial {
    let mut file = Partial::create(dir, name).unwrap();
    file.write_all(b"a piece").unwrap();
    file
}

#[test]
fn a_committed_file_has_all_its_pieces_and_is_alone() {
    let dir = tempdir().unwrap();
    let mut file = begun(dir.path(), "x.txt");
    file.write_all(b"").unwrap();
    file.write_all(b", and another").unwrap();
    assert_eq!(file.path(), dir.path().join("x.txt"));
    file.commit().unwrap();
    assert_eq!(fs::read(dir.path().join("x.txt")).unwrap(), b"a piece, and another");
    assert_eq!(names(dir.path()), ["x.txt"]);
}

#[test]
fn an_empty_file_can_be_committed() {
    let dir = tempdir().unwrap();
    Partial::create(dir.path(), "empty").unwrap().commit().unwrap();
    assert_eq!(fs::read(dir.path().join("empty")).unwrap(), b"");
}

#[test]
fn before_the_commit_only_a_hidden_temporary_name_is_there() {
    let dir = tempdir().unwrap();
    let file = begun(dir.path(), "x.txt");
    let [temporary] = &names(dir.path())[..] else { panic!("{:?}", names(dir.path())) };
    assert!(temporary.starts_with(".roundabout-") && temporary.ends_with(".part"), "{temporary}");
    assert!(!temporary.contains("x.txt"), "the final name may be as long as names can be");
    drop(file);
}

#[test]
fn a_dropped_file_leaves_nothing() {
    let dir = tempdir().unwrap();
    drop(begun(dir.path(), "x.txt"));
    assert_eq!(names(dir.path()), [""; 0]);
}

#[test]
fn a_panic_leaves_nothing() {
    let dir = tempdir().unwrap();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _file = begun(dir.path(), "x.txt");
        std::panic::resume_unwind(Box::new("stop"));
    }));
    assert!(panicked.is_err());
    assert_eq!(names(dir.path()), [""; 0]);
}

#[test]
fn an_earlier_file_stays_until_it_is_replaced_as_a_whole() {
    let dir = tempdir().unwrap();
    let x = dir.path().join("x.txt");
    fs::write(&x, "of an earlier run, and longer than the new one").unwrap();
    drop(begun(dir.path(), "x.txt"));
    assert_eq!(fs::read(&x).unwrap(), b"of an earlier run, and longer than the new one");
    let file = begun(dir.path(), "x.txt");
    assert_eq!(fs::read(&x).unwrap(), b"of an earlier run, and longer than the new one");
    file.commit().unwrap();
    assert_eq!(fs::read(&x).unwrap(), b"a piece");
    assert_eq!(names(dir.path()), ["x.txt"]);
}

#[test]
fn two_files_of_one_name_never_share_a_temporary_one() {
    let dir = tempdir().unwrap();
    let (one, mut other) = (begun(dir.path(), "x.txt"), begun(dir.path(), "x.txt"));
    assert_eq!(names(dir.path()).len(), 2);
    other.write_all(b" more").unwrap();
    one.commit().unwrap();
    assert_eq!(fs::read(dir.path().join("x.txt")).unwrap(), b"a piece");
    other.commit().unwrap();
    assert_eq!(fs::read(dir.path().join("x.txt")).unwrap(), b"a piece more");
}

#[test]
fn what_a_killed_process_left_behind_is_neither_used_nor_removed() {
    let dir = tempdir().unwrap();
    let number = |name: &str| -> u64 { name.split(['-', '.']).rev().nth(1).unwrap().parse().unwrap() };
    let file = begun(dir.path(), "x.txt");
    let next = number(&names(dir.path())[0]) + 1;
    drop(file);
    // Far more numbers than the tests beside this one can use up in between.
    let left = |n: u64| dir.path().join(format!(".roundabout-{}-{n}.part", std::process::id()));
    for n in next..next + 500 {
        fs::write(left(n), "left").unwrap();
    }
    begun(dir.path(), "x.txt").commit().unwrap();
    assert_eq!(fs::read(dir.path().join("x.txt")).unwrap(), b"a piece");
    assert!((next..next + 500).all(|n| fs::read(left(n)).unwrap() == b"left"));
}

#[test]
fn a_folder_of_the_final_name_is_an_error_and_stays() {
    let dir = tempdir().unwrap();
    fs::create_dir(dir.path().join("x.txt")).unwrap();
    let error = Partial::create(dir.path(), "x.txt").expect_err("said before anything is written");
    assert_told(&error, &dir.path().join("x.txt"));
    // One that comes later is found at the end.
    let late = begun(dir.path(), "y.txt");
    fs::create_dir(dir.path().join("y.txt")).unwrap();
    assert_told(&late.commit().unwrap_err(), &dir.path().join("y.txt"));
    assert_eq!(names(dir.path()), ["x.txt", "y.txt"]);
    assert!(names(dir.path()).iter().all(|name| dir.path().join(name).is_dir()));
}

#[test]
fn a_missing_folder_is_named() {
    let dir = tempdir().unwrap();
    let error = Partial::create(&dir.path().join("nowhere"), "x.txt").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_told(&error, &dir.path().join("nowhere"));
}

#[test]
fn a_folder_that_vanishes_is_an_error_and_no_panic() {
    let dir = tempdir().unwrap();
    let out = dir.path().join("out");
    folder(&out).unwrap();
    let (one, other) = (begun(&out, "x.txt"), begun(&out, "y.txt"));
    fs::remove_dir_all(&out).unwrap();
    drop(one);
    assert_told(&other.commit().unwrap_err(), &out.join("y.txt"));
}

#[test]
fn a_folder_is_made_with_those_above_it_and_left_empty() {
    let dir = tempdir().unwrap();
    let out = dir.path().join("two/levels");
    folder(&out).unwrap();
    folder(&out).unwrap();
    assert_eq!(names(&out), [""; 0]);
}

#[test]
fn a_file_in_the_place_of_a_folder_is_named() {
    let dir = tempdir().unwrap();
    fs::write(dir.path().join("file"), "whole").unwrap();
    for place in ["file", "file/below"] {
        let error = folder(&dir.path().join(place)).unwrap_err();
        assert_told(&error, &dir.path().join(place));
        assert!(error.to_string().contains("-o"), "{error}");
    }
    assert_eq!(fs::read(dir.path().join("file")).unwrap(), b"whole");
}

#[test]
#[cfg(target_os = "linux")]
fn a_place_that_takes_no_folders_is_not_called_missing() {
    let error = folder(Path::new("/proc/x/y")).unwrap_err();
    assert_told(&error, Path::new("/proc/x/y"));
    assert!(error.to_string().contains("no folder can be created in that place"), "{error}");
}

#[test]
#[cfg(unix)]
fn a_link_of_the_final_name_is_replaced_and_not_followed() {
    let dir = tempdir().unwrap();
    fs::write(dir.path().join("elsewhere"), "not ours").unwrap();
    std::os::unix::fs::symlink(dir.path().join("elsewhere"), dir.path().join("x.txt")).unwrap();
    begun(dir.path(), "x.txt").commit().unwrap();
    assert_eq!(fs::read(dir.path().join("elsewhere")).unwrap(), b"not ours");
    assert!(fs::symlink_metadata(dir.path().join("x.txt")).unwrap().is_file());
}

#[test]
#[cfg(unix)]
fn the_permissions_are_those_of_any_new_file() {
    let dir = tempdir().unwrap();
    begun(dir.path(), "x.txt").commit().unwrap();
    fs::write(dir.path().join("plain"), "").unwrap();
    let [ours, plain] =
        ["x.txt", "plain"].map(|name| fs::metadata(dir.path().join(name)).unwrap().permissions());
    assert_eq!(ours, plain);
}

#[test]
fn all_of_it_may_go_to_the_blocking_pool() {
    fn is_send<T: Send + 'static>() {}
    is_send::<Partial>();
    is_send::<SaveError>();
}

/// The error is one line with the path in it, and knows the path.
#[track_caller]
fn assert_told(error: &SaveError, path: &Path) {
    assert_eq!(error.path(), path);
    let line = error.to_string();
    assert!(line.contains(&*path.to_string_lossy()) && !line.contains('\n'), "{line}");
}
