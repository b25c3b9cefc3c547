//! A request, as a scripted server received and recorded it.

/// A request as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The number of the connection it came over, from 0.
    pub connection: usize,
    /// The raw bytes of the head, with the empty line that ends it.
    pub head: Vec<u8>,
    /// The body, if the head announced one with `Content-Length`.
    pub body: Vec<u8>,
}

impl Request {
    /// The head as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.head).expect("a request head in UTF-8")
    }

    /// `GET`, `HEAD`, …
    pub fn method(&self) -> &str {
        self.text().split(' ').next().unwrap_or_default()
    }

    /// What is asked for: path and query, mostly.
    pub fn target(&self) -> &str {
        self.text().split(' ').nth(1).unwrap_or_default()
    }

    /// The value of the first field of this name, without the blanks around it.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers(name).next()
    }

    /// The values of all fields of this name.
    pub fn headers(&self, name: &str) -> impl Iterator<Item = &str> {
        let fields = self.text().lines().skip(1).filter_map(|line| line.split_once(':'));
        fields.filter(move |(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }
}
