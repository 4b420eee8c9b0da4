//! `waygate config`: checks or explains the configuration.

use std::io::Write as _;

use waygate_config::Settings;

use crate::commands::cli::{Common, Config};
use crate::exit::{Exit, Failure};
use crate::setup;

pub(crate) fn run(common: &Common, command: &Config) -> Result<(), Failure> {
    match command {
        Config::Check => {
            let settings = load(common, vec![])?;
            setup::link_settings(&settings)?;
            writeln!(std::io::stdout(), "the configuration is good")?;
        }
        Config::Reference => write!(std::io::stdout(), "{}", waygate_config::reference())?,
    }
    Ok(())
}

/// The settings, or all that is wrong with them.
pub(crate) fn load(
    common: &Common,
    more: Vec<waygate_config::Override>,
) -> Result<Settings, Failure> {
    Settings::load(&common.sources(more)).map_err(|problems| Failure::new(Exit::Usage, problems))
}
