//! `demo::globs`: one URL that stands for many. What is expected here is what curl 7.88 does with the same pattern.

use demo::globs::{GlobError, MAX_URLS, expand};
use proptest::prelude::*;

#[track_caller]
fn assert_expands(pattern: &str, wanted: &[&str]) {
    assert_eq!(expand(pattern).unwrap(), wanted, "{pattern}");
}

#[track_caller]
fn refused(pattern: &str) -> GlobError {
    match expand(pattern) {
        Err(error) => error,
        Ok(urls) => panic!("{pattern} was taken for {} URLs, the first {:?}", urls.len(), urls.first()),
    }
}

#[test]
fn a_url_without_a_pattern_stands_for_itself() {
    for url in ["", "http://host/a.txt", "http://host/a,b-c:1", "http://hóst/ü", "a\\b", "a\\"] {
        assert_expands(url, &[url]);
    }
}

#[test]
fn a_range_of_numbers_includes_both_ends() {
    assert_expands("f[1-3].txt", &["f1.txt", "f2.txt", "f3.txt"]);
    assert_expands("[8-11]", &["8", "9", "10", "11"]);
    assert_expands("[5-5]", &["5"]);
    assert_expands("[0-0]", &["0"]);
}

#[test]
fn a_first_number_with_zeros_sets_the_width() {
    assert_expands("[08-10]", &["08", "09", "10"]);
    assert_expands("[008-011]", &["008", "009", "010", "011"]);
    assert_expands("[098-101]", &["098", "099", "100", "101"]);
    assert_expands("[00-1]", &["00", "01"]);
    // Only the first number counts, and a number that outgrows the width keeps its digits.
    assert_expands("[8-011]", &["8", "9", "10", "11"]);
    assert_expands("[09-100:45]", &["09", "54", "99"]);
    assert_expands("[0-10:5]", &["0", "5", "10"]);
}

#[test]
fn a_range_of_letters_keeps_their_case() {
    assert_expands("[a-c]", &["a", "b", "c"]);
    assert_expands("[X-Z]", &["X", "Y", "Z"]);
    assert_expands("[q-q]", &["q"]);
    assert_eq!(expand("[a-z]").unwrap().len(), 26);
}

#[test]
fn a_step_leaves_values_out() {
    assert_expands("[1-10:3]", &["1", "4", "7", "10"]);
    assert_expands("[1-9:3]", &["1", "4", "7"]);
    assert_expands("[a-g:3]", &["a", "d", "g"]);
    assert_expands("[a-b:1]", &["a", "b"]);
}

#[test]
fn a_set_stands_for_each_of_its_texts() {
    assert_expands("{one,two}", &["one", "two"]);
    assert_expands("x{a}y", &["xay"]);
    assert_expands("{a,}", &["a", ""]);
    assert_expands("{,}", &["", ""]);
    assert_expands("{ü,é}", &["ü", "é"]);
}

#[test]
fn of_several_patterns_the_last_varies_fastest() {
    assert_expands("[a-b][1-2]", &["a1", "a2", "b1", "b2"]);
    assert_expands(
        "{x,y}-[1-2]-{p,q}",
        &["x-1-p", "x-1-q", "x-2-p", "x-2-q", "y-1-p", "y-1-q", "y-2-p", "y-2-q"],
    );
}

#[test]
fn a_backslash_takes_the_meaning_from_a_bracket() {
    assert_expands(r"\[1-2\]", &["[1-2]"]);
    assert_expands(r"\{a,b\}", &["{a,b}"]);
    assert_expands(r"\q\\", &[r"\q\\"]);
    assert_expands(r"{a\,b,c\}}", &["a,b", "c}"]);
}

#[test]
fn an_ipv6_address_is_left_alone() {
    assert_expands("http://[::1]/[1-2]", &["http://[::1]/1", "http://[::1]/2"]);
    assert_expands("http://[fe80::1%25eth0]:80/", &["http://[fe80::1%25eth0]:80/"]);
    assert_expands("http://[::ffff:1.2.3.4]/", &["http://[::ffff:1.2.3.4]/"]);
    refused("http://[::g]/");
    refused("http://[1:2]/");
    refused("http://[::1%]/");
}

