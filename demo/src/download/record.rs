//! What has become of one file, and how (`--json`): one line of JSON for each file that was asked for.

use std::path::Path;
use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::text;

/// What is told of a file. The fields are those of the JSON, in this order; times are in seconds.
///
/// A file of which nothing was heard has `null` in most. Fields may be added: readers should leave alone what they do
/// not know.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Record {
    /// The URL that was asked for, without a password.
    pub url: String,
    /// Where it led to, if it was redirected.
    pub final_url: Option<String>,
    /// The path of the file. It is there only if the result is `done`.
    pub file: String,
    /// What came of it.
    pub result: Outcome,
    /// The HTTP status of the last reply.
    pub status: Option<u16>,
    /// How many bytes of the file came in this run.
    pub bytes: u64,
    /// How many bytes were there before the last request, from an earlier run or attempt, and did not have to come again.
    /// All, where the file was whole already: then nothing was asked for, and there is no status.
    pub continued: u64,
    /// How many are kept for `--continue`, of a file that is not done.
    pub kept: u64,
    /// How often it was tried again.
    pub retries: u32,
    /// From its turn to its end, waits included.
    #[serde(serialize_with = "seconds")]
    pub seconds: Duration,
    /// The phases of the last request.
    pub times: Times,
    /// The SHA-256 of the whole file in hex, if there was one to compare it with.
    pub sha256: Option<String>,
    /// Why it failed, in one line.
    pub error: Option<String>,
}

/// How it ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Whole, and in its place.
    Done,
    /// It did not come, or was not what it should be.
    Failed,
    /// Ctrl-C came first.
    #[default]
    Stopped,
}

/// How long each phase of a request took. `null`: there was none, as on a connection that was open already.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Times {
    /// To look up the host's name.
    #[serde(serialize_with = "some_seconds")]
    pub lookup: Option<Duration>,
    /// To connect, once its addresses were known.
    #[serde(serialize_with = "some_seconds")]
    pub connect: Option<Duration>,
    /// For the TLS handshake.
    #[serde(serialize_with = "some_seconds")]
    pub tls: Option<Duration>,
    /// To send the request.
    #[serde(serialize_with = "some_seconds")]
    pub sent: Option<Duration>,
    /// From there to the first byte of the reply.
    #[serde(serialize_with = "some_seconds")]
    pub first_byte: Option<Duration>,
}

impl Record {
    /// For a file that is asked for, and of which nothing is known.
    pub fn new(url: &str, dir: &Path, name: &str) -> Record {
        let file = dir.join(name).to_string_lossy().into_owned();
        Record { url: url.to_owned(), file, ..Record::default() }
    }

    /// Whether it was there already, and right: nothing was asked for.
    pub fn was_whole(&self) -> bool {
        self.result == Outcome::Done && self.status.is_none()
    }

    /// As one line of JSON, without a line break.
    ///
    /// ```
    /// use demo::download::record::Record;
    ///
    /// let line = Record::new("http://host/a.txt", "out".as_ref(), "a.txt").line();
    /// assert!(line.starts_with(r#"{"url":"http://host/a.txt","final_url":null,"file":"out/a.txt","result":"stopped","#));
    /// ```
    pub fn line(&self) -> String {
        // Texts and numbers always become JSON.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// How far it got, for the summary of a run that was stopped: `a.txt: 1.00 MB kept`.
    pub fn so_far(&self, name: &str) -> String {
        let state = match (self.kept, self.bytes, self.seconds.is_zero()) {
            (0, 0, true) => "not begun".to_owned(),
            (0, 0, false) => "nothing of it had come".to_owned(),
            (0, bytes, _) => format!("{} thrown away", text::bytes(bytes)),
            (kept, ..) => format!("{} kept", text::bytes(kept)),
        };
        format!("{name}: {state}")
    }
}

fn seconds<S: Serializer>(span: &Duration, out: S) -> Result<S::Ok, S::Error> {
    // Microseconds: more digits say nothing, and make a line hard to read.
    out.serialize_f64((span.as_secs_f64() * 1e6).round() / 1e6)
}

fn some_seconds<S: Serializer>(span: &Option<Duration>, out: S) -> Result<S::Ok, S::Error> {
    match span {
        Some(span) => seconds(span, out),
        None => out.serialize_none(),
    }
}
