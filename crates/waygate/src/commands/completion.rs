//! `waygate completion`: a script with which a shell completes the commands.

use clap::CommandFactory as _;

use crate::commands::cli::{Cli, Completion};
use crate::commands::operate::print;
use crate::exit::Failure;

pub(crate) fn run(command: &Completion) -> Result<(), Failure> {
    let mut cli = Cli::command();
    let name = cli.get_name().to_owned();
    let mut script = vec![];
    clap_complete::generate(command.shell, &mut cli, name, &mut script);
    print(&String::from_utf8(script)?)?;
    Ok(())
}
