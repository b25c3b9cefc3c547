//! `demo get`: one request, the body to stdout or to a file, with curl's flags.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use http_client::{Client, Response};
use runtime::Builder;

use crate::cli::Get;
use crate::save::Partial;
use crate::signal::unless_interrupted;
use crate::{client, event_loop, fail};

/// Runs the command.
pub fn run(args: &Get) -> ExitCode {
    match try_run(args) {
        Ok(code) => code,
        Err(why) => fail(why),
    }
}

fn try_run(args: &Get) -> Result<ExitCode, String> {
    let redirects = args.location.then_some(args.max_redirs as usize);
    let client = client(Client::builder().redirects(redirects), args.cacert.as_deref())?;
    let target = Target::of(args.output.as_deref());
    let runtime = event_loop(Builder::new())?;
    // Only a file has to be tidied up after Ctrl-C. For what is a stream, the signal may end the process as it always
    // does, also while whoever is to read it takes their time.
    let is_file = matches!(target, Target::File(_));
    let getting = get(client, args, target);
    if !is_file {
        return runtime.block_on(getting).map(|()| ExitCode::SUCCESS);
    }
    match runtime.block_on(unless_interrupted(getting)).map_err(text)? {
        Ok(done) => done.map(|()| ExitCode::SUCCESS),
        Err(signal) => Ok(ExitCode::from(signal)),
    }
}

async fn get(client: Client, args: &Get, target: Target<'_>) -> Result<(), String> {
    // Before the request: a place that cannot be written to is said before all of the body has come.
    let sink = target.open()?;
    let mut response = client.get(&args.url).send().await.map_err(text)?;
    if args.fail {
        response = response.error_for_status().map_err(text)?;
    }
    copy(response, sink).await
}

/// Writes the body to its place. Writing blocks, and here it may: this is the only task there is.
async fn copy(mut response: Response, mut sink: Sink) -> Result<(), String> {
    let mut piece = vec![0; 64 * 1024];
    loop {
        match response.read(&mut piece).await.map_err(text)? {
            0 => return sink.done(),
            n => sink.write(&piece[..n])?,
        }
    }
}

/// Where the body is to go.
enum Target<'a> {
    Stdout,
    /// A device or a pipe (`-o /dev/null`).
    Device(&'a Path),
    File(&'a Path),
}

impl<'a> Target<'a> {
    fn of(path: Option<&'a Path>) -> Self {
        match path {
            None => Target::Stdout,
            // Written to as it is: a file that is renamed onto it would replace it.
            Some(path) if fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir()) => {
                Target::Device(path)
            }
            Some(path) => Target::File(path),
        }
    }

    fn open(self) -> Result<Sink, String> {
        let path = match self {
            Target::Stdout => return Ok(Sink::Stream(Box::new(io::stdout().lock()), "stdout".to_owned())),
            Target::Device(path) => {
                let name = path.display().to_string();
                return match File::options().write(true).open(path) {
                    Ok(device) => Ok(Sink::Stream(Box::new(device), name)),
                    Err(e) => Err(format!("cannot write to {name}: {e}")),
                };
            }
            Target::File(path) => path,
        };
        let refuse = || format!("cannot write {}: it is not the name of a file", path.display());
        let name = path.file_name().and_then(|name| name.to_str()).ok_or_else(refuse)?;
        let dir = path.parent().filter(|dir| *dir != Path::new("")).unwrap_or(Path::new("."));
        Partial::create(dir, name).map(Sink::File).map_err(text)
    }
}

/// Where the body goes.
enum Sink {
    /// And how it is called.
    Stream(Box<dyn Write>, String),
    /// It has its name only once it is whole.
    File(Partial),
}

impl Sink {
    fn write(&mut self, bytes: &[u8]) -> Result<(), String> {
        match self {
            Sink::Stream(out, name) => {
                out.write_all(bytes).map_err(|e| format!("cannot write to {name}: {e}"))
            }
            Sink::File(file) => file.write_all(bytes).map_err(text),
        }
    }

    fn done(self) -> Result<(), String> {
        match self {
            Sink::Stream(mut out, name) => out.flush().map_err(|e| format!("cannot write to {name}: {e}")),
            Sink::File(file) => file.commit().map_err(text),
        }
    }
}

fn text(error: impl ToString) -> String {
    error.to_string()
}
