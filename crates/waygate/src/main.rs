//! Waygate: the composition root and the commands.
//!
//! Here the parts are put together: settings, keys, link, application. No rule lives here, and no
//! other crate names this one.

mod commands;
mod control;
mod data_directory;
mod exit;
mod logging;
mod master_key;
mod open_files;
mod setup;
mod signals;
mod terminal;

use std::process::ExitCode;

use clap::Parser as _;

use crate::commands::Cli;

fn main() -> ExitCode {
    // Bad usage ends here with code 2 and a sentence on standard error.
    let cli = Cli::parse();
    match commands::run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
