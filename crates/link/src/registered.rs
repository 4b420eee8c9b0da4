//! Which numbers have an account, as far as WhatsApp was asked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use waygate_core::message::address::Address;
use whatsapp_rust::features::ContactError;
use whatsapp_rust::{Client, Jid};

/// Numbers that are remembered for one connection. Who asks for more begins anew.
const REMEMBERED_MAX: usize = 10_000;

/// How long a number without an account is not asked for again: somebody may open one.
const NOBODY_FOR: Duration = Duration::from_secs(10 * 60);

/// What one connection has learned: each number is asked for once.
#[derive(Clone, Default)]
pub(crate) struct Registered(Arc<Mutex<BTreeMap<Address, Known>>>);

/// Where WhatsApp has a number, or since when it has none.
#[derive(Clone, PartialEq)]
enum Known {
    At(Jid),
    Nobody(Instant),
}

impl Registered {
    /// Where WhatsApp has this person, who is named by number; `None` when it has none.
    pub(crate) async fn find(
        &self,
        client: &Client,
        person: &Address,
    ) -> Result<Option<Jid>, ContactError> {
        match self.known(person) {
            Some(Known::At(jid)) => return Ok(Some(jid)),
            Some(Known::Nobody(_since)) => return Ok(None),
            None => {}
        }
        let asked = Jid::pn(person.name());
        let answers = client.contacts().is_on_whatsapp(std::slice::from_ref(&asked)).await?;
        // Told under the number that was asked for, or under the one that it has by now.
        let found = answers.into_iter().find(|answer| answer.is_registered);
        let found = found.map(|answer| Some(answer.jid).filter(Jid::is_pn).unwrap_or(asked));
        self.remember(person.clone(), found.clone());
        Ok(found)
    }

    fn known(&self, person: &Address) -> Option<Known> {
        let known = self.lock().get(person)?.clone();
        let is_old = matches!(known, Known::Nobody(since) if since.elapsed() >= NOBODY_FOR);
        (!is_old).then_some(known)
    }

    fn remember(&self, person: Address, found: Option<Jid>) {
        let mut known = self.lock();
        if known.len() >= REMEMBERED_MAX {
            known.clear();
        }
        let found = found.map_or_else(|| Known::Nobody(Instant::now()), Known::At);
        known.insert(person, found);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Address, Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn nobody_is_asked_for_again_after_a_while_and_somebody_is_not() {
        let registered = Registered::default();
        let [here, nobody] = ["15550002222", "15550003333"].map(|it| Address::person(it).unwrap());
        let jid = Jid::pn("15550002222");
        assert!(registered.known(&here).is_none());
        registered.remember(here.clone(), Some(jid.clone()));
        registered.remember(nobody.clone(), None);
        assert!(registered.known(&here) == Some(Known::At(jid.clone())));
        assert!(matches!(registered.known(&nobody), Some(Known::Nobody(_))));
        tokio::time::advance(NOBODY_FOR).await;
        assert!(registered.known(&here) == Some(Known::At(jid)));
        assert!(registered.known(&nobody).is_none());
    }
}
