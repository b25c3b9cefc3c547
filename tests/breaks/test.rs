//! That every break still applies to the source as it is, and names a test that there is. Whether it then fails as it says
//! takes minutes: `cargo run -p breaks -- --all`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use breaks::bench::Bench;
use breaks::copy::{Copy, SUITES};
use breaks::edit::{Edit, find};
use breaks::list::{Break, Then, breaks, called, parse};
use breaks::process::run;
use breaks::root;
use breaks::show::{self, Paint, WIDTH};
use breaks::traps::traps;

fn all() -> Vec<Break> {
    breaks(root()).unwrap()
}

/// The files of a break with its edits made, one after the other.
fn edited(one: &Break) -> Result<BTreeMap<&str, String>, String> {
    let mut files = BTreeMap::new();
    for edit in &one.edits {
        let text = files
            .entry(edit.file.as_str())
            .or_insert_with(|| fs::read_to_string(root().join(&edit.file)).unwrap_or_default());
        *text = edit.make(text)?.text;
    }
    Ok(files)
}

#[test]
fn every_break_still_applies_and_changes_something() {
    let mut wrong = String::new();
    for one in all() {
        match edited(&one) {
            Ok(files) => {
                for (file, text) in files {
                    assert_ne!(text, fs::read_to_string(root().join(file)).unwrap(), "break {}", one.id);
                }
            }
            Err(error) => wrong += &format!("\n{}: {error}\n", one.id),
        }
    }
    assert!(wrong.is_empty(), "the source has changed, and so must these:\n{wrong}");
}

/// Where the module of a test is: `sync::barrier` is `sync/barrier.rs` or `sync/barrier/mod.rs`.
fn source_of(suite: &Path, modules: &[&str]) -> Option<String> {
    let file = modules.iter().fold(suite.to_owned(), |folder, module| folder.join(module));
    let places = [file.with_extension("rs"), file.join("mod.rs")];
    places.iter().find_map(|place| fs::read_to_string(place).ok())
}

#[test]
fn every_break_names_a_test_that_there_is() {
    for one in all().iter().filter(|one| !one.test.is_empty()) {
        assert!(SUITES.contains(&one.suite.as_str()), "break {}: no suite {}", one.id, one.suite);
        let mut path: Vec<_> = one.test.split("::").collect();
        let name = path.pop().unwrap_or_default();
        let source = source_of(&root().join("tests").join(&one.suite), &path).unwrap_or_default();
        let function = format!("#[test]\nfn {name}()");
        assert!(source.contains(&function), "break {}: there is no test {}", one.id, one.test);
    }
}

#[test]
fn every_trap_has_a_break_or_is_ruled_out_and_there_is_no_other() {
    let traps: BTreeSet<u32> = traps(root()).unwrap().iter().map(|trap| trap.number).collect();
    let covered: BTreeSet<u32> = all().iter().map(|one| one.trap).collect();
    assert_eq!(traps, covered);
    assert_eq!(traps, (1..=45).collect());
    let ruled_out: Vec<_> = all().into_iter().filter(|one| one.then == Then::RuledOut).collect();
    assert_eq!(ruled_out.iter().map(|one| one.trap).collect::<Vec<_>>(), [31]);
    assert!(all().len() - ruled_out.len() >= 40);
}

#[test]
fn the_breaks_of_a_trap_have_letters_in_their_order() {
    let mut by_trap: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for one in all() {
        by_trap.entry(one.trap).or_default().push(one.id);
    }
    for (trap, ids) in by_trap {
        let wanted: Vec<_> = match ids.len() {
            1 => vec![trap.to_string()],
            n => ('a'..).take(n).map(|letter| format!("{trap}{letter}")).collect(),
        };
        assert_eq!(ids, wanted);
    }
}

#[test]
fn the_list_fits_in_80_columns() {
    let list = show::list(&all(), &traps(root()).unwrap(), Paint::none());
    for line in list.lines() {
        assert!(line.chars().count() <= WIDTH, "{line}");
    }
    for one in all() {
        assert!(list.contains(&format!("{:>4}  {}", one.id, one.title)), "break {}", one.id);
    }
}

#[test]
fn breaks_are_called_by_their_trap_or_by_their_own_name() {
    let all = all();
    let ids =
        |name| called(&all, name).map(|found| found.iter().map(|one| one.id.clone()).collect::<Vec<_>>());
    assert!(ids("6").unwrap().len() > 1);
    assert_eq!(ids("6b").unwrap(), ["6b"]);
    assert!(ids("46").unwrap_err().contains("no break 46"));
    assert!(ids("").is_err());
}

