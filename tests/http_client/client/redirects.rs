//! Where redirects lead, what goes along, and where they end.

use std::sync::atomic::{AtomicBool, Ordering};

use http_client::{Client, Kind};
use tests::reply;
use tests::scripted::{Request, Server};

use super::{always, assert_error, connections, fetch, run, targets};

#[test]
fn a_redirect_leads_on_and_the_reply_says_where_it_came_from() {
    for (location, wanted) in [
        ("/other", "/other"),
        ("other", "/a/other"),
        ("../other", "/other"),
        ("?q", "/a/b?q"),
        ("#f", "/a/b"),
        ("./", "/a/"),
    ] {
        let first = AtomicBool::new(true);
        let server = Server::answering(move |_| match first.swap(false, Ordering::SeqCst) {
            true => reply::redirect("302 Found", location),
            false => reply::ok(b"there"),
        });
        run(async {
            let response = Client::new().get(server.url("/a/b")).send().await.unwrap();
            assert_eq!(response.url().target(), wanted);
            assert_eq!(response.bytes().await.unwrap(), b"there");
        });
        assert_eq!(targets(&server), ["/a/b", wanted]);
        assert_eq!(connections(&server), [0, 0], "over the same connection");
    }
}

#[test]
fn an_absolute_location_leads_to_another_server() {
    let there = always(reply::ok(b"there"));
    let here = always(reply::redirect("307 Temporary Redirect", &there.url("/x")));
    assert_eq!(fetch(&here.url("/")).unwrap(), b"there");
    assert_eq!(there.requests()[0].header("host"), Some(there.addr().to_string().as_str()));
}

#[test]
fn redirects_have_a_cap() {
    let server = Server::answering(|request| {
        let n: u32 = request.target()[1..].parse().unwrap();
        if n == 0 { reply::ok(b"home") } else { reply::redirect("302 Found", &format!("/{}", n - 1)) }
    });
    let with = |limit: Option<Option<usize>>, hops: u32| {
        let client = limit.map_or_else(Client::new, |limit| Client::builder().redirects(limit).build());
        let before = server.requests().len();
        let url = server.url(&format!("/{hops}"));
        let result = run(async { client.get(&url).send().await?.bytes().await });
        (result, server.requests().len() - before)
    };
    for (limit, hops, requests) in [(None, 10, 11), (Some(Some(2)), 2, 3), (Some(Some(0)), 0, 1)] {
        let (result, made) = with(limit, hops);
        assert_eq!((result.unwrap(), made), (b"home".to_vec(), requests), "{hops} hops, limit {limit:?}");
    }
    for (limit, hops, requests) in [(None, 11, 11), (Some(Some(2)), 3, 3), (Some(Some(0)), 1, 1)] {
        let (result, made) = with(limit, hops);
        assert_error(result, Kind::Redirect, &["redirected more than"]);
        assert_eq!(made, requests, "{hops} hops, limit {limit:?}");
    }
    let (result, made) = with(Some(None), 5);
    assert_eq!(
        (result.unwrap(), made),
        (b"moved\n".to_vec(), 1),
        "without redirects, the reply itself is given"
    );
}

#[test]
fn a_redirect_in_a_circle_ends() {
    let server = always(reply::redirect("301 Moved Permanently", "/again"));
    assert_error(fetch(&server.url("/again")), Kind::Redirect, &[&server.url("/again")]);
    assert_eq!(server.requests().len(), 11);
}

#[test]
fn a_location_that_cannot_be_followed_is_an_error_that_shows_it() {
    for (location, word) in
        [("ftp://127.0.0.1/x", "ftp"), ("http://", "host"), ("/a b", "/a b"), ("http://x:y/", "port")]
    {
        let server = always(reply::redirect("302 Found", location));
        assert_error(fetch(&server.url("/")), Kind::Redirect, &[&server.url("/"), word]);
    }
}

#[test]
fn a_password_in_a_location_that_is_refused_is_not_shown() {
    for location in ["http://me:open-sesame@:x/", "//me:open-sesame@/x", "ftp://me:open-sesame@127.0.0.1/"] {
        let server = always(reply::redirect("302 Found", location));
        let error = assert_error(fetch(&server.url("/")), Kind::Redirect, &["…@"]);
        assert!(!error.to_string().contains("sesame"), "{error}");
    }
}

