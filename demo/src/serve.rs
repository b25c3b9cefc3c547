//! `demo serve`: the embedded server by itself, to try other clients against.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use runtime::Builder;

use crate::cli::Serve;
use crate::server::Server;
use crate::signal::unless_interrupted;
use crate::site::Site;
use crate::{event_loop, fail};

/// Runs the command.
pub fn run(args: &Serve) -> ExitCode {
    let site = match &args.dir {
        None => Site::ten(),
        Some(dir) if dir.is_dir() => Site::folder(dir.clone()),
        Some(dir) => return fail(format!("cannot serve {}: it is not a folder", dir.display())),
    };
    let site = site.latency(args.latency.map(Duration::from_millis)).rate(args.rate);
    let what =
        args.dir.as_ref().map_or("the ten files of the demo".to_owned(), |dir| dir.display().to_string());
    let runtime = match event_loop(Builder::new()) {
        Ok(runtime) => runtime,
        Err(why) => return fail(why),
    };
    let ended = runtime.block_on(async {
        let server = Server::bind(args.port, site).map_err(|e| {
            format!("cannot listen on 127.0.0.1:{}: {e}; choose another with --port", args.port)
        })?;
        let serving = async {
            let _ = writeln!(io::stdout(), "Serving {what} on {} (Ctrl-C ends it)", server.url());
            server.log().run().await;
        };
        unless_interrupted(serving).await.map_err(|e| e.to_string())
    });
    match ended {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(signal)) => ExitCode::from(signal),
        Err(why) => fail(why),
    }
}
