//! 21: chunked decoding. No loop and no socket: bytes go in, cut up in every way, and the body comes out.

use crate::check::{Check, fault, require, survives};
use crate::log;

/// What the exercise asks for.
pub trait Chunked {
    /// A decoder for one body.
    fn new() -> Self;
    /// Takes the next bytes, appends those of the body to `body`, and says how many were taken: all, unless the body ends
    /// before.
    ///
    /// # Errors
    /// If these bytes cannot be.
    fn feed(&mut self, input: &[u8], body: &mut Vec<u8>) -> Result<usize, String>;
    /// The body is complete.
    fn is_done(&self) -> bool;
}

/// The checks of exercise 21.
pub fn checks<T: Chunked>() -> Vec<Check> {
    const SPINS: &str =
        "`feed` does not return. It takes the bytes that are there, and when they are used up it says so.";
    vec![
        Check::new("two chunks in one piece", one_piece::<T>).hang(0, SPINS),
        Check::new("the same byte by byte", byte_by_byte::<T>).hang(44, SPINS),
        Check::new("the same cut in two at every place", cut_anywhere::<T>).hang(44, SPINS),
        Check::new("data is given as it comes, not chunk by chunk", as_it_comes::<T>).hang(0, SPINS),
        Check::new("a size is hex, in small letters or capitals", hex::<T>).hang(0, SPINS),
        Check::new("data may look like framing", looks_like_framing::<T>).hang(0, SPINS),
        Check::new("extensions are skipped", extensions::<T>).hang(0, SPINS),
        Check::new("it ends with the empty line, not with the size of 0", final_line::<T>).hang(0, SPINS),
        Check::new("trailers are skipped", trailers::<T>).hang(0, SPINS),
        Check::new("what comes after the end is not taken", after_the_end::<T>).hang(45, SPINS),
        Check::new("a size line without a size is refused", no_size::<T>).hang(0, SPINS),
        Check::new("so is one that is no plain hex number", not_a_size::<T>).hang(0, SPINS),
        Check::new("so is one that fits into no 64 bits", overflow::<T>).hang(0, SPINS),
        Check::new("a large size is only a claim: no memory is set aside", claims::<T>).hang(0, SPINS),
        Check::new("data without its CR LF is refused", no_end_of_data::<T>).hang(0, SPINS),
        Check::new("a bare LF ends no line", bare_lf::<T>).hang(0, SPINS),
        Check::new("lines without end are refused", endless::<T>).hang(0, SPINS),
        Check::new("what is broken stays broken", stays_broken::<T>).hang(0, SPINS),
    ]
}

/// What came of some bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Decoded {
    body: Vec<u8>,
    taken: usize,
    done: bool,
}

/// Bytes, for a message: not too many.
fn shown(bytes: &[u8]) -> String {
    begin(bytes, 40)
}

/// The first bytes, and how many they are.
fn begin(bytes: &[u8], most: usize) -> String {
    let text = bytes[..bytes.len().min(most)].escape_ascii();
    if bytes.len() > most { format!("\"{text}…\" ({} bytes)", bytes.len()) } else { format!("\"{text}\"") }
}

fn feed<T: Chunked>(decoder: &mut T, piece: &[u8], body: &mut Vec<u8>) -> Result<usize, String> {
    let fed = decoder.feed(piece, body);
    let said = fed.as_ref().map_or_else(|_| "an error".to_owned(), |taken| format!("took {taken}"));
    log::event(format_args!("feed {}: {said}; body {}", begin(piece, 12), begin(body, 12)));
    if let Ok(taken) = fed {
        require(taken <= piece.len(), 0, || {
            format!("`feed` got {} bytes and says that it took {taken}.", piece.len())
        });
        require(taken == piece.len() || decoder.is_done(), 44, || {
            format!(
                "`feed` got {}, took {taken} of its {} bytes, and is not done. What it does not take it never sees again: \
                 it remembers where it stands, instead.",
                shown(piece),
                piece.len()
            )
        });
    }
    fed
}

fn decode<'a, T: Chunked>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<Decoded, String> {
    let (mut decoder, mut body, mut all) = (T::new(), Vec::new(), 0);
    for piece in pieces {
        let taken = feed(&mut decoder, piece, &mut body)?;
        all += taken;
        if taken < piece.len() {
            break;
        }
    }
    Ok(Decoded { body, taken: all, done: decoder.is_done() })
}

