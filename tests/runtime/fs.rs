//! Files, off the loop.

use std::fs as std_fs;
use std::io::{ErrorKind, SeekFrom};
use std::path::Path;
use std::pin::pin;
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};

use runtime::fs::{self, File};
use runtime::net::lookup_host;
use runtime::{Builder, Runtime, join_all, spawn, spawn_blocking, yield_now};

use crate::net::noise;
use crate::support::run_in_turn;

/// A test with a folder of its own.
fn in_a_folder(test: impl AsyncFnOnce(&Path) + Send + 'static) {
    run_in_turn(async || {
        let dir = tempfile::tempdir().unwrap();
        test(dir.path()).await;
    });
}

#[test]
fn a_big_file_is_written_and_read_in_pieces() {
    in_a_folder(async |dir| {
        let path = dir.join("big");
        let content = noise(10_000_000);
        let mut file = File::create(&path).await.unwrap();
        let mut buffer = Vec::with_capacity(300_000);
        for piece in content.chunks(300_000) {
            buffer.extend_from_slice(piece);
            let room = buffer.as_ptr();
            buffer = file.write_all(buffer).await.unwrap();
            assert!(buffer.is_empty());
            assert_eq!(buffer.as_ptr(), room, "the same memory comes back");
        }
        assert_eq!(file.len().await.unwrap(), 10_000_000);

        let mut file = File::open(&path).await.unwrap();
        let mut read = Vec::new();
        loop {
            buffer = file.read(buffer).await.unwrap();
            if buffer.is_empty() {
                break;
            }
            assert!(buffer.len() == buffer.capacity() || read.len() + buffer.len() == content.len());
            read.extend_from_slice(&buffer);
        }
        assert!(read == content);
        assert!(file.read(buffer).await.unwrap().is_empty(), "the end stays the end");
        assert!(fs::read(&path).await.unwrap() == content);
    });
}

#[test]
fn a_buffer_without_room_gets_some() {
    in_a_folder(async |dir| {
        let path = dir.join("file");
        fs::write(&path, noise(100_000)).await.unwrap();
        let mut file = File::open(&path).await.unwrap();
        let first = file.read(Vec::new()).await.unwrap();
        assert_eq!(first.len(), 64 * 1024);
        assert_eq!(file.read(first).await.unwrap().len(), 100_000 - 64 * 1024);
    });
}

#[test]
fn what_is_appended_comes_after_what_is_there() {
    in_a_folder(async |dir| {
        let path = dir.join("log");
        fs::append(&path, "one\n").await.unwrap();
        let mut log = File::append(&path).await.unwrap();
        log.write_all("two\n").await.unwrap();
        fs::append(&path, "three\n").await.unwrap();
        log.seek(SeekFrom::Start(0)).await.unwrap();
        log.write_all("four\n").await.unwrap();
        assert_eq!(fs::read_to_string(&path).await.unwrap(), "one\ntwo\nthree\nfour\n");
    });
}

#[test]
fn the_cursor_is_moved_and_the_length_set() {
    in_a_folder(async |dir| {
        let path = dir.join("file");
        let options = || {
            let mut options = std_fs::OpenOptions::new();
            options.read(true).write(true).create(true).truncate(false);
            options
        };
        let mut file = File::open_with(&path, &options()).await.unwrap();
        assert_eq!(file.path(), path);
        file.write_all("0123456789").await.unwrap();
        assert_eq!(file.seek(SeekFrom::Start(3)).await.unwrap(), 3);
        file.write_all("x").await.unwrap();
        assert_eq!(file.seek(SeekFrom::Current(2)).await.unwrap(), 6);
        assert_eq!(file.read(Vec::with_capacity(100)).await.unwrap(), b"6789");
        assert_eq!(file.seek(SeekFrom::End(-9)).await.unwrap(), 1);
        file.set_len(5).await.unwrap();
        assert_eq!(file.len().await.unwrap(), 5);
        assert_eq!(file.read(Vec::with_capacity(100)).await.unwrap(), b"12x4");
        file.sync_data().await.unwrap();
        file.sync_all().await.unwrap();
        assert_eq!(fs::metadata(&path).await.unwrap().len(), 5);
        let before = file.seek(SeekFrom::Current(-100)).await.unwrap_err();
        assert_eq!(before.kind(), ErrorKind::InvalidInput);
    });
}

