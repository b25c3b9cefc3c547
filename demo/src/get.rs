//! `demo get`: one request, the body to stdout or to a file, with curl's flags.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use http_client::tls::Certificates;
use http_client::{Client, Response};
use runtime::Runtime;

use crate::cli::Get;
use crate::fail;
use crate::save::Partial;
use crate::signal::unless_interrupted;

/// Runs the command.
pub fn run(args: &Get) -> ExitCode {
    let runtime = match Runtime::new() {
        Ok(runtime) => runtime,
        Err(e) => return fail(format!("the event loop could not be made: {e}")),
    };
    // Only a file has to be tidied up after Ctrl-C. Without one the signal may end the process as it always does, also
    // while whoever reads our stdout takes his time.
    let done = match args.output {
        Some(_) => runtime.block_on(unless_interrupted(get(args))),
        None => Ok(Ok(runtime.block_on(get(args)))),
    };
    match done {
        Ok(Ok(Ok(()))) => ExitCode::SUCCESS,
        Ok(Ok(Err(why))) => fail(why),
        Ok(Err(signal)) => ExitCode::from(signal),
        Err(e) => fail(e),
    }
}

async fn get(args: &Get) -> Result<(), String> {
    let redirects = args.location.then_some(args.max_redirs as usize);
    let mut builder = Client::builder().redirects(redirects);
    if let Some(path) = &args.cacert {
        builder = builder.add_root_certificates(&Certificates::from_pem_file(path).map_err(text)?);
    }
    let mut response = builder.build().get(&args.url).send().await.map_err(text)?;
    if args.fail {
        response = response.error_for_status().map_err(text)?;
    }
    match &args.output {
        None => copy(response, &mut Stdout(io::stdout().lock())).await,
        Some(path) => to_file(response, path).await,
    }
}

/// Writes the body to where it shall go. Writing blocks, and here it may: this is the only task there is.
async fn copy(mut response: Response, out: &mut dyn Sink) -> Result<(), String> {
    let mut piece = vec![0; 64 * 1024];
    loop {
        match response.read(&mut piece).await.map_err(text)? {
            0 => return out.done(),
            n => out.write(&piece[..n])?,
        }
    }
}

async fn to_file(response: Response, path: &Path) -> Result<(), String> {
    // A device or a pipe (`-o /dev/null`) is written to as it is: a file that is renamed onto it would replace it.
    if fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
        let file = fs::File::options().write(true).open(path);
        let mut file = Device(file.map_err(|e| format!("cannot write {}: {e}", path.display()))?);
        return copy(response, &mut file).await;
    }
    let refuse = || format!("cannot write {}: it is not the name of a file", path.display());
    let name = path.file_name().and_then(|name| name.to_str()).ok_or_else(refuse)?;
    let dir = match path.parent() {
        Some(dir) if dir != Path::new("") => dir,
        _ => Path::new("."),
    };
    let mut file = Whole(Some(Partial::create(dir, name).map_err(text)?));
    copy(response, &mut file).await
}

/// Where a body goes.
trait Sink {
    fn write(&mut self, bytes: &[u8]) -> Result<(), String>;
    fn done(&mut self) -> Result<(), String>;
}

struct Stdout<'a>(io::StdoutLock<'a>);

impl Sink for Stdout<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.0.write_all(bytes).map_err(|e| format!("cannot write to stdout: {e}"))
    }

    fn done(&mut self) -> Result<(), String> {
        self.0.flush().map_err(|e| format!("cannot write to stdout: {e}"))
    }
}

struct Device(fs::File);

impl Sink for Device {
    fn write(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.0.write_all(bytes).map_err(|e| format!("cannot write the body: {e}"))
    }

    fn done(&mut self) -> Result<(), String> {
        Ok(())
    }
}

/// A file that has its name only once it is whole.
struct Whole(Option<Partial>);

impl Sink for Whole {
    fn write(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.0.as_mut().map_or(Ok(()), |file| file.write_all(bytes)).map_err(text)
    }

    fn done(&mut self) -> Result<(), String> {
        self.0.take().map_or(Ok(()), Partial::commit).map_err(text)
    }
}

fn text(error: impl ToString) -> String {
    error.to_string()
}