/// These pieces must give this body, be taken up to this byte, and be done.
fn must_give<T: Chunked>(trap: u8, pieces: &[&[u8]], body: &[u8], taken: usize, why: &str) {
    let told = || {
        let parts: Vec<String> = pieces.iter().take(4).map(|piece| shown(piece)).collect();
        let more = if pieces.len() > 4 { " and so on" } else { "" };
        format!("Fed with {}{more}, ", parts.join(", then "))
    };
    match decode::<T>(pieces.iter().copied()) {
        Err(e) => fault(trap, format!("{}the decoder gave the error \"{e}\". {why}", told())),
        Ok(decoded) => {
            require(decoded.body == body, trap, || {
                format!(
                    "{}the decoder gave the body {}, not {}. {why}",
                    told(),
                    shown(&decoded.body),
                    shown(body)
                )
            });
            require(decoded.done, trap, || format!("{}the decoder is not done. {why}", told()));
            require(decoded.taken == taken, trap, || {
                format!("{}the decoder took {} bytes, not {taken}. {why}", told(), decoded.taken)
            });
        }
    }
}

/// These bytes must be refused, in one piece and byte by byte.
fn must_refuse<T: Chunked>(trap: u8, bytes: &[u8], why: &str) {
    for how in ["in one piece", "byte by byte"] {
        let size = if how == "byte by byte" { 1 } else { bytes.len() };
        if let Ok(decoded) = decode::<T>(bytes.chunks(size)) {
            let end = if decoded.done { "and says that it is complete" } else { "and waits for more" };
            fault(
                trap,
                format!(
                    "Fed with {} {how}, the decoder gave the body {} {end}. {why}",
                    shown(bytes),
                    shown(&decoded.body)
                ),
            );
        }
    }
}

const TWO: &[u8] = b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n";

fn one_piece<T: Chunked>() {
    must_give::<T>(
        0,
        &[TWO],
        b"hello world",
        TWO.len(),
        "A chunk is: size in hex, CR LF, data, CR LF. One of size 0 is the last.",
    );
    must_give::<T>(0, &[b"0\r\n\r\n"], b"", 5, "A body may be empty: the last chunk is the first.");
    must_give::<T>(0, &[b"", TWO, b""], b"hello world", TWO.len(), "No bytes are no news.");
}

fn byte_by_byte<T: Chunked>() {
    let pieces: Vec<&[u8]> = TWO.chunks(1).collect();
    must_give::<T>(
        44,
        &pieces,
        b"hello world",
        TWO.len(),
        "A read gives what has come, cut anywhere: also in the middle of a size line.",
    );
}

fn cut_anywhere<T: Chunked>() {
    for (bytes, body) in [
        (TWO, &b"hello world"[..]),
        (b"00a;x=\"y z\"\r\n0123456789\r\n1\r\n!\r\n000;last\r\nSum: 1\r\nOther:\r\n\r\n", b"0123456789!"),
        (b"2\r\n\r\n\r\n0\r\n\r\n", b"\r\n"),
    ] {
        for cut in 0..=bytes.len() {
            let (a, b) = bytes.split_at(cut);
            let why = format!(
                "That is a cut at byte {cut}. In one piece it must come to the same: where a read ends means nothing."
            );
            must_give::<T>(44, &[a, b], body, bytes.len(), &why);
        }
    }
}

fn as_it_comes<T: Chunked>() {
    let (mut decoder, mut body) = (T::new(), Vec::new());
    let fed = feed(&mut decoder, b"a\r\nhalf ", &mut body);
    require(fed == Ok(8) && body == b"half ", 0, || {
        format!(
            "Of a chunk of 10 bytes 5 have come, and the decoder has given {} ({fed:?}). Data goes on at once: a chunk may be \
             larger than the memory, and slower than anybody's patience.",
            shown(&body)
        )
    });
}

fn hex<T: Chunked>() {
    for (size, len) in [("a", 10), ("B", 11), ("1f", 31), ("1F", 31), ("0010", 16), ("100", 256)] {
        let data = vec![b'x'; len];
        let bytes = [size.as_bytes(), b"\r\n", &data, b"\r\n0\r\n\r\n"].concat();
        must_give::<T>(0, &[&bytes], &data, bytes.len(), &format!("{size} is {len} in hex."));
    }
}