#[test]
fn files_are_renamed_copied_and_removed() {
    in_a_folder(async |dir| {
        let deep = dir.join("a/b/c");
        fs::create_dir_all(&deep).await.unwrap();
        fs::create_dir_all(&deep).await.unwrap();
        fs::write(deep.join("new"), "new").await.unwrap();
        fs::write(deep.join("name"), "old").await.unwrap();
        fs::rename(deep.join("new"), deep.join("name")).await.unwrap();
        assert_eq!(fs::read_to_string(deep.join("name")).await.unwrap(), "new");
        assert_eq!(fs::copy(deep.join("name"), dir.join("copy")).await.unwrap(), 3);
        assert_eq!(fs::read(dir.join("copy")).await.unwrap(), b"new");
        fs::remove_file(dir.join("copy")).await.unwrap();
        assert!(!dir.join("copy").exists() && !deep.join("new").exists());
    });
}

#[test]
fn a_new_file_never_takes_the_place_of_another() {
    in_a_folder(async |dir| {
        let path = dir.join("file");
        File::create_new(&path).await.unwrap().write_all("mine").await.unwrap();
        let taken = File::create_new(&path).await.unwrap_err();
        assert_eq!(taken.kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).await.unwrap(), b"mine");
        File::create(&path).await.unwrap();
        assert_eq!(fs::read(&path).await.unwrap(), b"");
    });
}

#[test]
fn every_error_tells_what_was_tried_and_the_path_and_keeps_its_kind() {
    in_a_folder(async |dir| {
        let none = dir.join("none");
        let missing = [
            ("open", File::open(&none).await.map(drop)),
            ("read", fs::read(&none).await.map(drop)),
            ("read", fs::read_to_string(&none).await.map(drop)),
            ("write", fs::write(none.join("x"), "x").await),
            ("append to", fs::append(none.join("x"), "x").await),
            ("remove", fs::remove_file(&none).await),
            ("look at", fs::metadata(&none).await.map(drop)),
            ("copy", fs::copy(&none, dir.join("x")).await.map(drop)),
            ("rename", fs::rename(&none, dir.join("x")).await),
        ];
        for (what, done) in missing {
            let error = done.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
            let start = format!("cannot {what} {}", none.display());
            assert!(error.to_string().starts_with(&start), "{error}");
        }
        let file = dir.join("file");
        fs::write(&file, b"\xff").await.unwrap();
        let no_text = fs::read_to_string(&file).await.unwrap_err();
        assert_eq!(no_text.kind(), ErrorKind::InvalidData);
        assert!(no_text.to_string().starts_with(&format!("cannot read {}: ", file.display())));
        let in_the_way = fs::create_dir_all(file.join("x")).await.unwrap_err();
        assert!(in_the_way.to_string().starts_with(&format!("cannot create the folder {}", file.display())));
        let both = fs::rename(&none, &file).await.unwrap_err().to_string();
        assert!(both.contains(&format!("{} to {}: ", none.display(), file.display())), "{both}");
        // An open file still knows its path.
        let read_only = File::open(&file).await.unwrap().write_all("x").await.unwrap_err();
        assert!(
            read_only.to_string().starts_with(&format!("cannot write {}: ", file.display())),
            "{read_only}"
        );
    });
}

#[test]
fn an_operation_does_nothing_before_it_is_polled() {
    in_a_folder(async |dir| {
        let path = dir.join("file");
        drop(fs::write(&path, "x"));
        let mut file = File::create(dir.join("other")).await.unwrap();
        drop(file.write_all("x"));
        assert_eq!(file.len().await.unwrap(), 0);
        assert!(!path.exists());
    });
}

