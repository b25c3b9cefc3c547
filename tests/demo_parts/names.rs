//! `demo::names`: the file that a URL is written to, and the names that are refused.

use std::path::{Component, Path};

use demo::names::{Fault, MAX_BYTES, distinct, file_name};
use proptest::prelude::*;

#[test]
fn the_name_is_the_last_segment_percent_decoded_once() {
    for (path, wanted) in [
        ("/a.txt", "a.txt"),
        ("a.txt", "a.txt"),
        ("/deep/er/a.txt", "a.txt"),
        ("/a.txt?b=/c.txt", "a.txt"),
        ("/a.txt#/c.txt", "a.txt"),
        ("/a.txt?x#y", "a.txt"),
        ("/../a.txt", "a.txt"),
        ("/two%20words.txt", "two words.txt"),
        ("/%c3%BC.txt", "ü.txt"),
        ("/a%3Fb%23c", "a?b#c"),
        ("/a%252fb", "a%2fb"),
        ("/a+b", "a+b"),
        ("/a..b", "a..b"),
        ("/a.", "a."),
        ("/-rf", "-rf"),
        ("/日本.txt", "日本.txt"),
        // Joiners shape the letters around them; they hide nothing.
        ("/%F0%9F%91%A9%E2%80%8D%F0%9F%92%BB", "👩\u{200d}💻"),
    ] {
        assert_eq!(file_name(path).as_deref(), Ok(wanted), "{path}");
    }
}

#[test]
fn a_percent_sign_without_two_digits_stands_for_itself() {
    for (path, wanted) in
        [("/100%", "100%"), ("/%4", "%4"), ("/%zz", "%zz"), ("/%+1", "%+1"), ("/%%41", "%A")]
    {
        assert_eq!(file_name(path).as_deref(), Ok(wanted), "{path}");
    }
}

#[test]
fn a_dangerous_name_is_refused_with_its_reason() {
    for (path, fault) in [
        ("", Fault::Empty),
        ("/", Fault::Empty),
        ("/folder/", Fault::Empty),
        ("/?name=x", Fault::Empty),
        ("/#x", Fault::Empty),
        ("/.", Fault::Folder),
        ("/..", Fault::Folder),
        ("/%2e", Fault::Folder),
        ("/.%2E", Fault::Folder),
        ("/..?x", Fault::Folder),
        ("/a%2Fb", Fault::Separator('/')),
        ("/..%2fpasswd", Fault::Separator('/')),
        ("/a%5Cb", Fault::Separator('\\')),
        ("/a\\b", Fault::Separator('\\')),
        ("/a%00b", Fault::Control('\0')),
        ("/a%0Ab", Fault::Control('\n')),
        ("/a%1bb", Fault::Control('\u{1b}')),
        ("/a%7Fb", Fault::Control('\u{7f}')),
        ("/a%C2%85b", Fault::Control('\u{85}')),
        ("/a%E2%80%AEtxt.exe", Fault::Direction('\u{202e}')),
        ("/a%E2%81%A6b", Fault::Direction('\u{2066}')),
        ("/a%E2%80%A8b", Fault::Direction('\u{2028}')),
        ("/.hidden", Fault::Hidden),
        ("/%2Ehidden", Fault::Hidden),
        ("/...", Fault::Hidden),
        ("/%ff%fe", Fault::NotUtf8),
        ("/%C0%AF", Fault::NotUtf8),
        ("/%ED%A0%80", Fault::NotUtf8),
    ] {
        let error = file_name(path).expect_err(path);
        assert_eq!(error.fault, fault, "{path}");
        assert!(!error.to_string().chars().any(char::is_control), "{error}");
    }
}

#[test]
fn a_name_may_have_255_bytes_and_no_more() {
    let longest = "n".repeat(MAX_BYTES);
    assert_eq!(file_name(&format!("/{longest}")), Ok(longest));
    let error = file_name(&format!("/{}", "ü".repeat(128))).unwrap_err();
    assert_eq!(error.fault, Fault::TooLong(256));
    assert!(error.to_string().len() < 200, "the message does not repeat all of it: {error}");
    // What counts is the name, not how it is written in the URL.
    assert_eq!(file_name(&format!("/{}", "%41".repeat(255))), Ok("A".repeat(255)));
}

#[test]
fn two_urls_for_one_file_are_both_named() {
    let clash = distinct([("http://a/x", "x"), ("http://b/y", "y"), ("http://c/x?2", "x")]).unwrap_err();
    assert_eq!(clash.name, "x");
    assert_eq!(clash.urls, ["http://a/x", "http://c/x?2"]);
    let line = clash.to_string();
    assert!(clash.urls.iter().all(|url| line.contains(url)), "{line}");
}

#[test]
fn the_same_url_twice_is_told_as_such() {
    let clash = distinct([("http://a/x", "x"), ("http://a/x", "x")]).unwrap_err();
    assert!(clash.to_string().contains("twice"), "{clash}");
}

#[test]
fn different_names_are_no_clash() {
    let names: Vec<_> = (0..1000).map(|n| n.to_string()).collect();
    assert_eq!(distinct(names.iter().map(|name| ("http://a/", name.as_str()))), Ok(()));
    assert_eq!(distinct([]), Ok(()));
}

#[test]
fn case_alone_tells_two_files_apart_only_where_the_file_system_does() {
    let apart = distinct([("http://a/A", "A"), ("http://a/a", "a")]).is_ok();
    assert_eq!(apart, !cfg!(any(windows, target_os = "macos")));
}

fn percent_encoded(name: &str) -> String {
    name.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

proptest! {
    #[test]
    fn a_name_that_is_taken_stays_in_its_folder(path in r"([/.%?#\\a\PC]|%[0-9a-fA-F]{2}|\.\.|%2[eEfF]){0,20}") {
        if let Ok(name) = file_name(&path) {
            let parts: Vec<_> = Path::new(&name).components().collect();
            prop_assert!(matches!(parts[..], [Component::Normal(_)]), "{:?}", name);
            prop_assert!(!name.starts_with('.') && name.len() <= MAX_BYTES);
            prop_assert!(!name.chars().any(|c| c.is_control() || c == '/' || c == '\\'), "{:?}", name);
        }
    }

    #[test]
    fn a_name_survives_being_percent_encoded(name in r"[a-zA-Z0-9üß日 %+~_-][a-zA-Z0-9üß日 %+~_.-]{0,40}") {
        let path = format!("/folder/{}?query", percent_encoded(&name));
        prop_assert_eq!(file_name(&path), Ok(name));
    }
}
