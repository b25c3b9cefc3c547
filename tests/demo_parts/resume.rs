//! `demo::download::resume`: where parts wait for the next run.

use std::fs;
use std::path::Path;

use demo::download::resume::{Place, Ticket};
use demo::download::validator::Validator;
use http_client::headers::Headers;
use tempfile::tempdir;

const URL: &str = "http://host/x";

fn ticket(total: Option<u64>) -> Ticket {
    let mut headers = Headers::new();
    headers.append("ETag", "\"v\\1\"").unwrap();
    let validator = Validator::of(&headers).unwrap();
    Ticket { roundabout: 1, url: URL.to_owned(), redirected: None, validator, total }
}

fn names(dir: &Path) -> Vec<String> {
    tests::files::names(dir)
}

/// A folder with a part of so many bytes.
fn with_part(len: usize, total: Option<u64>) -> (tempfile::TempDir, Place) {
    let dir = tempdir().unwrap();
    let place = Place::of(dir.path(), "x").unwrap();
    let kept = place.begin(ticket(total)).unwrap();
    fs::write(dir.path().join(".x.part"), vec![b'x'; len]).unwrap();
    // As if it had been killed: nothing is tidied up.
    let ticket = fs::read(dir.path().join(".x.resume")).unwrap();
    drop(kept);
    fs::write(dir.path().join(".x.resume"), ticket).unwrap();
    fs::write(dir.path().join(".x.part"), vec![b'x'; len]).unwrap();
    (dir, place)
}

#[test]
fn a_part_that_never_got_a_byte_leaves_nothing() {
    let dir = tempdir().unwrap();
    let kept = Place::of(dir.path(), "x").unwrap().begin(ticket(None)).unwrap();
    assert_eq!(names(dir.path()), [".x.part", ".x.resume"]);
    drop(kept);
    assert_eq!(names(dir.path()).len(), 0);
}

#[test]
fn a_part_is_found_with_its_ticket() {
    for total in [None, Some(10)] {
        let (dir, place) = with_part(7, total);
        let kept = place.find(URL).unwrap().expect("a part");
        assert_eq!((kept.len(), kept.is_empty(), kept.ticket()), (7, false, &ticket(total)));
        drop(kept);
        assert_eq!(names(dir.path()), [".x.part", ".x.resume"], "to look at it costs nothing");
    }
}

#[test]
fn a_part_with_all_the_bytes_gives_back_the_last() {
    let (dir, place) = with_part(10, Some(10));
    assert_eq!(place.find(URL).unwrap().unwrap().len(), 9);
    assert_eq!(fs::read(dir.path().join(".x.part")).unwrap().len(), 9);
    // Where the length is unknown, nobody knows that it has all.
    let (_dir, place) = with_part(10, None);
    assert_eq!(place.find(URL).unwrap().unwrap().len(), 10);
}

#[test]
fn what_is_of_no_use_is_removed() {
    for (len, total) in [(0, Some(10)), (1, Some(1)), (0, Some(0)), (11, Some(10))] {
        let (dir, place) = with_part(len, total);
        assert!(place.find(URL).unwrap().is_none(), "{len} of {total:?}");
        assert_eq!(names(dir.path()).len(), 0, "{len} of {total:?}");
    }
}

#[test]
fn what_another_url_has_left_is_never_removed() {
    let (dir, place) = with_part(5, Some(10));
    let error = place.find("http://host/y").unwrap_err().to_string();
    assert!(error.contains(".x.part is of http://host/x;"), "{error}");
    assert_eq!(names(dir.path()), [".x.part", ".x.resume"]);
    assert_eq!(place.find(URL).unwrap().unwrap().len(), 5);
}

#[test]
fn a_ticket_that_nothing_could_be_asked_for_with_is_no_ticket() {
    for validator in ["v1", "\"v1\"\r\nX: y", "", "W/\"v1\""] {
        let (dir, place) = with_part(5, Some(10));
        let json = serde_json::json!({
            "roundabout": 1, "url": URL, "redirected": null, "validator": validator, "total": 10,
        });
        fs::write(dir.path().join(".x.resume"), json.to_string()).unwrap();
        assert!(place.find(URL).unwrap().is_none(), "{validator:?}");
        assert_eq!(names(dir.path()).len(), 0, "{validator:?}");
    }
}

#[test]
fn a_place_without_a_part_is_empty() {
    let dir = tempdir().unwrap();
    assert!(Place::of(dir.path(), "x").unwrap().find(URL).unwrap().is_none());
    assert!(Place::of(&dir.path().join("missing"), "x").unwrap().find(URL).unwrap().is_none());
}

#[test]
fn a_huge_ticket_is_no_ticket() {
    let (dir, place) = with_part(5, Some(10));
    let mut json = fs::read(dir.path().join(".x.resume")).unwrap();
    json.extend(vec![b' '; 100_000]);
    json.extend(b"x");
    fs::write(dir.path().join(".x.resume"), json).unwrap();
    assert!(place.find(URL).unwrap().is_some(), "blanks behind it, and who reads on?");
    fs::write(dir.path().join(".x.resume"), vec![b'['; 1_000_000]).unwrap();
    assert!(place.find(URL).unwrap().is_none());
}

#[test]
#[cfg(unix)]
fn one_at_a_time() {
    let (dir, place) = with_part(5, Some(10));
    let kept = place.find(URL).unwrap().unwrap();
    for error in [place.find(URL).unwrap_err(), place.begin(ticket(None)).unwrap_err()] {
        assert!(error.to_string().contains("another process"), "{error}");
    }
    assert_eq!(fs::read(dir.path().join(".x.part")).unwrap().len(), 5);
    drop(kept);
    assert!(place.find(URL).unwrap().is_some());
}

#[test]
fn a_part_that_is_no_file_is_an_error_that_names_the_file() {
    let dir = tempdir().unwrap();
    fs::create_dir(dir.path().join(".x.part")).unwrap();
    let error = Place::of(dir.path(), "x").unwrap().find(URL).unwrap_err();
    assert_eq!(error.path(), dir.path().join("x"));
    assert!(error.to_string().contains("remove"), "{error}");
}

#[test]
#[cfg(unix)]
fn a_link_is_not_followed() {
    let (dir, place) = with_part(5, Some(10));
    let elsewhere = dir.path().join("elsewhere");
    fs::rename(dir.path().join(".x.part"), &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, dir.path().join(".x.part")).unwrap();
    assert!(place.find(URL).is_err());
    assert!(place.begin(ticket(None)).is_err());
    assert_eq!(fs::read(&elsewhere).unwrap(), b"xxxxx");
}

#[test]
fn there_is_a_place_for_every_name_that_leaves_room_for_an_ending() {
    let dir = tempdir().unwrap();
    let place = |len: usize| Place::of(dir.path(), &"n".repeat(len));
    assert!(place(247).unwrap().begin(ticket(None)).is_ok());
    assert!(place(248).is_none());
    assert!(place(255).is_none());
}
