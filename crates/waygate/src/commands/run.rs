//! From the command line to the command.

use std::future::Future;

use crate::commands::cli::{Cli, Command};
use crate::commands::{account, completion, config, instance, quickstart, serve, token};
use crate::exit::Failure;

/// Runs what was asked for.
pub(crate) fn run(cli: Cli) -> Result<(), Failure> {
    match cli.command {
        Command::Account(on_api) => on_runtime(account::run(cli.common, on_api)),
        Command::Completion(command) => completion::run(&command),
        Command::Config(command) => config::run(&cli.common, &command),
        Command::Instance(on_api) => on_runtime(instance::run(cli.common, on_api)),
        Command::Quickstart(command) => on_runtime(quickstart::run(cli.common, command)),
        Command::Serve(command) => on_runtime(serve::run(cli.common, command)),
        Command::Token(on_api) => on_runtime(token::run(cli.common, on_api)),
        #[cfg(feature = "sandbox")]
        Command::Sim(command) => on_runtime(super::sim::run(command)),
        #[cfg(not(feature = "sandbox"))]
        Command::Sim(_) => Err(super::sandbox::missing("sim")),
    }
}

fn on_runtime(command: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(command)
}
