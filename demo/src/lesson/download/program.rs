//! The program of the lecture, as in `demo/examples/lecture.rs`: but its server is here, on the same loop, and its files
//! go into a folder that is removed. Then the same with a file that there is not, in both ways to go on.

use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use http_client::Client;
use runtime::{Builder, Task, gather, join_all, spawn_blocking, try_join_all};

use super::folder::Folder;
use crate::lesson::{Outcome, Stage};
use crate::server::{GROUP, Server};
use crate::site::Site;

type Done = Result<(), Box<dyn Error>>;

/// How many files there are.
pub const FILES: usize = 10;

/// One file.
async fn download(client: &Client, url: String, name: String, folder: &Path) -> Done {
    let response = client.get(&url).send().await?.error_for_status()?;
    let bytes = response.bytes().await?;
    let path = folder.join(name);
    spawn_blocking(move || std::fs::write(path, bytes)).await??;
    Ok(())
}

/// All ten, at once.
pub(super) fn ten(stage: &Stage) -> Outcome<Ten> {
    let folder = Folder::new()?;
    let (times, together) = stage.runtime("ten files at once", Builder::new())?.block_on(async {
        let (client, host) = (Client::new(), serve(Site::ten())?);
        let start = Instant::now();
        let ten = (1..=FILES).map(|n| {
            let name = format!("file{n}.txt");
            let (client, folder, url) = (&client, folder.path(), format!("{host}{name}"));
            async move { download(client, url, name, folder).await.map(|()| start.elapsed()) }
        });
        let times = join_all(ten).await.into_iter().collect::<Result<Vec<_>, _>>()?;
        Ok::<_, Box<dyn Error>>((times, start.elapsed()))
    })?;
    let (files, bytes) = folder.contents()?;
    // Each began at the start, so what it took is what it would have taken alone, or more.
    Ok(Ten {
        files,
        bytes,
        together,
        slowest: times.iter().max().copied().unwrap_or_default(),
        summed: times.iter().sum(),
    })
}

/// What came of ten files.
#[derive(Debug)]
pub struct Ten {
    /// How many are in the folder.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// How long all took, at once.
    pub together: Duration,
    /// How long the slowest took.
    pub slowest: Duration,
    /// What their times come to, one after the other.
    pub summed: Duration,
}

/// The ten, but one of them is not there: until the first error, and then to the end; from the same server.
pub(super) fn failing(stage: &Stage) -> Outcome<[Failing; 2]> {
    stage.runtime("one is missing: try_join_all, then gather", Builder::new())?.block_on(async {
        // Each takes a while; that there is no such file is said at once.
        let site = Site::ten().latency(Some(Duration::from_millis(100))).rate(Some(10_000_000));
        let host = serve(site)?;
        Ok([until_the_first_error(&host).await?, to_the_end(&host).await?])
    })
}

/// The first error ends it: what is still on its way is dropped.
async fn until_the_first_error(host: &str) -> Outcome<Failing> {
    let (client, folder, start) = (Client::new(), Folder::new()?, Instant::now());
    let done = try_join_all(one_is_missing(&client, host, folder.path())).await;
    Failing::of(done.err(), start, &folder)
}

/// Waits for all, and keeps all results: those that failed, and those that panicked, too.
async fn to_the_end(host: &str) -> Outcome<Failing> {
    let (client, folder, start) = (Client::new(), Folder::new()?, Instant::now());
    let results = gather(one_is_missing(&client, host, folder.path())).await;
    let errors =
        results.into_iter().filter_map(|result| result.map_or_else(|panic| Some(panic.into()), Done::err));
    Failing::of(errors, start, &folder)
}

fn one_is_missing(
    client: &Client,
    host: &str,
    folder: &Path,
) -> impl Iterator<Item = impl Future<Output = Done>> {
    let names = (1..=FILES).map(|n| if n == 4 { "missing.txt".into() } else { format!("file{n}.txt") });
    names.map(move |name| download(client, format!("{host}{name}"), name, folder))
}

/// What came of ten files of which one is missing.
#[derive(Debug)]
pub struct Failing {
    /// How many are in the folder.
    pub files: usize,
    /// The errors that were given.
    pub errors: Vec<String>,
    /// How long it took.
    pub took: Duration,
}

impl Failing {
    fn of(
        errors: impl IntoIterator<Item = Box<dyn Error>>,
        start: Instant,
        folder: &Folder,
    ) -> Outcome<Failing> {
        let took = start.elapsed();
        let errors = errors.into_iter().map(|error| error.to_string()).collect();
        Ok(Failing { files: folder.contents()?.0, errors, took })
    }
}

/// Starts the server, beside all else on the loop. Gives its URL.
fn serve(site: Site) -> Result<String, Box<dyn Error>> {
    let server = Server::bind(0, site)?;
    let url = server.url();
    Task::new().name("the server").group(GROUP).spawn(server.run());
    Ok(url)
}
