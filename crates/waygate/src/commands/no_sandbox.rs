//! What stands in for the simulator in a build without it: a sentence.

use waygate_config::Override;
use waygate_core::secret::QrText;

use crate::exit::{Exit, Failure};

/// There is none in this build.
#[derive(Debug)]
pub(crate) enum Sandbox {}

/// How a command ends that needs one; `command` is what was typed.
pub(crate) fn missing(command: &str) -> Failure {
    let sentence = format!(
        "this build has no simulator; build it with `--features sandbox`, as by \
         `cargo run --release --features sandbox -- {command}`"
    );
    Failure::new(Exit::Usage, sentence)
}

impl Sandbox {
    #[expect(clippy::unused_async, reason = "the same shape as the real one")]
    pub(crate) async fn start() -> Result<Self, Failure> {
        Err(missing("quickstart --sandbox"))
    }

    pub(crate) fn overrides(&self) -> Vec<Override> {
        match *self {}
    }

    #[expect(clippy::unused_async, reason = "the same shape as the real one")]
    pub(crate) async fn scan(&self, _code: &QrText) -> anyhow::Result<()> {
        match *self {}
    }

    #[expect(clippy::unused_async, reason = "the same shape as the real one")]
    pub(crate) async fn stop(self) {
        match self {}
    }
}
