//! 21, wrong: it wants a whole line in one piece, and a whole chunk (trap 44).
//! says: trap 44

pub struct Chunked {
    left: usize,
    done: bool,
    in_data: bool,
}

impl Chunked {
    pub fn new() -> Chunked {
        Chunked { left: 0, done: false, in_data: false }
    }

    pub fn feed(&mut self, input: &[u8], body: &mut Vec<u8>) -> Result<usize, String> {
        let mut at = 0;
        while !self.done && at < input.len() {
            let rest = &input[at..];
            if self.in_data {
                if rest.len() < self.left + 2 {
                    return Ok(at);
                }
                body.extend_from_slice(&rest[..self.left]);
                at += self.left + 2;
                self.in_data = false;
                continue;
            }
            let Some(end) = rest.windows(2).position(|pair| pair == b"\r\n") else { return Ok(at) };
            let line = String::from_utf8_lossy(&rest[..end]).into_owned();
            let size = line.split(';').next().unwrap_or_default();
            self.left = usize::from_str_radix(size, 16).map_err(|e| format!("{size:?} is no size: {e}"))?;
            at += end + 2;
            if self.left == 0 {
                self.done = true;
                at += 2;
            }
            self.in_data = !self.done;
        }
        Ok(at.min(input.len()))
    }

    pub fn is_done(&self) -> bool {
        self.done
    }
}
