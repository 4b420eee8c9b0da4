//! Chores of the workspace: `cargo xtask test` is all that CI runs, `cargo xtask tidy` the rules that
//! no lint knows, `cargo xtask setup` what both need on a new machine.

mod command;
mod output;
mod setup;
mod test;
mod tidy;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::test::Plan;
use crate::workspace::Workspace;

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", about = "Chores of the Waygate workspace")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Debug, Subcommand)]
enum Chore {
    /// Install what the tests need and is missing.
    Setup,
    /// Check the rules of the house that no lint knows.
    Tidy,
    /// Run every check, step by step: what CI runs.
    Test(Plan),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments.chore) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::line(format_args!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(chore: &Chore) -> anyhow::Result<()> {
    let workspace = Workspace::load()?;
    match chore {
        Chore::Setup => setup::run(&workspace),
        Chore::Tidy => tidy::run(&workspace),
        Chore::Test(plan) => test::run(plan, workspace),
    }
}