#[test]
fn a_text_is_found_however_it_is_broken_into_lines() {
    let edit = |find: &str, replace: &str| Edit {
        file: "x.rs".to_owned(),
        find: find.to_owned(),
        replace: replace.to_owned(),
    };
    let source = "fn f() {\n    if a {\n        b(\n            c,\n        );\n    }\n}\n";
    let made = edit("b(c,);", "d();\nif e {\n    g();\n}").make(source).unwrap();
    assert_eq!(
        made.text,
        "fn f() {\n    if a {\n        d();\n        if e {\n            g();\n        }\n    }\n}\n"
    );
    assert_eq!((made.line, made.before.as_str()), (3, "        b(\n            c,\n        );"));
    let error = edit("b(d)", "").make(source).unwrap_err();
    assert_eq!(error, "x.rs: the text to be replaced stands there not at all:\nb(d)");
    assert!(edit("{", "").make(source).unwrap_err().contains("more than once"));
    assert!(find(source, "").is_err());
}

#[test]
fn what_is_no_break_is_refused_with_the_reason() {
    let good = "title = 't'\ntest = 'a::b'\nthen = { fails = '' }\nwhy = 'w'\n\
                [[edit]]\nfile = 'f'\nfind = 'x'\nreplace = ''\n";
    assert!(parse("7-x", good).is_ok());
    for (name, text, why) in [
        ("seven", good.to_owned(), "the number of its trap"),
        ("7-x", good.replace("test =", "tests ="), "unknown field"),
        ("7-x", good.replace("test = 'a::b'\n", ""), "which test"),
        ("7-x", good.replace("{ fails = '' }", "'ruled-out'"), "no edit"),
        ("7-x", good.replace("fails", "smiles"), "smiles"),
    ] {
        let error = parse(name, &text).unwrap_err();
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn a_copy_is_brought_up_to_date_and_writes_nothing_that_is_the_same() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("tree/runtime/src/lib.rs");
    let stray = place.path().join("tree/runtime/src/stray.rs");
    drop(Copy::of(root(), place.path()).unwrap());
    let written = fs::metadata(&file).unwrap().modified().unwrap();
    fs::write(&stray, "").unwrap();
    let copy = Copy::of(root(), place.path()).unwrap();
    assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), written);
    assert!(!stray.exists());
    // What a run that was cut short has left is put right.
    fs::write(&file, "broken").unwrap();
    assert!(Copy::of(root(), place.path()).unwrap_err().contains("another run"));
    drop(copy);
    drop(Copy::of(root(), place.path()).unwrap());
    assert_eq!(fs::read(&file).unwrap(), fs::read(root().join("runtime/src/lib.rs")).unwrap());
}

#[test]
fn a_break_that_does_not_apply_leaves_the_copy_as_it_was() {
    let place = tempfile::tempdir().unwrap();
    let bench = Bench::new(root(), place.path()).unwrap();
    let mut one = all().swap_remove(0);
    let file = bench.tree().join(&one.edits[0].file);
    one.edits.push(Edit { find: "not in there".to_owned(), ..one.edits[0].clone() });
    let error = bench.make(&one).unwrap_err();
    assert!(error.contains(&one.edits[0].file) && error.contains("not in there"), "{error}");
    assert_eq!(fs::read(file).unwrap(), fs::read(root().join(&one.edits[0].file)).unwrap());
}

#[test]
#[cfg(unix)]
fn what_hangs_is_ended_with_all_that_it_has_started() {
    let mut shell = Command::new("sh");
    shell.args(["-c", "echo begun; sleep 600 & sleep 600"]);
    let ended = run(&mut shell, Duration::from_millis(300), false).unwrap();
    assert!(ended.hung && ended.output == "begun\n", "{ended:?}");
    // Its output has come to an end, so the one in the background is gone as well.
    assert!(ended.took < Duration::from_secs(60));
    let mut shell = Command::new("sh");
    let ended =
        run(shell.args(["-c", "echo out; echo err >&2; exit 3"]), Duration::from_secs(60), true).unwrap();
    assert_eq!((ended.code, ended.stdout.as_str(), ended.output.as_str()), (Some(3), "out\n", "err\n"));
}
