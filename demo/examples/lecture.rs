//! The lecture's program, line by line: ten files at once, with nothing of the demo around it.
//!
//! ```text
//! cargo run --release -p demo -- serve --port 8000 &
//! cargo run --release -p demo --example lecture http://127.0.0.1:8000
//! ```

use http_client::Client;
use runtime::{join_all, spawn_blocking};

type Done = Result<(), Box<dyn std::error::Error>>;

async fn download(client: &Client, url: String, name: String) -> Done {
    let response = client.get(&url).send().await?.error_for_status()?;
    let bytes = response.bytes().await?;
    let path = name.clone();
    spawn_blocking(move || std::fs::write(path, bytes)).await??;
    println!("Downloaded {name}");
    Ok(())
}

fn main() -> Done {
    let host = std::env::args().nth(1).ok_or("which server?")?;
    runtime::block_on(async {
        let client = Client::new();
        let ten = (1..=10).map(|n| {
            let name = format!("file{n}.txt");
            download(&client, format!("{host}/{name}"), name)
        });
        join_all(ten).await.into_iter().collect()
    })
}