#[test]
fn an_error_names_the_character_where_the_trouble_starts() {
    for (pattern, column, word) in [
        ("http://h/[5-1]", 10, "[1-5]"),
        ("http://h/ü[5-1]", 11, "backwards"),
        ("http://h/[1-2][z-a]", 15, "[a-z]"),
        ("http://h/[1-5:0]", 10, "1 to 4"),
        ("http://h/[1-5:5]", 10, "1 to 4"),
        ("http://h/[5-5:2]", 10, "1 to 1"),
        ("http://h/[Z-a]", 10, "capitals"),
        ("http://h/[1]", 10, "not a range"),
        ("http://h/[]", 10, "not a range"),
        ("http://h/[-1-3]", 10, "not a range"),
        ("http://h/[1- 3]", 10, "not a range"),
        ("http://h/[1-3:+1]", 10, "not a range"),
        ("http://h/[1-3:]", 10, "not a range"),
        ("http://h/[a-bc]", 10, "not a range"),
        ("http://h/[é-ü]", 10, "not a range"),
        ("http://h/[1-99999999999999999999]", 10, "too large"),
        ("http://h/[x", 10, "never closed"),
        ("http://h/{a,b", 10, "never closed"),
        (r"http://h/{a\", 10, "never closed"),
        ("http://h/{}", 10, "empty"),
        ("http://h/{a,{b}}", 13, "another pattern"),
        ("http://h/{a,[1-2]}", 13, "another pattern"),
        ("http://h/{a]}", 12, "closes nothing"),
        ("http://h/a]", 11, "closes nothing"),
        ("http://h/a}", 11, "closes nothing"),
    ] {
        let error = refused(pattern);
        assert_eq!(error.column, column, "{error}");
        assert!(error.why.contains(word), "nothing of {word:?}: {error}");
        assert!(error.to_string().contains(pattern), "{error}");
    }
}

#[test]
fn an_error_is_one_line_whatever_stands_in_the_pattern() {
    for pattern in ["a\nb[", "[\u{1b}[31m]", "{\r\n}x]", "\u{202e}]", "[1-2\n]"] {
        let line = refused(pattern).to_string();
        assert!(!line.chars().any(char::is_control), "{line:?}");
    }
}

#[test]
fn a_million_urls_are_the_most() {
    assert_eq!(expand("[1-1000][1-1000]").unwrap().len() as u64, MAX_URLS);
    let error = refused("x[1-1000][1-1001]");
    assert_eq!((error.column, error.why.contains("1,000,000")), (10, true), "{error}");
}

#[test]
fn an_absurd_number_of_urls_is_refused_without_building_them() {
    // Each would take more memory or time than there is, and the first three overflow a careless count.
    refused("[0-18446744073709551615]");
    refused(&"[0-18446744073709551615]".repeat(20));
    refused(&"[1-1000000]".repeat(1000));
    refused(&"{a,b}".repeat(10_000));
    // Few enough URLs, but each is long.
    let error = refused(&format!("{}[1-1000000]", "x".repeat(400)));
    assert!(error.why.contains("bytes"), "{error}");
    refused(&format!("[{}1-2]", "0".repeat(70_000)));
}

#[test]
fn the_largest_numbers_are_written_whole() {
    assert_expands(
        "[18446744073709551614-18446744073709551615]",
        &["18446744073709551614", "18446744073709551615"],
    );
    assert_expands("[0-18446744073709551615:18446744073709551615]", &["0", "18446744073709551615"]);
}

proptest! {
    #[test]
    fn any_text_is_expanded_or_refused_and_never_panics(pattern in r"([-\[\]{}:,\\%0-9a-cé]|\[[0-9]-[0-9]{1,3}\]){0,20}") {
        match expand(&pattern) {
            Ok(urls) => prop_assert!(!urls.is_empty() && urls.len() as u64 <= MAX_URLS),
            Err(error) => prop_assert!(error.column >= 1 && error.column <= pattern.chars().count()),
        }
    }

    #[test]
    fn a_text_with_its_brackets_escaped_stands_for_itself(text in r"[-\[\]{}\\a-c1]{0,20}") {
        let mut escaped = String::new();
        for c in text.chars() {
            if "[]{}".contains(c) {
                escaped.push('\\');
            }
            escaped.push(c);
        }
        prop_assert_eq!(expand(&escaped).unwrap(), [text]);
    }
}