fn looks_like_framing<T: Chunked>() {
    let bytes = b"9\r\n\r\n0\r\n\r\n\r\n\r\n0\r\n\r\n";
    must_give::<T>(
        0,
        &[bytes],
        b"\r\n0\r\n\r\n\r\n",
        bytes.len(),
        "Of the data nothing is looked at: it is counted.",
    );
}

fn extensions<T: Chunked>() {
    for line in ["5;name=value", "5;a;b=c", "5;q=\"0;1\"", "5;5"] {
        let bytes = format!("{line}\r\nhello\r\n0;end\r\n\r\n");
        must_give::<T>(
            0,
            &[bytes.as_bytes()],
            b"hello",
            bytes.len(),
            "What stands behind a ';' in a size line is not for us.",
        );
    }
}

fn final_line<T: Chunked>() {
    const WHY: &str = "After the last chunk come trailers, if any, and an empty line. Left unread, its CR LF is the beginning of the \
                       next reply on this connection.";
    let bytes = b"1\r\nx\r\n0\r\n\r\n";
    for end in [bytes.len() - 2, bytes.len() - 1] {
        let (mut decoder, mut body) = (T::new(), Vec::new());
        let fed = feed(&mut decoder, &bytes[..end], &mut body);
        require(fed.is_ok() && !decoder.is_done(), 0, || {
            format!(
                "Fed with {}, the decoder said {fed:?}, and is_done: {}. {WHY}",
                shown(&bytes[..end]),
                decoder.is_done()
            )
        });
        let fed = feed(&mut decoder, &bytes[end..], &mut body);
        require(fed == Ok(bytes.len() - end) && decoder.is_done(), 0, || {
            format!(
                "Then {} came, and it said {fed:?}, and is_done: {}. {WHY}",
                shown(&bytes[end..]),
                decoder.is_done()
            )
        });
    }
}

fn trailers<T: Chunked>() {
    let bytes = b"5\r\nhello\r\n0\r\nChecksum: 1\r\nX: 0\r\n\r\n";
    must_give::<T>(
        0,
        &[bytes],
        b"hello",
        bytes.len(),
        "Between the last chunk and the empty line may stand header fields: they are no part of the body.",
    );
    let pieces: Vec<&[u8]> = bytes.chunks(1).collect();
    must_give::<T>(
        44,
        &pieces,
        b"hello",
        bytes.len(),
        "Between the last chunk and the empty line may stand header fields.",
    );
}

fn after_the_end<T: Chunked>() {
    let next = b"HTTP/1.1 200 OK\r\n";
    let bytes = [TWO, next].concat();
    let why = "What follows the body is the next reply: whoever reads the connection needs it.";
    must_give::<T>(45, &[&bytes], b"hello world", TWO.len(), why);
    let (mut decoder, mut body) = (T::new(), Vec::new());
    let _ = feed(&mut decoder, TWO, &mut body);
    let fed = feed(&mut decoder, next, &mut body);
    require(fed == Ok(0) && body == b"hello world", 45, || {
        format!(
            "The body was complete. Then the decoder was fed with {}, and said {fed:?}, not Ok(0). {why}",
            shown(next)
        )
    });
}

fn no_size<T: Chunked>() {
    const WHY: &str = "A size has at least one digit. Where the empty line is taken for a size of 0, a stream that is cut in a \
                       strange place looks complete.";
    for bytes in [&b"\r\n\r\n"[..], b";x\r\n\r\n", b"5\r\nhello\r\n\r\n\r\n"] {
        must_refuse::<T>(0, bytes, WHY);
    }
}

fn not_a_size<T: Chunked>() {
    const WHY: &str = "A size is hex digits, and nothing else. Whoever takes more than that sees other chunks than the proxy before \
                       him, and that is how replies are smuggled. (`from_str_radix` takes a '+'.)";
    for size in ["+5", "-5", "0x5", " 5", "5_", "5 5", "g", "5h", "٥"] {
        let bytes = format!("{size}\r\nhello\r\n0\r\n\r\n");
        must_refuse::<T>(0, bytes.as_bytes(), WHY);
    }
}