#[test]
fn secrets_stay_with_the_server_they_are_for() {
    let fields = [
        ("Authorization", "Bearer x"),
        ("Cookie", "a=b"),
        ("Proxy-Authorization", "Basic eA=="),
        ("X-Mine", "yes"),
    ];
    let seen = |request: &Request| fields.map(|(name, _)| request.header(name).is_some());
    let ask = |url: &str| {
        run(async {
            let request = fields
                .iter()
                .fold(Client::new().get(url), |request, (name, value)| request.header(name, value));
            request.send().await.unwrap();
        });
    };
    let same = Server::answering(|request| match request.target() {
        "/" => reply::redirect("302 Found", "/next"),
        _ => reply::ok(b""),
    });
    ask(&same.url("/"));
    assert_eq!(same.requests().iter().map(seen).collect::<Vec<_>>(), [[true; 4]; 2], "the same origin");

    // Another port is another origin; and once gone, they do not come back with the way back.
    let home = always(reply::ok(b""));
    let back = always(reply::redirect("302 Found", &home.url("/home")));
    let away = always(reply::redirect("302 Found", &back.url("/back")));
    ask(&away.url("/"));
    assert_eq!(seen(&away.requests()[0]), [true; 4]);
    for server in [&back, &home] {
        assert_eq!(seen(&server.requests()[0]), [false, false, false, true]);
    }
}

#[test]
fn a_password_in_the_url_does_not_follow_a_redirect_to_another_server() {
    let there = always(reply::ok(b""));
    let here = always(reply::redirect("302 Found", &there.url("/")));
    fetch(&format!("http://user:secret@{}/", here.addr())).unwrap();
    assert!(here.requests()[0].header("authorization").is_some());
    assert_eq!(there.requests()[0].header("authorization"), None);
}

#[test]
fn a_user_that_a_server_puts_into_a_location_is_not_taken() {
    let there = always(reply::ok(b""));
    let here = always(reply::redirect("302 Found", &format!("http://user:secret@{}/", there.addr())));
    let url = run(async { Client::new().get(here.url("/")).send().await.unwrap().url().clone() });
    assert_eq!((url.userinfo(), there.requests()[0].header("authorization")), (None, None));
}

#[test]
fn a_redirect_changes_the_method_only_where_it_is_meant_to() {
    for (status, method, wanted) in [
        ("301 Moved Permanently", "POST", "GET"),
        ("302 Found", "POST", "GET"),
        ("303 See Other", "POST", "GET"),
        ("303 See Other", "PUT", "GET"),
        ("303 See Other", "HEAD", "HEAD"),
        ("302 Found", "PUT", "PUT"),
        ("307 Temporary Redirect", "POST", "POST"),
        ("308 Permanent Redirect", "POST", "POST"),
    ] {
        let server = Server::answering(move |request| match (request.target(), request.method()) {
            ("/", "HEAD") => format!("HTTP/1.1 {status}\r\nLocation: /next\r\n\r\n").into_bytes(),
            ("/", _) => reply::redirect(status, "/next"),
            _ => reply::ok(b""),
        });
        run(async {
            let request = Client::new().request(method, server.url("/"));
            let request = if method == "HEAD" {
                request
            } else {
                request.header("Content-Type", "x/y").body("payload")
            };
            request.send().await.unwrap();
        });
        let next = &server.requests()[1];
        let with_body = wanted == method && method != "HEAD";
        assert_eq!(next.method(), wanted, "{status} {method}");
        assert_eq!(next.body, if with_body { &b"payload"[..] } else { b"" }, "{status} {method}");
        assert_eq!(next.header("content-type").is_some(), with_body, "{status} {method}");
    }
}

#[test]
fn other_replies_of_3xx_are_replies() {
    for reply in [
        "HTTP/1.1 304 Not Modified\r\nLocation: /x\r\n\r\n",
        "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n",
    ] {
        let server = always(reply);
        assert_eq!(fetch(&server.url("/")).unwrap(), b"");
        assert_eq!(server.requests().len(), 1);
    }
}
