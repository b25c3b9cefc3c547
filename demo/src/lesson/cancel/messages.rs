//! Messages, each received with a time limit: what is safe, and what is lost.

use std::time::Duration;

use runtime::sync::mpsc;
use runtime::{Task, sleep, timeout};

const LIMIT: Duration = Duration::from_millis(20);
/// How many messages are sent.
pub const MESSAGES: usize = 3;

/// Safe: the limit is on the waiting alone. Given up, `recv` has taken nothing.
pub(super) async fn careful() -> Received {
    let mut messages = sent();
    let mut received = Received::default();
    loop {
        match timeout(LIMIT, messages.recv()).await {
            Ok(Some(_)) => {
                save().await;
                received.saved += 1;
            }
            Ok(None) => return received,
            Err(_) => received.given_up += 1,
        }
    }
}

/// Not safe: the limit is on taking and saving. Given up in between, the message is in neither place.
pub(super) async fn careless() -> Received {
    let mut messages = sent();
    let mut received = Received::default();
    loop {
        let take_and_save = async {
            let message = messages.recv().await;
            if message.is_some() {
                save().await;
            }
            message
        };
        match timeout(LIMIT, take_and_save).await {
            Ok(Some(_)) => received.saved += 1,
            Ok(None) => return received,
            Err(_) => received.given_up += 1,
        }
    }
}

async fn save() {
    sleep(2 * LIMIT).await;
}

/// Messages of somebody who takes longer for each than the limit.
fn sent() -> mpsc::Receiver<usize> {
    let (sender, messages) = mpsc::channel(MESSAGES);
    Task::new().name("sender").spawn(async move {
        for message in 0..MESSAGES {
            sleep(3 * LIMIT).await;
            let _ = sender.send(message).await;
        }
    });
    messages
}

/// What became of messages of which each was received with a time limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Received {
    /// So many were saved.
    pub saved: usize,
    /// So often the time was up.
    pub given_up: usize,
}
