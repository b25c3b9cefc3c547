//! `demo::cli::values`: what is read from the command line.

use std::time::Duration;

use demo::cli::values::{self, Header, Resolve, User};

#[test]
fn a_header_field_is_a_name_and_a_value() {
    let header = |text: &str| text.parse::<Header>().map(|header| (header.name, header.value));
    for (text, name, value) in [
        ("A: b", "A", "b"),
        ("A:b", "A", "b"),
        ("A: b: c", "A", "b: c"),
        ("A;", "A", ""),
        ("A: b;", "A", "b;"),
        ("A:\tb ", "A", "b"),
    ] {
        assert_eq!(header(text), Ok((name.to_owned(), value.to_owned())), "{text}");
    }
    for text in ["", "A", ":", ": b", "A:", "A: ", "A b: c", "A: b\r\nC: d", "A: b\0", "Host: x", ";"] {
        assert!(header(text).is_err(), "{text:?}");
    }
}

#[test]
fn secrets_are_not_in_debug_output() {
    let header: Header = "Authorization: sesame".parse().unwrap();
    let user: User = "me:sesame".parse().unwrap();
    assert!(!format!("{header:?} {user:?}").contains("sesame"));
}

#[test]
fn addresses_for_a_host_are_read() {
    let resolve: Resolve = "Host:80:1.2.3.4,[::1],::2".parse().unwrap();
    assert_eq!((resolve.host.as_str(), resolve.port), ("Host", 80));
    for host in ["*", "+foo", "foo.", "a/b", "a@b", "a b", "a?", "0x7f.1", "-"] {
        let read = format!("{host}:80:1.2.3.4").parse::<Resolve>();
        let named = http_client::url::Url::parse(&format!("http://{host}:80/"));
        assert_eq!(read.is_ok(), named.is_ok_and(|url| url.host() == host), "{host}");
    }
    for host in ["*", "+foo", "a b"] {
        let why = format!("{host}:80:1.2.3.4").parse::<Resolve>().unwrap_err();
        assert!(why.contains("as it stands in URLs"), "{host}: {why}");
    }
    assert_eq!(resolve.addresses, ["1.2.3.4:80", "[::1]:80", "[::2]:80"].map(|it| it.parse().unwrap()));
}

#[test]
fn times_are_seconds() {
    assert_eq!(values::seconds("1.5"), Ok(Duration::from_millis(1500)));
    assert_eq!(values::seconds(".25"), Ok(Duration::from_millis(250)));
    assert_eq!(values::seconds("0"), Ok(Duration::ZERO));
    assert_eq!(values::limit("0"), Ok(Duration::MAX));
    assert_eq!(values::limit("0.0"), Ok(Duration::MAX));
    assert_eq!(values::limit("2"), Ok(Duration::from_secs(2)));
    for text in ["", ".", "-1", "+1", "1s", "inf", "NaN", "1e3", "1_000", " 1", &"9".repeat(400)] {
        assert!(values::seconds(text).is_err(), "{text:?}");
    }
}

#[test]
fn redirects_are_a_number_or_any() {
    assert_eq!(values::redirects("0"), Ok(0));
    assert_eq!(values::redirects("-1"), Ok(usize::MAX));
    assert!(["-2", "", "x", "1.0"].iter().all(|text| values::redirects(text).is_err()));
}
