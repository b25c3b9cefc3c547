//! Ctrl-C, beside what `atomic` has of it: what was and was not done is said, and parts are kept if they are to be.
#![cfg(unix)]

use tempfile::{TempDir, tempdir};
use tests::files;
use tests::gate::{Gate, eventually};
use tests::run::{Finished, Running};
use tests::scripted::Server;

use crate::parts::{MISSING, Version, body};
use crate::{demo, download, records};

/// A server of a whole file, and of one of which the end never comes before the gate opens.
fn server(version: &Version) -> (Server, Gate) {
    let (good, gate) = (version.clone(), Gate::new());
    let hold = gate.clone();
    let server = Server::start(move |conn| {
        loop {
            let request = conn.request()?;
            let all = good.answer(&request);
            if request.target() == "/x.bin" && request.header("range").is_none() {
                let (first, rest) = all.split_at(all.len() - MISSING);
                conn.send(first)?;
                conn.wait(&hold)?;
                conn.send(rest)?;
            } else {
                conn.send(&all)?;
            }
        }
    });
    (server, gate)
}

/// Downloads `/done`, `/x.bin` and `/waits` with two at a time, and stops it in the middle of the second, as the third
/// waits for its turn.
fn stopped(server: &Server, version: &Version, args: &[&str]) -> (TempDir, Finished) {
    let dir = tempdir().unwrap();
    let urls = ["/done", "/x.bin", "/waits"].map(|path| server.url(path));
    let mut running: Running = download(dir.path(), &["-j", "1"]).args(args).args(&urls).start();
    if !args.contains(&"--json") {
        running.wait_for("Downloaded done");
    }
    let out = dir.path().join("out");
    let there = || -> usize {
        let sizes = std::fs::read_dir(&out).into_iter().flatten().flatten();
        sizes
            .filter(|file| file.file_name().to_string_lossy().ends_with(".part"))
            .map(|file| file.metadata().map_or(0, |data| data.len() as usize))
            .sum()
    };
    let most = version.body.len() - MISSING;
    // Without `--continue` the last of it waits in memory.
    eventually("most of the second file is there", || there() >= most - 256 * 1024);
    if args.contains(&"--continue") {
        eventually("all of it", || there() == most);
    }
    running.interrupt();
    (dir, running.wait().exits(130))
}

#[test]
fn what_was_and_was_not_done_is_said() {
    let version = Version::tagged("v1", body(50));
    let (server, _gate) = server(&version);
    let (dir, done) = stopped(&server, &version, &[]);
    assert_eq!(files::names(&dir.path().join("out")), ["done"]);
    assert!(done.out().contains("Interrupted: 1 of 3 files"), "{}", done.report());
    let (_, end) = done.out().split_once("\n\nNot done:\n").expect("what was not done");
    let lines: Vec<_> = end.lines().collect();
    assert!(
        matches!(lines[..], [x, waits] if x == "  x.bin: 600 kB thrown away" && waits == "  waits: not begun"),
        "{}",
        done.report()
    );
}

#[test]
fn with_continue_the_part_stays_and_the_next_run_goes_on_with_it() {
    let version = Version::tagged("v1", body(51));
    let (server, gate) = server(&version);
    let (dir, done) = stopped(&server, &version, &["--continue"]);
    let out = dir.path().join("out");
    assert_eq!(files::names(&out), [".x.bin.part", ".x.bin.resume", "done"]);
    assert!(done.out().contains("\n  x.bin: 600 kB kept\n  waits: not begun\n"), "{}", done.report());
    assert!(done.out().ends_with("\n600 kB kept: --continue goes on with them.\n"), "{}", done.report());
    gate.open();
    let again = download(dir.path(), &["--continue", "--json", &server.url("/x.bin")]).run().exits(0);
    assert_eq!(files::names(&out), ["done", "x.bin"]);
    files::assert_same_bytes("x.bin", &std::fs::read(out.join("x.bin")).unwrap(), &version.body);
    assert_eq!(records(&again)[0]["bytes"], MISSING);
}

#[test]
fn each_file_has_its_line_of_json_also_if_it_never_began() {
    let version = Version::tagged("v1", body(52));
    let (server, _gate) = server(&version);
    let (_dir, done) = stopped(&server, &version, &["--json", "--continue"]);
    let records = records(&done);
    // What ran has its time, and what did not has none.
    let took: Vec<_> = records.iter().map(|record| record["seconds"].as_f64().unwrap() > 0.0).collect();
    assert_eq!(took, [true, true, false], "{}", done.report());
    let told: Vec<_> = records
        .into_iter()
        .map(|record| {
            (record["file"].as_str().unwrap().to_owned(), record["result"].clone(), record["kept"].clone())
        })
        .collect();
    let kept = version.body.len() - MISSING;
    let wanted = [("out/done", "done", 0), ("out/x.bin", "stopped", kept), ("out/waits", "stopped", 0)];
    assert_eq!(told, wanted.map(|(file, result, kept)| (file.to_owned(), result.into(), kept.into())));
}

#[test]
fn the_main_job_is_gone_on_with_too() {
    let dir = tempdir().unwrap();
    let mut running = demo(&["--continue"]).dir(dir.path()).start();
    running.wait_for("Downloaded ");
    running.interrupt();
    running.wait().exits(130);
    let out = dir.path().join("downloads");
    let is_part = |name: &String| name.ends_with(".part");
    let parts = files::names(&out).iter().filter(|name| is_part(name)).count();
    assert!(parts > 0, "{:?}", files::names(&out));
    // The port is another one, the files are the same.
    let done = demo(&["--continue", "--json"]).dir(dir.path()).run().exits(0);
    let continued = records(&done).iter().filter(|record| record["continued"] != 0).count();
    assert_eq!(continued, parts, "{}", done.report());
    for file in demo::files::ten() {
        assert_eq!(std::fs::read(out.join(&file.name)).unwrap(), file.contents(), "{}", file.name);
    }
    assert_eq!(files::names(&out).len(), 10);
}
