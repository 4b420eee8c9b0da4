//! What is told of an instance beside an event of it.

use waygate_core::account::LinkedAccount;
use waygate_core::error::Error;
use waygate_core::event::{Event, EventKind, EventName};
use waygate_core::id::InstanceId;
use waygate_core::instance::settings::Switch;
use waygate_core::message::media::MediaPart;

use crate::gateway::Gateway;

/// What whoever puts an event into words has to know besides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telling {
    /// The account that the instance was linked to then; after a logout the one before it.
    pub account: Option<LinkedAccount>,
    /// Whether people are named by their hidden ids, where those are known.
    pub hidden_ids: bool,
    /// Where the file of the message is.
    pub file: FileAddress,
    /// Where the file of the message is that this one answers.
    pub quoted_file: FileAddress,
}

/// Where a file can be fetched by whoever has the address.
#[derive(Clone, PartialEq, Eq)]
pub enum FileAddress {
    /// There.
    Known(String),
    /// Nowhere: it is larger than what is handed out.
    TooLarge,
    /// Nowhere: there is no file, the message does not say where, or nobody said where this gateway is.
    Unknown,
}

/// Events behind another one among which the end of a login is looked for.
const EVENTS_BEHIND: u32 = 256;

fn comes_with_a_login(kind: &EventKind) -> bool {
    match kind {
        EventKind::MessageReceived(_) | EventKind::MessageSent(_) | EventKind::Call(_) => true,
        // One that waits fails without any login.
        EventKind::MessageStatus(changed) => !changed.is_failure(),
        EventKind::StateChanged(_)
        | EventKind::LinkTicket(_)
        | EventKind::Linking(_)
        | EventKind::QrRotated(_)
        | EventKind::NotificationsDropped { .. }
        | EventKind::DeliveriesGivenUp { .. }
        | EventKind::WebhookDisabled(_) => false,
    }
}

impl std::fmt::Debug for FileAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Known(_) => "Known(hidden)",
            Self::TooLarge => "TooLarge",
            Self::Unknown => "Unknown",
        })
    }
}

impl Gateway {
    /// What is told beside this event. It is the same each time for as long as the settings are.
    ///
    /// # Errors
    ///
    /// `NotFound` when there is no such instance.
    pub async fn telling(&self, instance: InstanceId, event: &Event) -> Result<Telling, Error> {
        let settings = self.settings(instance).await?;
        let file = |part| self.file_address(instance, event, part);
        Ok(Telling {
            account: self.account_at(instance, event).await?,
            hidden_ids: settings.switches.contains(&Switch::HiddenIds),
            file: file(MediaPart::Own),
            quoted_file: file(MediaPart::Quoted),
        })
    }

    /// The account of that moment, as the last change of state before it has it.
    async fn account_at(
        &self,
        instance: InstanceId,
        event: &Event,
    ) -> Result<Option<LinkedAccount>, Error> {
        let journal = &self.parts().ports.journal;
        let state_changes = EventName::StateChanged;
        let before = journal.newest(instance, state_changes, Some(event.sequence), 1).await?;
        let change = match before.into_iter().next() {
            Some(change) => Some(change),
            // It may be forgotten, but never the last one.
            None => journal.newest(instance, state_changes, None, 1).await?.into_iter().next(),
        };
        let Some(EventKind::StateChanged(change)) = change.map(|change| change.kind) else {
            return Ok(None);
        };
        if !change.linked && comes_with_a_login(&event.kind) {
            let since = self.account_since(instance, event).await?;
            return Ok(since.or(change.account));
        }
        Ok(change.account)
    }

    /// The account that was being linked at that moment: the first messages come before its login is
    /// complete.
    async fn account_since(
        &self,
        instance: InstanceId,
        event: &Event,
    ) -> Result<Option<LinkedAccount>, Error> {
        let ports = &self.parts().ports;
        let page = ports.journal.read_after(instance, event.sequence, EVENTS_BEHIND).await?;
        let linked = page.into_iter().find_map(|event| {
            let EventKind::StateChanged(change) = event.kind else { return None };
            change.account.filter(|_| change.linked)
        });
        match linked {
            Some(account) => Ok(Some(account)),
            None => ports.linker.linked_account(instance).await,
        }
    }
}
