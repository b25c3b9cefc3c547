//! What `-d` sends: texts and files, with `&` between them, as a form does.

use std::fs;
use std::io::{self, Read};

/// The body for these values of `-d`, or `None` without any. It blocks where files and stdin are read.
///
/// A value that begins with `@` names a file, and `@-` is stdin. Of a file line breaks and NULs are left out, as curl
/// does it: forms have none, and editors end files with one.
pub(super) fn body(values: &[String]) -> Result<Option<Vec<u8>>, String> {
    let mut body: Option<Vec<u8>> = None;
    for value in values {
        let piece = match value.strip_prefix('@') {
            None => value.clone().into_bytes(),
            Some(file) => {
                let bytes = read(file).map_err(|e| format!("cannot read the data in {file}: {e}"))?;
                bytes.into_iter().filter(|byte| !matches!(byte, b'\r' | b'\n' | 0)).collect()
            }
        };
        match &mut body {
            None => body = Some(piece),
            Some(body) => {
                body.push(b'&');
                body.extend(piece);
            }
        }
    }
    Ok(body)
}

fn read(file: &str) -> io::Result<Vec<u8>> {
    if file != "-" {
        return fs::read(file);
    }
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(bytes)
}
