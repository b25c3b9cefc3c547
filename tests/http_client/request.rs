//! What goes out: the head of a request, and the fields a caller may put into it.

use http_client::h1::request::{USER_AGENT, check_method, write_head};
use http_client::headers::Headers;
use http_client::url::Url;

fn head(method: &str, url: &str, headers: &Headers, body_len: u64) -> String {
    let mut out = Vec::new();
    write_head(&mut out, method, &Url::parse(url).unwrap(), headers, body_len).unwrap();
    String::from_utf8(out).unwrap()
}

fn refusal(name: &str, value: &str) -> String {
    let mut headers = Headers::new();
    let error = headers.append(name, value).expect_err(name).to_string();
    assert!(headers.is_empty());
    error
}

#[test]
fn a_plain_request_is_these_bytes() {
    let text = head("GET", "http://u:p@example.org:8080/a?b#c", &Headers::new(), 0);
    let want = format!(
        "GET /a?b HTTP/1.1\r\nHost: example.org:8080\r\nUser-Agent: {USER_AGENT}\r\nAccept-Encoding: identity\r\n\r\n"
    );
    assert_eq!(text, want);
}

#[test]
fn the_callers_fields_are_sent_in_order_and_in_place_of_the_defaults() {
    let mut headers = Headers::new();
    for (name, value) in
        [("X-A", "1"), ("user-agent", "me"), ("Accept-Encoding", "br"), ("X-A", "é\t2"), ("E", "")]
    {
        headers.append(name, value).unwrap();
    }
    let want = "DELETE / HTTP/1.1\r\nHost: [::1]\r\nX-A: 1\r\nuser-agent: me\r\nAccept-Encoding: br\r\n\
                X-A: é\t2\r\nE: \r\n\r\n";
    assert_eq!(head("DELETE", "https://[::1]:443", &headers, 0), want);
}

#[test]
fn a_body_has_its_length_and_a_post_without_one_a_zero() {
    for (method, len, want) in [
        ("GET", 0, None),
        ("HEAD", 0, None),
        ("DELETE", 0, None),
        ("GET", 7, Some("7")),
        ("POST", 0, Some("0")),
        ("PUT", 0, Some("0")),
        ("PATCH", 0, Some("0")),
        ("POST", u64::MAX, Some("18446744073709551615")),
    ] {
        let text = head(method, "http://a/", &Headers::new(), len);
        let field = text.split("\r\n").find_map(|line| line.strip_prefix("Content-Length: "));
        assert_eq!(field, want, "{method} {len}");
    }
}

#[test]
fn a_method_is_a_token_and_not_connect() {
    for method in ["GET", "M-SEARCH", "get", "!#$%&'*+-.^_`|~09"] {
        assert!(check_method(method).is_ok(), "{method}");
    }
    for method in ["", "GET ", "GET / HTTP/1.1\r\nX:", "G\r\nET", "G\0ET", "GÉT", "G:T", "CONNECT", "connect"]
    {
        let error = check_method(method).unwrap_err().to_string();
        assert!(error.contains("is not allowed") && !error.contains(['\r', '\n', '\0']), "{error}");
        let mut out = b"before".to_vec();
        let url = Url::parse("http://a/").unwrap();
        assert!(write_head(&mut out, method, &url, &Headers::new(), 0).is_err());
        assert_eq!(out, b"before");
    }
}

#[test]
fn a_field_name_is_a_token() {
    for name in ["", "A B", "A:", ":A", "A\r\nB", "A\n", "\0", "Ä", "A\t", "(A)", "A\u{7f}", "A\""] {
        let error = refusal(name, "x");
        assert!(error.contains("header name") && !error.contains(['\r', '\n', '\0']), "{error}");
    }
}

#[test]
fn a_field_value_holds_no_control_characters() {
    for byte in (0u8..32).chain([127]).filter(|&byte| byte != b'\t') {
        let error = refusal("X", &format!("secret{}x", char::from(byte)));
        assert!(error.contains("control character at byte 6"), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }
}

#[test]
fn a_field_value_is_refused_not_trimmed() {
    for value in [" a", "a ", "\ta", "a\t", " "] {
        assert!(refusal("X", value).contains("begins or ends with a space"), "{value:?}");
    }
}

#[test]
fn the_clients_own_fields_cannot_be_set_by_hand() {
    for name in [
        "Host",
        "CONTENT-LENGTH",
        "transfer-encoding",
        "Connection",
        "Keep-Alive",
        "Proxy-Connection",
        "TE",
        "Trailer",
        "Upgrade",
        "Expect",
    ] {
        assert!(refusal(name, "x").contains("the client's own to set"), "{name}");
    }
}

#[test]
fn fields_are_found_without_regard_to_case_and_removed_altogether() {
    let mut headers = Headers::new();
    for (name, value) in [("Cookie", "a"), ("X", "b"), ("COOKIE", "c")] {
        headers.append(name, value).unwrap();
    }
    assert_eq!(headers.get("cookie"), Some("a"));
    assert_eq!(headers.get_all("cOOkie").collect::<Vec<_>>(), [b"a", b"c"]);
    assert_eq!(headers.get("none"), None);
    headers.remove("cookie");
    assert_eq!(headers.iter().collect::<Vec<_>>(), [("X", &b"b"[..])]);
    assert_eq!((headers.len(), headers.contains("Cookie")), (1, false));
}

#[test]
fn secrets_are_not_in_the_debug_output() {
    let mut headers = Headers::new();
    for name in ["authorization", "Proxy-Authorization", "Cookie", "Set-Cookie", "Accept"] {
        headers.append(name, "hunter2").unwrap();
    }
    assert_eq!(format!("{headers:?}").matches("hunter2").count(), 1);
}
