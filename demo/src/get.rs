//! `demo get`: one request, the body to stdout or to a file, with curl's flags.

use std::process::ExitCode;
use std::time::Duration;

use http_client::url::Url;
use http_client::{Client, RequestBuilder, Response};
use runtime::Builder;

use self::sink::{Sink, Target};
use self::watch::{Heads, watch};
use crate::cli::Get;
use crate::signal::unless_interrupted;
use crate::{client, event_loop, fail};

mod data;
mod sink;
mod watch;

/// Runs the command.
pub fn run(args: &Get) -> ExitCode {
    match try_run(args) {
        Ok(code) => code,
        Err(why) => fail(why),
    }
}

fn try_run(args: &Get) -> Result<ExitCode, String> {
    // `host:80/x` is a URL by the rules, of the scheme "host"; but who writes it means another.
    let with_scheme = Url::parse(&format!("http://{}", args.url)).ok();
    if let Some(meant) = with_scheme.filter(|_| args.url.contains(':') && !args.url.contains("://")) {
        return Err(format!("the URL has no http:// or https://: write {meant}"));
    }
    let body = data::body(&args.data)?;
    let heads = (args.head || args.include).then(Heads::default);
    let mut settings = Client::builder()
        .redirects(args.location.then_some(args.max_redirs))
        .timeout(args.max_time)
        .connect_timeout(args.connect_timeout)
        .tls_timeout(args.connect_timeout)
        // As with curl, a server may take its time unless `-m` says how much.
        .head_timeout(Duration::MAX)
        .read_timeout(Duration::MAX);
    if args.verbose || heads.is_some() {
        settings = settings.observer(watch(args.verbose, heads.clone()));
    }
    let client = client(settings, &args.request)?;
    let target = Target::of(args.output.as_deref());
    let runtime = event_loop(Builder::new())?;
    // Only a file has to be tidied up after Ctrl-C. For what is a stream, the signal may end the process as it always
    // does, also while whoever is to read it takes their time.
    let is_file = matches!(target, Target::File(_));
    let getting = async {
        let sink = target.open()?;
        get(request(&client, args, body), args, heads, sink).await
    };
    if !is_file {
        return runtime.block_on(getting).map(|()| ExitCode::SUCCESS);
    }
    match runtime.block_on(unless_interrupted(getting)).map_err(text)? {
        Ok(done) => done.map(|()| ExitCode::SUCCESS),
        Err(signal) => Ok(ExitCode::from(signal)),
    }
}

/// The request that the flags describe.
fn request(client: &Client, args: &Get, body: Option<Vec<u8>>) -> RequestBuilder {
    let usual = match (args.head, &body) {
        (true, _) => "HEAD",
        (_, Some(_)) => "POST",
        _ => "GET",
    };
    let method = args.method.as_deref().unwrap_or(usual);
    let mut request = args.request.apply(client.request(method, &args.url));
    if let Some(body) = body {
        if !args.request.has_header("Content-Type") {
            request = request.header("Content-Type", "application/x-www-form-urlencoded");
        }
        request = request.body(body);
    }
    request
}

async fn get(
    request: RequestBuilder,
    args: &Get,
    heads: Option<Heads>,
    mut sink: Sink,
) -> Result<(), String> {
    let response = request.send().await;
    // Also if it failed: after one redirect too many, the heads tell where they led.
    sink.write(&heads.map(|heads| heads.take()).unwrap_or_default())?;
    let mut response = response.map_err(text)?;
    if args.fail {
        response = response.error_for_status().map_err(text)?;
    }
    if args.head {
        return sink.done();
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

fn text(error: impl ToString) -> String {
    error.to_string()
}
