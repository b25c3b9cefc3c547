//! What may go wrong at the server with one request.

use std::time::Duration;

use super::dice::Dice;
use super::reply::Reply;

/// What the server does instead of a plain answer.
#[derive(Clone, Debug)]
pub(super) enum Trouble {
    /// Another reply than the file, of this status and with these fields.
    Status(&'static str, String),
    /// These fields as well, in the head of the file.
    Field(&'static str),
    /// A part whose `Content-Range` is not what was asked for.
    WrongRange,
    /// The reply is cut at this share of it; what follows is this.
    Cut(At, End),
    /// From there on it comes in a few pieces, with so long between two of them.
    Drip(At, Duration),
    /// Bytes that do not belong there.
    Garbage(At),
    /// All of the reply; and at once, on the same connection, one with so long a body that nobody has asked for.
    Unasked(usize),
    /// 503; and a moment later, on the same connection, what nobody has asked for.
    BusyThenUnasked,
    /// All of it; and so long after that the connection is closed without a word.
    ClosesLater(Duration),
}

/// A place in a reply.
#[derive(Clone, Copy, Debug)]
pub(super) enum At {
    /// Before its first byte.
    Begin,
    /// Within the head.
    Head(f64),
    /// Within the body, its framing included.
    Body(f64),
    /// Within the size line of a chunk, if there is one.
    Size(f64),
}

/// How a connection ends too early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Close,
    Reset,
    /// It does not end; but nothing more comes.
    Hang,
    /// Its direction ends; and nothing more is done.
    HalfClose,
}

impl Trouble {
    pub(super) fn of(dice: &Dice) -> Trouble {
        let share = dice.share();
        let body = At::Body(share);
        let at = dice.one_of(&[At::Begin, At::Head(share), body, body, body, body, At::Size(share)]);
        match dice.below(0..22) {
            0..12 => {
                let ends = [End::Close, End::Close, End::Reset, End::Hang, End::HalfClose];
                Trouble::Cut(at, dice.one_of(&ends))
            }
            12 | 13 => Trouble::Drip(at, dice.millis(50_000)),
            14 => Trouble::Garbage(at),
            15 => Trouble::Unasked(dice.one_of(&[5, 40_000])),
            16 => Trouble::ClosesLater(dice.millis(2000)),
            17 => Trouble::WrongRange,
            18 => Trouble::BusyThenUnasked,
            19 => {
                let asks = ["", "Retry-After: 3\r\n", "Retry-After: 1\r\n", "Retry-After: 100000\r\n"];
                Trouble::Status("503 Service Unavailable", dice.one_of(&asks).to_owned())
            }
            20 => {
                let to = ["http://nobody.test/", "http://a.test:81/x", "ftp://a.test/", "//\u{7f}/"];
                Trouble::Status("302 Found", format!("Location: {}\r\n", dice.one_of(&to)))
            }
            _ => match dice.one_of(&[
                "500 Oops",
                "416 Range Not Satisfiable",
                "204 No Content",
                "404 Not Found",
                "",
            ]) {
                "" => Trouble::Field("Content-Encoding: gzip\r\n"),
                status => Trouble::Status(status, String::new()),
            },
        }
    }

    /// How many retries make up for it; `None` if none does.
    pub(super) fn cost(&self) -> Option<usize> {
        match self {
            // The client notices, and sees to it by itself.
            Trouble::Unasked(_) | Trouble::ClosesLater(_) => Some(0),
            // (A size line that drips is silence: none of the body comes.)
            Trouble::Cut(..) | Trouble::Drip(..) | Trouble::BusyThenUnasked => Some(1),
            Trouble::Status(status, fields) if !fields.contains("100000") => {
                status.starts_with('5').then_some(1)
            }
            _ => None,
        }
    }
}

impl At {
    /// Its offset in the reply.
    pub(super) fn of(self, reply: &Reply, dice: &Dice) -> usize {
        let within = |start: usize, end: usize, share: f64| start + ((end - start) as f64 * share) as usize;
        match self {
            At::Begin => 0,
            At::Head(share) => within(0, reply.head, share),
            At::Size(share) if !reply.sizes.is_empty() => {
                let line = &reply.sizes[dice.below(0..reply.sizes.len())];
                within(line.start, line.end, share)
            }
            At::Body(share) | At::Size(share) => within(reply.head, reply.bytes.len(), share),
        }
    }
}
