//! `waygate config`: checks or explains the configuration.

use waygate_config::Settings;

use crate::commands::cli::{Common, Config};
use crate::commands::operate::print;
use crate::exit::{Exit, Failure};
use crate::{master_key, setup};

pub(crate) fn run(common: &Common, command: &Config) -> Result<(), Failure> {
    match command {
        Config::Check => {
            let settings = load(common, vec![])?;
            // What is good by itself and of no use on this machine, all at once.
            let key = master_key::check(&settings.secrets);
            match (setup::link_settings(&settings), key) {
                (Ok(_), Ok(())) => print("the configuration is good\n")?,
                (Err(one), Err(other)) => return Err(one.and(&format!("\n{}", other.sentence()))),
                (Err(failure), Ok(())) | (Ok(_), Err(failure)) => return Err(failure),
            }
        }
        Config::Reference => print(&waygate_config::reference())?,
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
