//! What `-v` tells on stderr, and the heads that `-i` and `-I` print.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

use http_client::Event;

use crate::text;

/// Fields whose value is not shown: what `-v` prints is sent to others for advice. (curl shows it.)
const SECRETS: [&str; 4] = ["authorization", "proxy-authorization", "cookie", "set-cookie"];

/// The heads of all replies so far, those of redirects and the interim ones included, as they came.
pub(super) type Heads = Rc<RefCell<Vec<u8>>>;

/// An observer for the client: it collects heads, and tells what happens if that is wanted.
pub(super) fn watch(tells: bool, heads: Option<Heads>) -> impl Fn(Event<'_>) {
    move |event| {
        if let (Event::Reply(head), Some(heads)) = (event, &heads) {
            heads.borrow_mut().extend_from_slice(head.raw());
        }
        if tells {
            // If stderr is closed there is nobody to tell.
            let _ = io::stderr().write_all(told(event).as_bytes());
        }
    }
}

/// In curl's form: `* ` before what is said, `> ` before what is sent, `< ` before what came.
fn told(event: Event<'_>) -> String {
    match event {
        Event::Connected { host, port, peer } => {
            let peer = peer.map_or(String::new(), |peer| format!(" ({})", peer.ip()));
            format!("* Connected to {host}{peer} port {port}\n")
        }
        Event::Secured { protocol, cipher } => format!("* TLS: {protocol}, {cipher}\n"),
        Event::Reused { .. } => "* Using an open connection again\n".to_owned(),
        Event::Request(head) => lines("> ", head),
        Event::Reply(head) => lines("< ", head.raw()),
        _ => String::new(),
    }
}

fn lines(mark: &str, head: &[u8]) -> String {
    let head = String::from_utf8_lossy(head);
    head.lines().fold(String::new(), |out, line| {
        let name = line.split(':').next().unwrap_or_default();
        let line = match SECRETS.iter().any(|secret| secret.eq_ignore_ascii_case(name)) {
            true => format!("{name}: ***"),
            false => text::one_line(line),
        };
        out + mark + &line + "\n"
    })
}
