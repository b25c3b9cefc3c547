//! What is read from the fields of a reply: `Retry-After`, validators, `Content-Range`, `Content-Disposition`.

use std::time::{Duration, SystemTime};

use demo::download::range::ContentRange;
use demo::download::validator::Validator;
use demo::download::{disposition, retry_after};
use http_client::headers::Headers;
use proptest::prelude::*;

fn headers(fields: &[(&str, &str)]) -> Headers {
    let mut headers = Headers::new();
    fields.iter().for_each(|(name, value)| headers.append(name, value).unwrap());
    headers
}

fn at(date: &str) -> SystemTime {
    httpdate::parse_http_date(date).unwrap()
}

const NOON: &str = "Sun, 22 Nov 2026 12:00:00 GMT";
const LATER: &str = "Sun, 22 Nov 2026 12:01:30 GMT";

#[test]
fn retry_after_is_seconds_or_a_date() {
    for (value, wait) in [
        ("0", Some(0)),
        ("120", Some(120)),
        ("007", Some(7)),
        (LATER, Some(90)),
        // The two older forms of a date (RFC 9110 5.6.7).
        ("Sunday, 22-Nov-26 12:01:30 GMT", Some(90)),
        ("Sun Nov 22 12:01:30 2026", Some(90)),
        (NOON, Some(0)),
        ("Sun, 22 Nov 2026 11:59:59 GMT", Some(0)),
        ("99999999999999999999999", Some(u64::MAX)),
        ("-1", None),
        ("+1", None),
        ("1.5", None),
        ("soon", None),
        ("Sun, 32 Nov 2026 12:00:00 GMT", None),
        ("", None),
    ] {
        let headers = headers(&[("Retry-After", value)]);
        assert_eq!(retry_after::of(&headers, at(NOON)), wait.map(Duration::from_secs), "{value:?}");
    }
    assert_eq!(retry_after::of(&Headers::new(), at(NOON)), None);
}

#[test]
fn a_date_of_retry_after_is_by_the_servers_own_clock() {
    // Ours is a year late.
    let now = at(NOON) - Duration::from_secs(365 * 86_400);
    let with_date = headers(&[("Retry-After", LATER), ("Date", NOON)]);
    assert_eq!(retry_after::of(&with_date, now), Some(Duration::from_secs(90)));
}

#[test]
fn a_strong_entity_tag_is_a_validator() {
    for (tag, is_strong) in [
        ("\"v1\"", true),
        ("\"\"", true),
        ("\"a,b;c\\d\"", true),
        ("W/\"v1\"", false),
        ("w/\"v1\"", false),
        ("v1", false),
        ("\"v1", false),
        ("\"", false),
        ("\"a\"b\"", false),
        ("\"a b\"", false),
        ("\"\u{e9}\"", false),
        ("\"v1\", \"v2\"", false),
    ] {
        let validator = Validator::of(&headers(&[("ETag", tag)]));
        assert_eq!(validator.as_ref().map(Validator::as_str), is_strong.then_some(tag), "{tag}");
    }
}

#[test]
fn a_date_is_one_only_if_it_is_a_minute_older_than_the_reply_and_nothing_is_tagged() {
    let changed = ("Last-Modified", NOON);
    for (fields, is_strong) in [
        (&[changed, ("Date", "Sun, 22 Nov 2026 12:01:00 GMT")][..], true),
        (&[changed, ("Date", "Sun, 22 Nov 2026 12:00:59 GMT")], false),
        (&[changed, ("Date", NOON)], false),
        (&[changed, ("Date", "Sun, 22 Nov 2026 11:00:00 GMT")], false),
        (&[changed, ("Date", "today")], false),
        (&[changed], false),
        (&[changed, ("Date", LATER), ("ETag", "W/\"v1\"")], false),
        (&[("Last-Modified", "yesterday"), ("Date", LATER)], false),
        (&[("Date", LATER)], false),
    ] {
        let validator = Validator::of(&headers(fields));
        assert_eq!(validator.as_ref().map(Validator::as_str), is_strong.then_some(NOON), "{fields:?}");
    }
}

#[test]
fn a_206_confirms_a_tag_by_the_same_and_a_date_by_no_other() {
    let tag = Validator::of(&headers(&[("ETag", "\"v1\"")])).unwrap();
    let date = Validator::of(&headers(&[("Last-Modified", NOON), ("Date", LATER)])).unwrap();
    for (fields, tag_is_confirmed, date_is_confirmed) in [
        (&[][..], false, true),
        (&[("ETag", "\"v1\"")], true, true),
        (&[("ETag", "\"v2\"")], false, true),
        (&[("ETag", "W/\"v1\"")], false, true),
        (&[("ETag", "\"v1\""), ("ETag", "\"v2\"")], false, true),
        (&[("Last-Modified", NOON)], false, true),
        (&[("Last-Modified", LATER)], false, false),
        (&[("ETag", "\"v1\""), ("Last-Modified", LATER)], true, false),
    ] {
        let headers = headers(fields);
        let confirmed = (tag.is_confirmed_by(&headers), date.is_confirmed_by(&headers));
        assert_eq!(confirmed, (tag_is_confirmed, date_is_confirmed), "{fields:?}");
    }
}

