//! `waygate completion` on the command line.

use clap::Args;
use clap_complete::Shell;

#[derive(Debug, Args)]
pub(crate) struct Completion {
    /// The shell that reads the script
    pub(crate) shell: Shell,
}