/// Polls it once and drops it.
fn give_up<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// A pool of one thread, and a job that keeps it until this is dropped: whatever comes next waits.
fn busy_pool() -> (Runtime, mpsc::Sender<()>, mpsc::Receiver<()>) {
    let (release, released) = mpsc::channel();
    (Builder::new().blocking_threads(1).build().unwrap(), release, released)
}

#[test]
fn an_operation_that_was_given_up_goes_on_and_the_next_waits_for_it() {
    let dir = tempfile::tempdir().unwrap();
    let (runtime, release, released) = busy_pool();
    runtime.block_on(async {
        let mut file = File::create(dir.path().join("file")).await.unwrap();
        let gate = spawn_blocking(move || released.recv().unwrap_err());
        assert!(give_up(file.write_all("written all the same")).is_pending());
        assert!(give_up(file.len()).is_pending()); // waits for the first, and has not begun
        drop(release);
        assert_eq!(file.len().await.unwrap(), 20);
        gate.await.unwrap();
    });
}

#[test]
fn operations_on_one_file_do_not_overtake_each_other_on_several_threads() {
    let dir = tempfile::tempdir().unwrap();
    let runtime = Builder::new().blocking_threads(4).build().unwrap();
    runtime.block_on(async {
        let piece = noise(100_000);
        let mut file = File::create(dir.path().join("file")).await.unwrap();
        for n in 1..=50 {
            let _ = give_up(file.write_all(&piece[..]));
            assert_eq!(file.len().await.unwrap(), n * 100_000);
        }
        assert!(fs::read(file.path()).await.unwrap() == piece.repeat(50));
    });
}

#[test]
fn an_operation_that_had_not_begun_when_the_runtime_was_left_never_does() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    let (runtime, release, released) = busy_pool();
    runtime.block_on(async {
        drop(spawn_blocking(move || released.recv().unwrap_err()));
        assert!(give_up(fs::write(&path, "x")).is_pending());
        // Dropped after it, as it stands behind it; and only then the first job ends.
        drop(spawn_blocking(move || drop(release)));
    });
    assert!(!path.exists());
}

#[test]
fn operations_can_be_tasks_and_run_at_once() {
    in_a_folder(async |dir| {
        let writes: Vec<_> =
            (0..50).map(|n| spawn(fs::write(dir.join(n.to_string()), vec![n as u8; 10_000]))).collect();
        for written in join_all(writes).await {
            written.unwrap().unwrap();
        }
        let sizes = join_all((0..50).map(|n| fs::read(dir.join(n.to_string())))).await;
        for (n, content) in sizes.into_iter().enumerate() {
            assert_eq!(content.unwrap(), vec![n as u8; 10_000]);
        }
    });
}

#[test]
fn the_dump_tells_where_an_operation_was_begun() {
    let dir = tempfile::tempdir().unwrap();
    let (runtime, release, released) = busy_pool();
    runtime.block_on(async {
        let path = dir.path().join("file");
        let mut file = File::create(&path).await.unwrap();
        drop(spawn_blocking(move || released.recv().unwrap_err()));
        let lines = [line!() + 1, line!() + 2, line!() + 3].map(|line| format!("{}:{line}:", file!()));
        let a = spawn(async move { file.write_all("x").await.map(drop) });
        let b = spawn(fs::read(&path));
        let c = spawn(lookup_host("localhost", 80));
        yield_now().await;
        let dump = runtime::dump().to_string();
        for line in lines {
            assert!(
                dump.lines().any(|task| {
                    task.contains("waits for blocking job") && task.contains(&format!(", at {line}"))
                }),
                "{line} is not in\n{dump}"
            );
        }
        drop(release);
        a.await.unwrap().unwrap();
        b.await.unwrap().unwrap();
        c.await.unwrap().unwrap();
    });
}
