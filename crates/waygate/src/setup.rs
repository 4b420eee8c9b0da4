//! The parts put together: from settings to a running application.

use std::sync::Arc;

use waygate_config::{Settings, VersionSource};
use waygate_core::clock::Clock;
use waygate_core::id::InstanceId;
use waygate_engine::Gateway;
use waygate_engine::clock::SystemClock;
use waygate_engine::dice::Dice;
use waygate_engine::tasks::Tasks;
use waygate_link::WhatsApp;
use waygate_link::keys::KeyFiles;
use waygate_link::network::Network;
use waygate_link::settings::LinkSettings;

use crate::data_directory::DataDirectory;
use crate::exit::{Exit, Failure};

/// The link's settings out of everybody's, when this build can use them.
pub(crate) fn link_settings(settings: &Settings) -> Result<LinkSettings, Failure> {
    let link = translated(settings);
    let problems: Vec<String> = link.problems().iter().map(ToString::to_string).collect();
    if problems.is_empty() { Ok(link) } else { Err(Failure::new(Exit::Usage, problems.join("\n"))) }
}

fn translated(settings: &Settings) -> LinkSettings {
    let whatsapp = &settings.whatsapp;
    let version = match &whatsapp.version {
        VersionSource::Fixed(version) => waygate_link::settings::VersionSource::Fixed(*version),
        VersionSource::LookedUp(url) => {
            waygate_link::settings::VersionSource::LookedUp(url.clone())
        }
    };
    LinkSettings {
        url: whatsapp.url.clone(),
        version,
        device_name: whatsapp.device_name.clone(),
        camera_link: whatsapp.camera_link,
        ..LinkSettings::default()
    }
}

/// A running application on a data directory.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) gateway: Gateway,
    pub(crate) clock: Arc<dyn Clock>,
    keys: Arc<KeyFiles>,
    /// Held until everything has ended.
    _directory: DataDirectory,
}

impl Running {
    /// Starts the application; must be called inside a tokio runtime.
    pub(crate) fn start(link: LinkSettings, directory: DataDirectory) -> Result<Self, Failure> {
        let keys = Arc::new(KeyFiles::in_directory(directory.keys())?);
        let store: Arc<KeyFiles> = Arc::clone(&keys);
        let link = WhatsApp::new(link, Network::Websocket, store)
            .map_err(|error| Failure::new(Exit::Usage, error))?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let dice = Dice::from_system()?;
        let gateway = Gateway::new(Arc::new(link), Arc::clone(&clock), dice, Tasks::default());
        Ok(Self { gateway, clock, keys, _directory: directory })
    }

    /// The instance whose keys are in the data directory, else a fresh one.
    pub(crate) fn first_instance(&self) -> Result<InstanceId, Failure> {
        let kept = self.keys.instances()?;
        Ok(kept.into_iter().next().unwrap_or_else(|| self.gateway.new_instance_id()))
    }
}
