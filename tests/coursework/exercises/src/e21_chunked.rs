//! 21 · Chunked decoding
//!
//! # The idea
//! A server that does not know how long its reply will be sends it in *chunks* (RFC 9112 7.1),
//! each with its size in front:
//!
//! ```text
//!   5 CR LF              the size, in hex
//!   hello CR LF          so many bytes of data, and a line end that is none of them
//!   6;name=value CR LF   a size may have extensions behind a ';'
//!   ␣world CR LF
//!   0 CR LF              the last chunk has no data,
//!   Checksum: 1 CR LF    and after it may stand header fields, called trailers;
//!   CR LF                an empty line ends it all
//! ```
//!
//! The decoder does not read a socket. It is *sans-I/O*: bytes go in, the body comes out. So it
//! can be checked byte by byte, and does not care whether it is awaited, or by whom. But what a
//! socket gives is cut up in any way: `5 CR` may be all that a read gives, and the LF comes a
//! second later. So the decoder never looks for a whole line in what it was given. It remembers
//! *where it stands*: a state machine, with a state for each place between two bytes.
//!
//! And the bytes come from somebody who may be wrong, or wish us ill. What is not exactly as
//! above is an error, not a guess.
//!
//! # What to write
//! [`Chunked`]: [`feed`](Chunked::feed) takes bytes, appends those of the body to `body`, and
//! gives how many bytes it took. These are all of them, unless the body ends before: what
//! follows the empty line is not ours.
//!
//! # What is checked
//! - Bodies in one piece, byte by byte, and cut in two at every place give the same. Data is
//!   given as it comes.
//! - Sizes in hex, with small letters, capitals and leading zeros. Extensions and trailers are
//!   skipped. Data that looks like framing is data.
//! - It is done after the empty line, and not before. Bytes after that are not taken: `feed`
//!   gives a smaller number, and then 0.
//! - Refused: a size line without a digit; signs, `0x`, blanks before or letters behind a size;
//!   a size above 64 bits; data without its CR LF; a line that ends with LF alone.
//! - A line has a limit: 128 KiB of an extension or a trailer are refused, 1000 bytes are not.
//!   A large size costs no memory until the data is there.
//! - An error comes with the last byte of the line that is wrong, or before. After one, every
//!   `feed` is an error. Nothing panics, whatever comes.
//!
//! # In the real thing
//! `http-client/src/h1/body.rs`: `Decoder` (it copies nothing, but says which bytes are data).
//! `tests/http_client/body.rs` checks it, and `tests/fuzz` throws garbage at it. The same
//! checks as on yours run on it in `tests/coursework/part_two.rs`.
//!
//! # Traps (TRAPS.md)
//! - 44: a chunk header, a CR LF or a head split across reads.
//! - 45: a connection goes back to the pool with unread bytes: the CR LF of the empty line, for
//!   example.
//! - `usize::from_str_radix(text, 16)` takes `+5`, and digits that overflow are its error, but
//!   not yours if you shift by hand.

/// A decoder for one chunked body.
pub struct Chunked {
    // Where does it stand? And what has it counted?
}

impl Chunked {
    /// At the beginning.
    pub fn new() -> Chunked {
        todo!("Chunked::new")
    }

    /// Takes the next bytes, and gives how many it took: all, unless the body ends before.
    ///
    /// # Errors
    /// If these bytes cannot be: in words, for people.
    pub fn feed(&mut self, input: &[u8], body: &mut Vec<u8>) -> Result<usize, String> {
        todo!("Chunked::feed")
    }

    /// The body is complete.
    pub fn is_done(&self) -> bool {
        todo!("Chunked::is_done")
    }
}
