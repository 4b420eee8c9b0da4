//! Use cases of an instance's settings.

use waygate_core::error::{Error, Kind};
use waygate_core::id::InstanceId;
use waygate_core::instance::settings::Settings;
use waygate_core::push::PushForm;
use waygate_core::secret::Sealed;
use zeroize::Zeroizing;

use crate::accounts::no_such_instance;
use crate::gateway::Gateway;
use crate::keyring::Keyring;

impl Gateway {
    /// The settings of an instance.
    ///
    /// # Errors
    ///
    /// `NotFound` when there is no such instance.
    pub async fn settings(&self, instance: InstanceId) -> Result<Settings, Error> {
        let sealed = self.parts().ports.registry.settings(instance).await?;
        opened(&self.parts().keyring, instance, &sealed.ok_or_else(no_such_instance)?)
    }

    /// Changes the settings of an instance; they act from then on. Two changes at once are made
    /// one after the other, each on what the other left. Gives the settings after the change.
    ///
    /// # Errors
    ///
    /// `NotFound` when there is no such instance.
    pub async fn change_settings(
        &self,
        instance: InstanceId,
        change: impl FnOnce(&mut Settings) + Send,
    ) -> Result<Settings, Error> {
        let _turn = self.parts().settings_turn.lock().await;
        let mut settings = self.settings(instance).await?;
        let pushed_before = pushed_to(&settings);
        change(&mut settings);
        let sealed = self.seal_settings(instance, &settings)?;
        let ports = &self.parts().ports;
        ports.registry.save_settings(instance, sealed).await?;
        // The pause between messages may be another one.
        self.parts().mailroom.tell(instance);
        tracing::info!(%instance, "settings were changed");
        if pushed_to(&settings) != pushed_before {
            // Whoever sets it right need not wait for what went wrong before.
            let let_go = ports.notifications.let_go(instance).await;
            self.parts().push_changes.note(instance);
            let_go?;
        }
        Ok(settings)
    }

    /// They hold the token of the user's own receiver, so they are sealed as a whole.
    pub(crate) fn seal_settings(
        &self,
        instance: InstanceId,
        settings: &Settings,
    ) -> Result<Sealed, Error> {
        let text = serde_json::to_vec(settings).map(Zeroizing::new).map_err(|error| {
            Error::new(Kind::Internal, "settings could not be written").because(error)
        })?;
        self.parts().keyring.seal(&address(instance), &text, &self.parts().dice)
    }
}

/// What says where to events are pushed, and how.
fn pushed_to(settings: &Settings) -> (String, String, PushForm) {
    (settings.webhook_url.clone(), settings.webhook_token.clone(), settings.push_form)
}

/// The settings that were sealed for this instance.
pub(crate) fn opened(
    keyring: &Keyring,
    instance: InstanceId,
    sealed: &Sealed,
) -> Result<Settings, Error> {
    let text = keyring.open(&address(instance), sealed)?;
    // The cause would quote what it could not read.
    serde_json::from_slice(&text)
        .map_err(|_quotes| Error::new(Kind::Internal, "the settings could not be read"))
}

fn address(instance: InstanceId) -> String {
    format!("settings/{instance}")
}
