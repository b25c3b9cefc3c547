//! URLs: what is taken, what is refused by name, and what a reference means (RFC 3986).

use http_client::url::{Scheme, Url, shown};

fn url(text: &str) -> Url {
    Url::parse(text).unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

fn refusal(text: &str) -> String {
    match Url::parse(text) {
        Ok(url) => panic!("{text:?} was taken as {url}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_url_falls_into_its_parts() {
    let url = url("HTTPS://User:pa%3Ass@Example.ORG:8443/a/b;c?d=e/?#f");
    assert_eq!(url.scheme(), Scheme::Https);
    assert_eq!((url.host(), url.ip(), url.port()), ("example.org", None, 8443));
    assert_eq!((url.path(), url.query()), ("/a/b;c", Some("d=e/?")));
    assert_eq!(url.target(), "/a/b;c?d=e/?");
    assert_eq!(url.userinfo(), Some((b"User".to_vec(), b"pa:ss".to_vec())));
}

#[test]
fn connection_and_host_field_and_target_are_these() {
    // (URL, Host field, host to connect to, port, target)
    for (text, authority, host, port, target) in [
        ("http://a", "a", "a", 80, "/"),
        ("http://a?x", "a", "a", 80, "/?x"),
        ("http://a/?", "a", "a", 80, "/?"),
        ("http://a#x", "a", "a", 80, "/"),
        ("http://a/x?#y", "a", "a", 80, "/x?"),
        ("http://a:80/", "a", "a", 80, "/"),
        ("http://a:/", "a", "a", 80, "/"),
        ("http://a:00080/", "a", "a", 80, "/"),
        ("http://a:443/", "a:443", "a", 443, "/"),
        ("https://a/", "a", "a", 443, "/"),
        ("https://a:443/", "a", "a", 443, "/"),
        ("https://a:65535/", "a:65535", "a", 65535, "/"),
        ("http://a./", "a.", "a.", 80, "/"),
        ("http://a_b-c.d1/", "a_b-c.d1", "a_b-c.d1", 80, "/"),
        ("http://XN--bcher-kva.example/", "xn--bcher-kva.example", "xn--bcher-kva.example", 80, "/"),
        ("http://127.0.0.1:8080/", "127.0.0.1:8080", "127.0.0.1", 8080, "/"),
        ("http://1.2.3.4e/", "1.2.3.4e", "1.2.3.4e", 80, "/"),
        ("http://[::1]/", "[::1]", "::1", 80, "/"),
        ("http://[0:0::0:1]:81/", "[::1]:81", "::1", 81, "/"),
        ("http://[FE80::AB]/", "[fe80::ab]", "fe80::ab", 80, "/"),
        ("http://[64:ff9b::1.2.3.4]/", "[64:ff9b::102:304]", "64:ff9b::102:304", 80, "/"),
        ("http://[::ffff:1.2.3.4]/", "[::ffff:102:304]", "::ffff:102:304", 80, "/"),
        ("http://u@a/b@c:d", "a", "a", 80, "/b@c:d"),
        ("http://a/!$&'()*+,;=:@-._~", "a", "a", 80, "/!$&'()*+,;=:@-._~"),
        ("http://a/%41%2f%c3%A9%00", "a", "a", 80, "/%41%2f%c3%A9%00"),
        // As the WHATWG parser has it.
        ("http://a/é日?ü", "a", "a", 80, "/%C3%A9%E6%97%A5?%C3%BC"),
        ("http://a/'?'", "a", "a", 80, "/'?%27"),
    ] {
        let url = url(text);
        let got = (url.authority(), url.host(), url.port(), url.target());
        assert_eq!(got, (authority, host, port, target), "{text}");
    }
}

#[test]
fn a_host_that_is_an_address_is_known_as_one() {
    assert_eq!(url("http://10.0.0.1/").ip(), Some([10, 0, 0, 1].into()));
    assert_eq!(url("http://[::1]/").ip(), Some([0u16, 0, 0, 0, 0, 0, 0, 1].into()));
    assert_eq!(url("http://localhost/").ip(), None);
}

#[test]
fn dot_segments_are_removed() {
    for (path, target) in [
        ("/a/../b", "/b"),
        ("/a/./b", "/a/b"),
        ("/..", "/"),
        ("/../../a", "/a"),
        ("/a/b/..", "/a/"),
        ("/a/b/.", "/a/b/"),
        ("/a//../b", "/a/b"),
        ("/a/..//b", "//b"),
        ("//a//", "//a//"),
        ("/...", "/..."),
        ("/a/..b/.c/d..", "/a/..b/.c/d.."),
        ("/a/%2e%2E/b", "/b"),
        ("/a/.%2e/b/%2E", "/b/"),
        ("/a/%2e%2ec/%252e", "/a/%2e%2ec/%252e"),
        ("/a/..%2fb", "/a/..%2fb"),
        ("//c:/../b", "//b"),
        ("/a?/../b", "/a?/../b"),
    ] {
        assert_eq!(url(&format!("http://h{path}")).target(), target, "{path}");
    }
}

#[test]
fn what_is_not_taken_is_refused_by_name() {
    for (text, why) in [
        ("", "does not begin with http:// or https://"),
        ("example.org", "does not begin with http:// or https://"),
        ("/a", "does not begin with http:// or https://"),
        ("//a/b", "does not begin with http:// or https://"),
        ("http:", "does not begin with http:// or https://"),
        ("http:a", "does not begin with http:// or https://"),
        ("http:/a", "does not begin with http:// or https://"),
        ("ftp://a/", "scheme \"ftp\" is not supported"),
        ("localhost:80", "scheme \"localhost\" is not supported"),
        ("http://", "no host"),
        ("http:///a", "no host"),
        ("http://?a", "no host"),
        ("http://u@/", "no host"),
        ("http://:80/", "no host"),
        ("http://a:0/", "port is not a number from 1 to 65535"),
        ("http://a:65536/", "port is not a number from 1 to 65535"),
        ("http://a:99999999999999999999/", "port is not a number from 1 to 65535"),
        ("http://a:8a/", "port is not a number from 1 to 65535"),
        ("http://a:-1/", "port is not a number from 1 to 65535"),
        ("http://a:1:2/", "port is not a number from 1 to 65535"),
        ("http://a:+80/", "'+' at byte 9"),
        ("http://a/b c", "' ' at byte 10 of the URL is not allowed: write %20"),
        (" http://a/", "' ' at byte 0"),
        ("http://a/\r\nHost: b", "'\\r' at byte 9 of the URL is not allowed: remove it"),
        ("http://a/\n", "'\\n' at byte 9"),
        ("http://a/\t", "'\\t' at byte 9"),
        ("http://a/\0", "'\\0' at byte 9"),
        ("http://a/\u{7f}", "'\\u{7f}' at byte 9"),
        ("http://a/\u{85}", "'\\u{85}' at byte 9"),
        ("http://a/#\n", "'\\n' at byte 10"),
        ("http://a/\"", "'\"' at byte 9"),
        ("http://a/<", "'<' at byte 9"),
        ("http://a/{", "'{' at byte 9"),
        ("http://a/|", "'|' at byte 9"),
        ("http://a/^", "'^' at byte 9"),
        ("http://a/?x[]=1", "'[' at byte 11 of the URL is not allowed: write %5B"),
        ("http://a/#b#c", "'#' at byte 11"),
        ("http://a\\b/", "'\\\\' at byte 8"),
        ("http://a\\@b/", "'\\\\' at byte 8"),
        ("http:\\\\a/", "'\\\\' at byte 5"),
        ("http://a/\\..\\", "'\\\\' at byte 9"),
        ("http://a/%", "'%' at byte 9 of the URL lacks two hex digits"),
        ("http://a/%4", "'%' at byte 9"),
        ("http://a/%zz", "'%' at byte 9"),
        ("http://a/%é", "'%' at byte 9"),
        ("http://u%@a/", "'%' at byte 8"),
        ("http://a%41/", "'%' at byte 8 of the URL is not allowed: a host has letters"),
        ("http://[fe80::1%25eth0]/", "'%' at byte 15"),
        ("http://é/", "'é' at byte 7 of the URL is not allowed: write the host in its xn-- form"),
        ("http://a。b/", "'。' at byte 8"),
        ("http://a b/", "' ' at byte 8"),
        ("http://a,b/", "',' at byte 8"),
        ("http://u@b@a/", "two @ before its path"),
        ("http://.a/", "host \".a\" is not a name"),
        ("http://a..b/", "host \"a..b\" is not a name"),
        ("http://a../", "host \"a..\" is not a name"),
        ("http://./", "host \".\" is not a name"),
        ("http://a[b]/", "host \"a[b]\" is not a name"),
        ("http://[::1/", "host \"[\" is not a name"),
        ("http://[::1]a/", "host \"[::1]\" is not an IPv6 address in brackets"),
        ("http://[]/", "not an IPv6 address"),
        ("http://[1.2.3.4]/", "not an IPv6 address"),
        ("http://[v1.a]/", "not an IPv6 address"),
        ("http://[1:2:3:4:5:6:7:8:9]/", "not an IPv6 address"),
        // Another parser may read these as an address, and not the same one.
        ("http://127.1/", "host \"127.1\" is a number"),
        ("http://0x7f.1/", "host \"0x7f.1\" is a number"),
        ("http://0177.0.0.1/", "host \"0177.0.0.1\" is a number"),
        ("http://2130706433/", "host \"2130706433\" is a number"),
        ("http://127.0.0.1./", "host \"127.0.0.1.\" is a number"),
        ("http://1.2.3.256/", "host \"1.2.3.256\" is a number"),
        ("http://1.2.3.4.5/", "host \"1.2.3.4.5\" is a number"),
        ("http://a.0X/", "host \"a.0x\" is a number"),
        ("http://a.09/", "host \"a.09\" is a number"),
    ] {
        let error = refusal(text);
        assert!(error.contains(why), "{text:?}: {error}");
        assert!(!error.contains('\n'), "{text:?}: {error}");
    }
}

#[test]
fn a_host_name_has_the_lengths_of_dns() {
    let label = "a".repeat(63);
    assert_eq!(url(&format!("http://{label}/")).host(), label);
    assert!(refusal(&format!("http://{label}a/")).contains("is not a name"));
    let name = format!("{label}.{label}.{label}.{}", "a".repeat(61));
    assert_eq!(url(&format!("http://{name}./")).host().len(), 254);
    assert!(refusal(&format!("http://{name}a/")).contains("is not a name"));
}

#[test]
fn the_examples_of_rfc_3986_are_joined_as_it_says() {
    let base = url("http://a/b/c/d;p?q");
    for (reference, want) in [
        // 5.4.1, normal examples
        ("g", "http://a/b/c/g"),
        ("./g", "http://a/b/c/g"),
        ("g/", "http://a/b/c/g/"),
        ("/g", "http://a/g"),
        ("//g", "http://g/"),
        ("?y", "http://a/b/c/d;p?y"),
        ("g?y", "http://a/b/c/g?y"),
        ("#s", "http://a/b/c/d;p?q"),
        ("g#s", "http://a/b/c/g"),
        ("g?y#s", "http://a/b/c/g?y"),
        (";x", "http://a/b/c/;x"),
        ("g;x", "http://a/b/c/g;x"),
        ("g;x?y#s", "http://a/b/c/g;x?y"),
        ("", "http://a/b/c/d;p?q"),
        (".", "http://a/b/c/"),
        ("./", "http://a/b/c/"),
        ("..", "http://a/b/"),
        ("../", "http://a/b/"),
        ("../g", "http://a/b/g"),
        ("../..", "http://a/"),
        ("../../", "http://a/"),
        ("../../g", "http://a/g"),
        // 5.4.2, abnormal examples
        ("../../../g", "http://a/g"),
        ("../../../../g", "http://a/g"),
        ("/./g", "http://a/g"),
        ("/../g", "http://a/g"),
        ("g.", "http://a/b/c/g."),
        (".g", "http://a/b/c/.g"),
        ("g..", "http://a/b/c/g.."),
        ("..g", "http://a/b/c/..g"),
        ("./../g", "http://a/b/g"),
        ("./g/.", "http://a/b/c/g/"),
        ("g/./h", "http://a/b/c/g/h"),
        ("g/../h", "http://a/b/c/h"),
        ("g;x=1/./y", "http://a/b/c/g;x=1/y"),
        ("g;x=1/../y", "http://a/b/c/y"),
        ("g?y/./x", "http://a/b/c/g?y/./x"),
        ("g?y/../x", "http://a/b/c/g?y/../x"),
        ("g#s/./x", "http://a/b/c/g"),
        ("g#s/../x", "http://a/b/c/g"),
        // and some more
        ("https://g:444/h", "https://g:444/h"),
        ("//g:81?x", "http://g:81/?x"),
        ("?", "http://a/b/c/d;p?"),
        ("./a:b", "http://a/b/c/a:b"),
        ("g//h", "http://a/b/c/g//h"),
    ] {
        let joined = base.join(reference).unwrap_or_else(|error| panic!("{reference:?}: {error}"));
        assert_eq!(joined.to_string(), want, "{reference:?}");
    }
    // `g:h` is of an unknown scheme; on `http:g` RFC 3986 and its own exception differ.
    assert!(base.join("g:h").unwrap_err().to_string().contains("scheme \"g\""));
    for reference in ["http:g", "http:/g", "///g", "/\\g", "g h"] {
        assert!(base.join(reference).is_err(), "{reference:?}");
    }
}

#[test]
fn a_reference_is_joined_to_the_root_of_a_url_without_a_path() {
    assert_eq!(url("http://a").join("g").unwrap().to_string(), "http://a/g");
    assert_eq!(url("http://a?x").join("").unwrap().to_string(), "http://a/?x");
}

#[test]
fn the_userinfo_stays_on_its_host_only() {
    let base = url("http://u:p@a/b");
    assert!(base.join("c").unwrap().userinfo().is_some());
    assert!(base.join("//a/c").unwrap().userinfo().is_none());
    assert!(base.without_userinfo().userinfo().is_none());
}

#[test]
fn userinfo_is_decoded() {
    for (text, user, password) in [
        ("u", "u", ""),
        ("u:", "u", ""),
        (":p", "", "p"),
        ("u:p:q", "u", "p:q"),
        ("%41%c3%A9:%2f%40", "Aé", "/@"),
        ("é:ü", "é", "ü"),
    ] {
        let want = Some((user.as_bytes().to_vec(), password.as_bytes().to_vec()));
        assert_eq!(url(&format!("http://{text}@a/")).userinfo(), want, "{text}");
    }
    assert_eq!(url("http://u:%ff@a/").userinfo(), Some((b"u".to_vec(), vec![0xff])));
    assert_eq!(url("http://@a/").userinfo(), None);
    assert_eq!(url("http://:@a/").userinfo(), None);
}

#[test]
fn user_and_password_are_never_printed() {
    let secret = url("https://toktok:hunter2@a:444/b?c");
    for text in [secret.to_string(), format!("{secret:?}")] {
        assert!(!text.contains("hunter2") && !text.contains("toktok"), "{text}");
    }
    assert_eq!(secret.to_string(), "https://a:444/b?c");
    for text in [
        "http://u:hunter2@b@a/",
        "http://u:hunter2@a:x/",
        "http://u:hunter2@a.1/",
        "http://u:hunter2 @a/",
        "http://u:hunter2/@a/",
        "ftp://u:hunter2@a/",
        "u:hunter2@a/",
        "http:u:hunter2@a/",
    ] {
        let error = refusal(text);
        assert!(!error.contains("hunter2"), "{error}");
    }
}

#[test]
fn what_may_be_a_password_is_not_shown_wherever_it_stands() {
    for (text, wanted) in [
        ("http://u:hunter2@a/x", "http://…@a/x"),
        ("HTTPS://u:hunter2@a/x", "HTTPS://…@a/x"),
        ("u:hun//ter2@a/x", "…@a/x"),
        ("http:u:hunter2//@a/x", "…@a/x"),
        ("ftp://u:hunter2@a/x", "…@a/x"),
        ("//u:hunter2@a/x", "…@a/x"),
        ("http://u:hun@ter2@a/x", "http://…@a/x"),
        ("é@a", "…@a"),
        ("http://a/x", "http://a/x"),
        ("", ""),
    ] {
        assert_eq!(shown(text), wanted);
    }
}

#[test]
fn the_origin_is_scheme_host_and_port() {
    let origin = |text| url(text).origin().to_owned();
    assert_eq!(origin("http://u@A:80/b?c"), origin("HTTP://a/"));
    assert_ne!(origin("http://a/"), origin("https://a/"));
    assert_ne!(origin("http://a/"), origin("http://b/"));
    assert_ne!(origin("http://a/"), origin("http://a:81/"));
}
