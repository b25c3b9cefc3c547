//! Basic authentication (RFC 7617): a user and a password in one header field, not hidden, only encoded.

use crate::headers::Headers;
use crate::refused::{Refused, refuse};

/// Says who asks, in place of any Authorization so far.
///
/// # Errors
/// When the user has a `:` in the name: the server would take what follows it for the password (RFC 7617 2).
pub(crate) fn basic(headers: &mut Headers, user: &[u8], password: &[u8]) -> Result<(), Refused> {
    if user.contains(&b':') {
        return refuse("a user for basic authentication cannot have a ':' in the name");
    }
    headers.remove("Authorization");
    headers.append("Authorization", &format!("Basic {}", base64(&[user, b":", password].concat())))
}

/// Base64 (RFC 4648 4): each three bytes as four characters of six bits, the end filled up with `=`.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits =
            group.iter().enumerate().fold(0, |bits, (i, &byte)| bits | u32::from(byte) << (16 - 8 * i));
        for i in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * i)) as usize % 64];
            out.push(if i <= group.len() { char::from(digit) } else { '=' });
        }
    }
    out
}
