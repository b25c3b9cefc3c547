//! The same with reqwest, on tokio's current-thread runtime: a shared client, bodies piece by piece into tokio's files.

use std::cell::Cell;
use std::fs;

use futures::future::join_all;
use reqwest::{Certificate, Client};
use tokio::fs::File;
use tokio::io::AsyncWriteExt;

use super::{AT_ONCE, Order};

type Done = Result<(), Box<dyn std::error::Error>>;

/// Fetches them all.
pub(super) fn run(order: &Order) -> Done {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let authority = Certificate::from_pem(&fs::read(&order.cacert)?)?;
        let client = Client::builder().tls_certs_only([authority]).build()?;
        let next = Cell::new(0);
        let lanes = (0..AT_ONCE.min(order.files)).map(|_| lane(&client, order, &next));
        join_all(lanes).await.into_iter().collect()
    })
}

async fn lane(client: &Client, order: &Order, next: &Cell<usize>) -> Done {
    loop {
        let n = next.get();
        if n == order.files {
            return Ok(());
        }
        next.set(n + 1);
        let mut response = client.get(order.url(n)).send().await?.error_for_status()?;
        let mut file = File::create(order.path(n)).await?;
        while let Some(chunk) = response.chunk().await? {
            file.write_all(&chunk).await?;
        }
        file.flush().await?;
    }
}