#[test]
fn a_range_of_a_206_is_read() {
    let range = |first, last, total| Some(ContentRange { first, last, total });
    let most = u64::MAX;
    for (value, wanted) in [
        ("bytes 0-0/1", range(0, 0, Some(1))),
        ("bytes 5-9/10", range(5, 9, Some(10))),
        ("BYTES 5-9/10", range(5, 9, Some(10))),
        ("bytes 5-9/*", range(5, 9, None)),
        ("bytes 0-18446744073709551614/18446744073709551615", range(0, most - 1, Some(most))),
        ("bytes 0-18446744073709551615/*", None),
        ("bytes 0-18446744073709551616/*", None),
        ("bytes 9-5/10", None),
        ("bytes 5-10/10", None),
        ("bytes */10", None),
        ("bytes 5-9", None),
        ("bytes=5-9/10", None),
        ("bytes  5-9/10", None),
        ("bytes 5 - 9/10", None),
        ("bytes +5-9/10", None),
        ("bytes -5-9/10", None),
        ("bytes 5-/10", None),
        ("bytes -9/10", None),
        ("bytes 5-9/", None),
        ("rows 5-9/10", None),
        ("5-9/10", None),
        ("", None),
    ] {
        assert_eq!(ContentRange::parse(value.as_bytes()), wanted, "{value:?}");
    }
}

#[test]
fn the_rest_is_what_was_asked_for_and_nothing_else() {
    let of =
        |value: &str, from, total| ContentRange::of_rest(&headers(&[("Content-Range", value)]), from, total);
    for (value, total) in [("bytes 5-9/10", Some(10)), ("bytes 5-9/10", None), ("bytes 5-9/*", Some(10))] {
        assert_eq!(of(value, 5, total).unwrap().map(ContentRange::len), Some(5), "{value}");
    }
    assert_eq!(of("bytes 5-9/*", 5, None), Ok(None), "nobody knows what the rest is");
    for (value, from, total) in [
        ("bytes 4-9/10", 5, Some(10)),
        ("bytes 6-9/10", 5, Some(10)),
        ("bytes 5-8/10", 5, Some(10)),
        ("bytes 5-8/*", 5, Some(10)),
        ("bytes 5-10/11", 5, Some(10)),
        ("bytes 5-8/9", 5, Some(10)),
    ] {
        let why = of(value, from, total).unwrap_err();
        assert!(why.contains(value) && why.contains("from 5 on of 10"), "{why}");
    }
    assert!(ContentRange::of_rest(&Headers::new(), 5, None).is_err());
}

#[test]
fn the_servers_name_for_a_file_is_read() {
    for (value, name) in [
        ("attachment; filename=a.txt", Some("a.txt")),
        ("attachment;filename=a.txt;x=y", Some("a.txt")),
        ("attachment; FILENAME = \"a b.txt\" ;", Some("a b.txt")),
        ("attachment; filename=\"a\\\"b\\\\c.txt\"", Some("a\"b\\c.txt")),
        ("attachment; filename=\"semi;colon=x.txt\"", Some("semi;colon=x.txt")),
        ("attachment; filename=\"a%20b.txt\"", Some("a%20b.txt")),
        ("attachment; filename*=UTF-8''a%20b.txt", Some("a b.txt")),
        ("attachment; filename*=utf-8'en'%e2%82%ac.txt; filename=x", Some("€.txt")),
        ("attachment; filename=\"x\"; filename*=UTF-8''y", Some("y")),
        // A charset that is not known, and bytes that are none of it: the plain one counts.
        ("attachment; filename*=ISO-8859-1''%e4.txt; filename=plain.txt", Some("plain.txt")),
        ("attachment; filename*=UTF-8''%ff; filename=plain.txt", Some("plain.txt")),
        ("attachment; filename*=UTF-8'x; filename=plain.txt", Some("plain.txt")),
        ("attachment; filename=first.txt; filename=second.txt", Some("first.txt")),
        ("attachment; filename=\"\u{e4}.txt\"", Some("\u{e4}.txt")),
        ("attachment; filename=\"never closed", None),
        ("attachment; filename", None),
        ("attachment", None),
        ("filename=a.txt", None),
        ("", None),
    ] {
        let headers = headers(&[("Content-Disposition", value)]);
        assert_eq!(disposition::file_name(&headers).as_deref(), name, "{value}");
    }
}

proptest! {
    #[test]
    fn no_value_of_a_field_is_a_panic(value in "[ -~\u{e9}]{0,60}") {
        let mut headers = Headers::new();
        for name in ["Retry-After", "Date", "ETag", "Last-Modified", "Content-Range", "Content-Disposition"] {
            let _ = headers.append(name, value.trim());
        }
        let _ = retry_after::of(&headers, SystemTime::now());
        let _ = Validator::of(&headers);
        let _ = ContentRange::of_rest(&headers, 5, Some(10));
        let _ = disposition::file_name(&headers);
    }

    #[test]
    fn a_range_is_read_as_it_is_written(first in 0_u64..1 << 40, len in 1_u64..1 << 40, more in 0_u64..1 << 40) {
        let range = ContentRange { first, last: first + len - 1, total: Some(first + len + more) };
        prop_assert_eq!(ContentRange::parse(range.to_string().as_bytes()), Some(range));
        prop_assert_eq!(range.len(), len);
    }

    #[test]
    fn something_like_a_range_is_no_panic(text in "bytes [0-9*/-]{0,50}") {
        if let Some(range) = ContentRange::parse(text.as_bytes()) {
            prop_assert!(range.first <= range.last && range.total.is_none_or(|total| range.last < total));
        }
    }
}
