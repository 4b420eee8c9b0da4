//! What of an instance's state must outlive the process.
//!
//! Most of a state is true only while somebody runs the instance, and a fresh start finds it out
//! again. What a restart must not forget is what the instance was told or forbidden: to rest, to
//! wait for the end of a ban, and how the last link ended.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::machine::Machine;
use super::state::{Outcome, State, StateName, Stopper};
use crate::account::LinkedAccount;

/// An instance's last known state, as stores keep it beside its journal.
///
/// Stores keep it as JSON in this form: a field may be added, never renamed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The state.
    pub state: StateName,
    /// Who told it to rest, when it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_by: Option<Stopper>,
    /// The end of a ban in seconds since 1970, while there is one that WhatsApp named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_s: Option<i64>,
    /// When the next connection is due after a ban, in seconds since 1970. Without it, it is the
    /// end of the ban.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_try_s: Option<i64>,
    /// How the last attempt or the last link ended, while the instance is unlinked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Outcome>,
    /// A phone has accepted, and nobody has seen yet whether its account is the one that is meant.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_unproven: bool,
}

impl Standing {
    /// What is worth keeping of a state.
    pub fn of(state: &State) -> Self {
        let name = state.name();
        let mut standing = Self {
            state: name,
            stopped_by: None,
            until_s: None,
            next_try_s: None,
            last: None,
            is_unproven: false,
        };
        match state {
            State::Stopped { by, .. } => standing.stopped_by = Some(*by),
            State::Suspended { until, next_try, .. } => {
                standing.until_s = until.map(Timestamp::as_second);
                standing.next_try_s = Some(next_try.as_second());
            }
            State::Unlinked { last } => standing.last = *last,
            State::Pending
            | State::Connecting { .. }
            | State::Linking(_)
            | State::Online { .. }
            | State::Offline { .. }
            | State::Banned
            | State::Failed { .. } => {}
        }
        standing
    }

    /// Whether keys that are stored are those of a link that nobody has seen at work yet: the process
    /// may have ended between the phone's yes and the first login.
    pub fn is_unproven(&self) -> bool {
        self.is_unproven || matches!(self.state, StateName::Linking | StateName::Unlinked)
    }

    /// The machine of an instance that must not simply be started: it was told to rest, is
    /// banned, or remembers how its link ended. `linked` is the account whose keys are stored;
    /// they, not this note, say whether the instance is linked.
    pub fn at_rest(&self, now: Timestamp, linked: Option<&LinkedAccount>) -> Option<Machine> {
        let state = match (self.state, linked) {
            (StateName::Stopped, linked) if self.stopped_by == Some(Stopper::Person) => {
                State::Stopped { by: Stopper::Person, linked: linked.cloned() }
            }
            (StateName::Suspended, Some(account)) => {
                let until = self.until_s.and_then(|second| Timestamp::from_second(second).ok());
                let next_try = match self.next_try_s {
                    Some(second) => Timestamp::from_second(second).ok()?,
                    None => until?,
                };
                if next_try <= now {
                    return None;
                }
                State::Suspended { account: account.clone(), until, next_try }
            }
            (StateName::Banned, None) => State::Banned,
            (StateName::Unlinked, None) => State::Unlinked { last: self.last },
            (
                StateName::Pending
                | StateName::Stopped
                | StateName::Unlinked
                | StateName::Connecting
                | StateName::Linking
                | StateName::Online
                | StateName::Offline
                | StateName::Suspended
                | StateName::Banned
                | StateName::Failed,
                _,
            ) => return None,
        };
        Some(Machine::at_rest(now, state))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::reason::EndReason;

    fn account() -> LinkedAccount {
        LinkedAccount { phone: "15550001111".into(), lid: None, device: 3 }
    }

    fn now() -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap()
    }

    /// What a restart makes of a state, through the form in which it is stored.
    fn after_restart(state: &State, linked: Option<&LinkedAccount>) -> Option<State> {
        let stored = serde_json::to_string(&Standing::of(state)).unwrap();
        let standing: Standing = serde_json::from_str(&stored).unwrap();
        standing.at_rest(now(), linked).map(|machine| machine.state().clone())
    }

    #[test]
    fn a_restart_keeps_what_the_instance_was_told_or_forbidden() {
        let ban =
            |until, next_try| State::Suspended { account: account(), until: Some(until), next_try };
        let (later, latest) = (now() + Duration::from_secs(60), now() + Duration::from_secs(600));
        let endless = State::Suspended { account: account(), until: None, next_try: later };
        let stopped = State::Stopped { by: Stopper::Person, linked: Some(account()) };
        for state in [stopped, ban(later, latest), ban(now(), later), endless] {
            assert_eq!(after_restart(&state, Some(&account())), Some(state.clone()));
        }
        let last = Some(Outcome::Ended(EndReason::DeviceRemoved));
        let stopped = State::Stopped { by: Stopper::Person, linked: None };
        for state in [stopped, State::Unlinked { last }, State::Banned] {
            assert_eq!(after_restart(&state, None), Some(state.clone()));
        }
        let over = ban(now(), now());
        assert_eq!(after_restart(&over, Some(&account())), None, "the ban is over");
    }

    #[test]
    fn a_ban_that_was_written_down_with_one_time_ends_then() {
        let later = now() + Duration::from_secs(60);
        let stored = format!(r#"{{"state":"suspended","until_s":{}}}"#, later.as_second());
        let standing: Standing = serde_json::from_str(&stored).unwrap();
        let machine = standing.at_rest(now(), Some(&account())).unwrap();
        let expected = State::Suspended { account: account(), until: Some(later), next_try: later };
        assert_eq!(*machine.state(), expected);
        assert_eq!(standing.at_rest(later, Some(&account())), None, "it is over");
    }

    #[test]
    fn the_keys_and_not_the_note_say_whether_an_instance_is_linked() {
        let unlinked = State::Unlinked { last: Some(Outcome::LoggedOut) };
        assert_eq!(after_restart(&unlinked, Some(&account())), None);
        let stopped = State::Stopped { by: Stopper::Person, linked: Some(account()) };
        let expected = State::Stopped { by: Stopper::Person, linked: None };
        assert_eq!(after_restart(&stopped, None), Some(expected));
    }

    #[test]
    fn a_link_that_nobody_saw_at_work_is_remembered_as_one() {
        let base = || Standing::of(&State::Unlinked { last: None });
        for (state, is_unproven, expected) in [
            (StateName::Linking, false, true),
            (StateName::Unlinked, false, true),
            (StateName::Connecting, true, true),
            (StateName::Connecting, false, false),
            (StateName::Online, false, false),
            (StateName::Offline, false, false),
        ] {
            let standing = Standing { state, is_unproven, ..base() };
            let stored = serde_json::to_string(&standing).unwrap();
            assert_eq!(stored.contains("is_unproven"), is_unproven, "{stored}");
            let read: Standing = serde_json::from_str(&stored).unwrap();
            assert_eq!(read.is_unproven(), expected, "{stored}");
        }
    }

    #[test]
    fn whatever_the_end_of_the_process_interrupted_is_started_again() {
        for state in [
            State::Stopped { by: Stopper::Shutdown, linked: Some(account()) },
            State::Online { account: account(), push_name: None },
            State::Failed { linked: Some(account()), reason: EndReason::Fault },
            State::Connecting { linked: Some(account()), not_before: None },
        ] {
            assert_eq!(after_restart(&state, Some(&account())), None, "{state:?}");
        }
    }
}
