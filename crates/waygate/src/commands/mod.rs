//! The commands, one file each, and what they have in common.

mod account;
mod cli;
mod completion;
mod config;
mod deadline;
mod instance;
mod operate;
mod progress;
mod quickstart;
mod run;
#[cfg_attr(not(feature = "sandbox"), path = "no_sandbox.rs")]
mod sandbox;
mod serve;
#[cfg(feature = "sandbox")]
mod sim;
mod token;

pub(crate) use cli::Cli;
pub(crate) use run::run;
