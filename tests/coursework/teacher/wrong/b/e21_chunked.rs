//! 21, wrong: digits fall off at the upper end of a size, and what is left is small (an overflow).
//! says: becomes small, or 0, the end of the body

/// The longest size line; the longest trailers.
const MOST: usize = 16 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Size,
    Extension,
    SizeLf,
    Data,
    DataCr,
    DataLf,
    /// The first byte of a trailer, or the CR of the empty line.
    Line,
    Trailer,
    TrailerLf,
    LastLf,
    Done,
    Broken,
}

pub struct Chunked {
    state: State,
    /// In a size line: the size so far. In data: what is still to come.
    left: u64,
    /// Bytes of this size line, or of the trailers.
    line: usize,
}

impl Chunked {
    pub fn new() -> Chunked {
        Chunked { state: State::Size, left: 0, line: 0 }
    }

    pub fn feed(&mut self, input: &[u8], body: &mut Vec<u8>) -> Result<usize, String> {
        let mut at = 0;
        while let Some(&byte) = input.get(at) {
            match self.state {
                State::Done => break,
                State::Data => {
                    let rest = &input[at..];
                    let here = usize::try_from(self.left).unwrap_or(usize::MAX).min(rest.len());
                    body.extend_from_slice(&rest[..here]);
                    self.left -= here as u64;
                    at += here;
                    if self.left == 0 {
                        self.state = State::DataCr;
                    }
                }
                state => {
                    let next = self.framing(state, byte);
                    self.state = next.unwrap_or(State::Broken);
                    if next.is_none() {
                        let byte = byte.escape_ascii();
                        return Err(format!("broken chunks: '{byte}' cannot stand here ({state:?})"));
                    }
                    at += 1;
                }
            }
        }
        if self.state == State::Broken { Err("the chunks were broken before".into()) } else { Ok(at) }
    }

    pub fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// The state after this byte; `None` if it cannot be.
    fn framing(&mut self, state: State, byte: u8) -> Option<State> {
        use State::*;
        self.line += 1;
        if self.line > MOST {
            return None;
        }
        let next = match (state, byte) {
            (Size, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => {
                let digit = char::from(byte).to_digit(16)?;
                self.left = (self.left << 4) | u64::from(digit);
                Size
            }
            // There was a digit.
            (Size, b';') if self.line > 1 => Extension,
            (Size, b'\r') if self.line > 1 => SizeLf,
            (Extension, b'\r') => SizeLf,
            (Trailer, b'\r') => TrailerLf,
            (Extension | Trailer, b'\n') => return None,
            (Extension, _) => Extension,
            (SizeLf, b'\n') if self.left == 0 => Line,
            (SizeLf, b'\n') => Data,
            (DataCr, b'\r') => DataLf,
            (DataLf, b'\n') => Size,
            (Line, b'\r') => LastLf,
            (Line | Trailer, _) => Trailer,
            (TrailerLf, b'\n') => Line,
            (LastLf, b'\n') => Done,
            _ => return None,
        };
        if matches!(state, SizeLf | DataLf) {
            self.line = 0;
        }
        Some(next)
    }
}