fn overflow<T: Chunked>() {
    const WHY: &str = "A number that does not fit is refused. One whose upper digits fall off becomes small, or 0, the end of the body: \
                       and the data becomes framing.";
    for size in ["10000000000000000", "10000000000000005", "fffffffffffffffffffffffff"] {
        let bytes = format!("{size}\r\nhello\r\n0\r\n\r\n");
        survives(
            0,
            "A size of more than 64 bits made the decoder panic: `checked_mul` says None instead.",
            || {
                must_refuse::<T>(0, bytes.as_bytes(), WHY);
            },
        );
    }
}

fn claims<T: Chunked>() {
    for size in ["40000000", "7fffffffffffffff"] {
        let bytes = format!("{size}\r\nabc");
        let mut body = Vec::new();
        let fed = survives(
            0,
            &format!(
                "A chunk announced as {size} (hex) bytes, of which 3 came, made the decoder panic. What a size says is what somebody claims."
            ),
            || feed(&mut T::new(), bytes.as_bytes(), &mut body),
        );
        require(fed == Ok(bytes.len()) && body == b"abc", 0, || {
            format!(
                "Of a chunk of {size} (hex) bytes 3 came, and the decoder said {fed:?} and gave {}.",
                shown(&body)
            )
        });
        require(body.capacity() < 1 << 20, 0, || {
            format!(
                "Of a chunk of {size} (hex) bytes 3 came, and {} bytes of memory are set aside for the body. A peer that only claims a \
                 size must cost nothing: memory is for what came.",
                body.capacity()
            )
        });
    }
}

fn no_end_of_data<T: Chunked>() {
    const WHY: &str = "After the data of a chunk stands CR LF, nothing else. If it does not, the size was wrong, and all that follows is.";
    for bytes in [
        &b"5\r\nhello0\r\n\r\n"[..],
        b"5\r\nhelloXX0\r\n\r\n",
        b"5\r\nhello\rX0\r\n\r\n",
        b"4\r\nhello\r\n0\r\n\r\n",
    ] {
        must_refuse::<T>(0, bytes, WHY);
    }
}

fn bare_lf<T: Chunked>() {
    const WHY: &str =
        "Lines end with CR LF. What is one line to us and two to another is how replies are smuggled.";
    for bytes in [
        &b"5\nhello\r\n0\r\n\r\n"[..],
        b"5\r\nhello\n0\r\n\r\n",
        b"5;x\nhello\r\n0\r\n\r\n",
        b"5\r\nhello\r\n0\n\n",
    ] {
        must_refuse::<T>(0, bytes, WHY);
    }
}

fn endless<T: Chunked>() {
    const MOST: usize = 128 << 10;
    let piece = [b'a'; 1024];
    for (begin, what) in [(&b"5;"[..], "extension"), (b"0\r\nX: ", "trailer")] {
        let (mut decoder, mut body) = (T::new(), Vec::new());
        let mut fed = feed(&mut decoder, begin, &mut body);
        let mut all = begin.len();
        while fed.is_ok() && all < MOST {
            fed = decoder.feed(&piece, &mut body);
            all += piece.len();
        }
        require(fed.is_err(), 0, || {
            format!(
                "{all} bytes of one {what} came, and the decoder goes on. Who keeps such a line keeps all memory; who skips it reads \
                 for ever, and gives nothing. Count the bytes of a line, and give up at a limit."
            )
        });
    }
    // But what is used is taken.
    let long = format!("5;{}\r\nhello\r\n0\r\nX: {}\r\n\r\n", "a".repeat(1000), "b".repeat(1000));
    must_give::<T>(
        0,
        &[long.as_bytes()],
        b"hello",
        long.len(),
        "An extension and a trailer of 1000 bytes are long, and not too long.",
    );
}

fn stays_broken<T: Chunked>() {
    let (mut decoder, mut body) = (T::new(), Vec::new());
    let first = feed(&mut decoder, b"5\r\nhelloXX\r\n", &mut body);
    require(first.is_err(), 0, || format!("Data without its CR LF: the decoder said {first:?}."));
    let second = feed(&mut decoder, b"0\r\n\r\n", &mut body);
    require(second.is_err() && !decoder.is_done(), 0, || {
        format!(
            "After an error the decoder went on: fed with more, it said {second:?}, and is_done: {}. Nobody knows any more where a \
             chunk begins: it stays an error.",
            decoder.is_done()
        )
    });
    require(body == b"hello", 0, || format!("And the body is {}, not \"hello\".", shown(&body)));
}
