//! Some URLs at once, each with its bar, into a folder.

use std::error::Error;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Parser;
use http_client::Client;
use indicatif::{MultiProgress, ProgressBar};
use runtime::{block_on, spawn_blocking, try_join_all};

#[derive(Parser)]
struct Cli {
    urls: Vec<String>,
    #[arg(short, long, default_value = "downloads")]
    output: PathBuf,
}

fn main() -> Result<(), Box<dyn Error>> {
    let cli = Cli::parse();
    fs::create_dir_all(&cli.output)?;
    let bars = MultiProgress::new();
    block_on(async {
        let client = Client::new();
        try_join_all(cli.urls.iter().map(|url| fetch(&client, url, &cli.output, &bars))).await?;
        Ok(())
    })
}

async fn fetch(client: &Client, url: &str, dir: &Path, bars: &MultiProgress) -> Result<(), Box<dyn Error>> {
    let mut response = client.get(url).send().await?.error_for_status()?;
    let bar = bars.add(ProgressBar::new(response.content_length().unwrap_or(0)));
    let name = url.rsplit('/').next().ok_or("a URL without a name")?;
    let path = dir.join(name);
    let mut file = spawn_blocking(|| File::create(path)).await??;
    while let Some(chunk) = response.chunk().await? {
        bar.inc(chunk.len() as u64);
        let chunk = chunk.to_vec();
        file = spawn_blocking(move || file.write_all(&chunk).map(|()| file)).await??;
    }
    bar.finish();
    Ok::<_, Box<dyn Error>>(())
}
