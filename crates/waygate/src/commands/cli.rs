//! The command line.

use std::convert::Infallible;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use waygate_config::{Override, Sources};
use waygate_core::secret::TokenText;

mod account;
mod completion;
mod instance;
mod reach;
mod token;

pub(crate) use self::account::Account;
pub(crate) use self::completion::Completion;
pub(crate) use self::instance::{
    Identifier, Instance, InstanceCreate, InstanceDelete, InstanceLink,
};
pub(crate) use self::reach::{Reach, read as read_token};
pub(crate) use self::token::{Token, TokenCreate, TokenList};

/// A self-hosted WhatsApp gateway.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Where the help lists what every command takes.
const EVERYWHERE: &str = "Options of every command";

/// What every command takes.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// The configuration file (TOML)
    #[arg(long, global = true, value_name = "FILE", help_heading = EVERYWHERE)]
    config: Option<PathBuf>,
    /// The data directory; stronger than the configuration
    #[arg(long, global = true, value_name = "DIR", help_heading = EVERYWHERE)]
    pub(crate) data_dir: Option<PathBuf>,
    /// How much is logged on standard error: error, warn, info or debug
    #[arg(long, global = true, value_name = "LEVEL", help_heading = EVERYWHERE)]
    log_level: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Runs the instances and serves the APIs
    Serve(Serve),
    /// Serves the APIs, makes an instance when there is none, and shows its QR code here until a
    /// phone has scanned it
    Quickstart(Quickstart),
    /// Creates, links, shows and ends instances: one per WhatsApp account
    Instance(OnApi<Instance>),
    /// Issues, lists and revokes the tokens with which programs use the APIs
    Token(OnApi<Token>),
    /// Opens, lists, renames and closes accounts: one per tenant
    Account(OnApi<Account>),
    /// Checks or explains the configuration
    #[command(subcommand)]
    Config(Config),
    /// Prints a script with which a shell completes these commands
    Completion(Completion),
    /// Runs a simulated WhatsApp for tests, with a control API for its phones
    #[cfg(feature = "sandbox")]
    Sim(Sim),
    /// Tells how to build a simulator in
    #[cfg(not(feature = "sandbox"))]
    #[command(hide = true, disable_help_flag = true)]
    Sim(NoSim),
}

/// Commands that talk to the API of a data directory, or of a server elsewhere.
#[derive(Debug, Args)]
pub(crate) struct OnApi<C: Subcommand> {
    #[command(flatten)]
    pub(crate) reach: Reach,
    #[command(subcommand)]
    pub(crate) command: C,
}

/// Any text, in a type that does not print it.
#[expect(clippy::unnecessary_wraps, reason = "the shape that clap asks for")]
fn secret(text: &str) -> Result<TokenText, Infallible> {
    Ok(TokenText::new(text))
}

/// For whom a command prints: for people, or what the API answers. Without comments on the two, so
/// that the help stays short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    Text,
    Json,
}

/// Where the APIs are served.
#[derive(Debug, Args)]
pub(crate) struct Listen {
    /// The IP address and port on which the APIs are served; stronger than the configuration
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
}

impl Listen {
    pub(crate) fn overrides(&self) -> Vec<Override> {
        let set = |value: &String| Override {
            key: "listen".to_owned(),
            value: value.clone(),
            flag: "--listen".to_owned(),
        };
        self.listen.iter().map(set).collect()
    }
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) listen: Listen,
}

#[derive(Debug, Args)]
pub(crate) struct Quickstart {
    #[command(flatten)]
    pub(crate) listen: Listen,
    /// Against a simulated WhatsApp with a phone that scans the code by itself; needs a build with
    /// the feature `sandbox`. Nothing is kept, unless --data-dir says where
    #[arg(long)]
    pub(crate) sandbox: bool,
    /// Seconds after which the simulated phone scans the code
    #[arg(long, value_name = "SECONDS", default_value_t = 3.0, requires = "sandbox")]
    pub(crate) scan_after: f64,
    /// End once the account is linked
    #[arg(long)]
    pub(crate) exit_when_linked: bool,
    /// End with code 6 when the account is not linked after this many seconds
    #[arg(long, value_name = "SECONDS")]
    pub(crate) within: Option<u64>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Checks the configuration and tells every problem at once
    Check,
    /// Prints every setting with its default and meaning, as Markdown
    Reference,
}

#[cfg(feature = "sandbox")]
#[derive(Debug, Args)]
pub(crate) struct Sim {
    /// Where WhatsApp's websocket and version page are served; loopback only
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7700")]
    pub(crate) listen: std::net::SocketAddr,
    /// Where the control API is served; loopback only
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7701")]
    pub(crate) control: std::net::SocketAddr,
    /// Repeats a run: the same seed, the same keys and codes
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Milliseconds before each answer: 0 or 40
    #[arg(long, value_name = "MS", default_value_t = 40)]
    pub(crate) latency: u64,
}

/// Whatever somebody asks of a simulator that is not there.
#[cfg(not(feature = "sandbox"))]
#[derive(Debug, Args)]
pub(crate) struct NoSim {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    _anything: Vec<std::ffi::OsString>,
}

impl Common {
    /// Whether the command line says how much is logged.
    pub(crate) fn asks_for_a_log_level(&self) -> bool {
        self.log_level.is_some()
    }

    /// The sources of settings, with these flags and the command's own on top.
    pub(crate) fn sources(&self, more: Vec<Override>) -> Sources {
        let mut flags = vec![];
        let mut add = |key: &str, value: Option<String>, flag: &str| {
            if let Some(value) = value {
                flags.push(Override { key: key.to_owned(), value, flag: flag.to_owned() });
            }
        };
        let directory = self.data_dir.as_ref().map(|path| path.display().to_string());
        add("data_dir", directory, "--data-dir");
        add("log.level", self.log_level.clone(), "--log-level");
        flags.extend(more);
        Sources::from_process(self.config.clone(), flags)
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
