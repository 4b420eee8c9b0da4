//! What is said on the two streams.

use std::io::Write as _;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

/// What a test wants done.
#[derive(Debug, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Wish {
    /// Write a text to a number.
    Text { to: String, text: String },
    /// Write an image, in base64, to a number.
    Image { to: String, file: String },
    /// Hang up, and stay linked.
    Close,
    /// Come back.
    Open,
}

/// What happened.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Happened {
    Code(String),
    Online,
    Sent(String),
    Text { id: String, text: String },
    Image { id: String, file: String },
}

/// What is wanted, line by line, until nobody is there to want anything.
pub(crate) fn wishes() -> mpsc::Receiver<anyhow::Result<Wish>> {
    let (sender, wishes) = mpsc::channel(1);
    // Reading this stream blocks.
    tokio::task::spawn_blocking(move || {
        for line in std::io::stdin().lines() {
            let wish = line.map_err(anyhow::Error::from);
            let wish =
                wish.and_then(|line| serde_json::from_str(&line).context("a line that is no wish"));
            if sender.blocking_send(wish).is_err() {
                return;
            }
        }
    });
    wishes
}

/// Says it in a line of its own.
pub(crate) fn tell(happened: &Happened) {
    let mut output = std::io::stdout().lock();
    // A test that is gone needs to hear nothing.
    drop(serde_json::to_writer(&mut output, happened));
    drop(output.write_all(b"\n"));
    drop(output.flush());
}
