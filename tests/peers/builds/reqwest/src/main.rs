//! Some URLs at once, each with its bar, into a folder.

use std::error::Error;
use std::path::{Path, PathBuf};

use clap::Parser;
use futures_util::future::try_join_all;
use indicatif::{MultiProgress, ProgressBar};
use reqwest::Client;
use tokio::fs::{self, File};
use tokio::io::AsyncWriteExt;

#[derive(Parser)]
struct Cli {
    urls: Vec<String>,
    #[arg(short, long, default_value = "downloads")]
    output: PathBuf,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let cli = Cli::parse();
    fs::create_dir_all(&cli.output).await?;
    let (client, bars) = (Client::new(), MultiProgress::new());
    try_join_all(cli.urls.iter().map(|url| fetch(&client, url, &cli.output, &bars))).await?;
    Ok(())
}

async fn fetch(client: &Client, url: &str, dir: &Path, bars: &MultiProgress) -> Result<(), Box<dyn Error>> {
    let mut response = client.get(url).send().await?.error_for_status()?;
    let bar = bars.add(ProgressBar::new(response.content_length().unwrap_or(0)));
    let name = url.rsplit('/').next().ok_or("a URL without a name")?;
    let mut file = File::create(dir.join(name)).await?;
    while let Some(chunk) = response.chunk().await? {
        file.write_all(&chunk).await?;
        bar.inc(chunk.len() as u64);
    }
    file.flush().await?;
    bar.finish();
    Ok(())
}
